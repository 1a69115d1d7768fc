//! E26 and E30: what of the user's panics, the handler or how its types are read, written and cloned.

use pontoon::{FaultClass, InvokeError};

use crate::event_bridge::Rig;
use crate::event_bridge::rig::{notes, post};
use crate::system::contract::{Note, PANICS_WHEN_CLONED, PANICS_WHEN_READ, PANICS_WHEN_WRITTEN, UNWRITABLE};
use crate::system::script::Act;
use crate::topology::{apart, front};

/// A handler that panics has failed, like any other that fails, and its unit lives on.
///
/// # Panics
/// The adapter does not pass.
pub async fn e26_a_handler_that_panics_has_failed(rig: Rig) {
    let ear = rig.ear("back");
    rig.script.next(&ear, [Act::Panic]).next("back.answer", [Act::Panic]);
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    let client = front.client();
    let ended = client.invoke(front::Ask, Note::of(1)).await;
    let Err(InvokeError::Fault(fault)) = ended else { panic!("it panics: {ended:?}") };
    assert_eq!(fault.class(), FaultClass::Panicked);
    assert_eq!(client.invoke(front::Ask, Note::of(2)).await.expect("an answer"), Note::of(2));

    post(&front, rig.event(), notes([1, 2])).await;
    let tried_again = !rig.column.is_at_most_once();
    let runs = rig.script.done(&ear, if tried_again { 2 } else { 1 }).await;
    let of =
        |number: u64| runs.iter().filter(move |run| run.note.number == number).map(|run| (run.attempt, run.is_done()));
    let first: &[_] = if tried_again { &[(1, false), (2, true)] } else { &[(1, false)] };
    assert_eq!(of(1).collect::<Vec<_>>(), first);
    assert_eq!(of(2).collect::<Vec<_>>(), [(1, true)]);
    assert!(back.health().is_ready());
    drop((front, back, side));
}

/// An event whose payload panics when it is read is malformed, like one that is no JSON at all. Those behind it are
/// handled.
///
/// # Panics
/// The adapter does not pass.
pub async fn e30_a_payload_that_panics_when_it_is_read(rig: Rig) {
    let (back, side, front) = (rig.back().await, rig.side().await, rig.released::<apart::front::Front>("front").await);
    // In memory nothing is read: each subscription gets a clone.
    let text = if rig.column.hands_over_values() { PANICS_WHEN_CLONED } else { PANICS_WHEN_READ };
    let fragile = |number| Note { text: text.to_owned(), ..Note::of(number) };
    post(&front, rig.event(), vec![Note::of(1), fragile(2), Note::of(3), fragile(4), Note::of(5)]).await;
    let ears = [rig.ear("back"), rig.ear("side")];
    for ear in &ears {
        rig.script.done(ear, 3).await;
        assert_eq!(rig.script.seen().numbers(ear), [1, 3, 5]);
    }
    if rig.column.is_at_most_once() {
        rig.until("they are counted", || back.counters().malformed == 2 && side.counters().malformed == 2).await;
    } else {
        for letter in rig.dead(&back, 2).await {
            assert!(letter.reason.contains("malformed") && letter.reason.contains("panics"), "{}", letter.reason);
            assert!(letter.payload.is_none() || rig.column.hands_over_values());
        }
    }
    assert!(back.health().is_ready() && side.health().is_ready(), "{} {}", back.health(), side.health());
    drop((front, back, side));
}

/// A request or a reply whose type panics is a fault that its caller hears of at once, and the command is served as
/// before.
///
/// # Panics
/// The adapter does not pass.
pub async fn e30_a_request_whose_types_panic(rig: Rig) {
    let (back, front) =
        (rig.released::<apart::back::Back>("back").await, rig.released::<apart::front::Front>("front").await);
    let client = front.client();
    let with_text = |text: &str| Note { text: text.to_owned(), ..Note::of(1) };
    let unwritable = Note { key: UNWRITABLE.to_owned(), ..Note::of(1) };
    for (note, class) in [
        (with_text(PANICS_WHEN_READ), FaultClass::Malformed),
        (with_text(PANICS_WHEN_WRITTEN), FaultClass::Panicked),
        (unwritable, FaultClass::Panicked),
    ] {
        let ended = client.invoke(front::Ask, note).await;
        let Err(InvokeError::Fault(fault)) = ended else { panic!("its type panics: {ended:?}") };
        assert_eq!(fault.class(), class);
        assert_eq!(client.invoke(front::Ask, Note::of(2)).await.expect("an answer"), Note::of(2));
    }
    assert!(back.health().is_ready() && front.health().is_ready());
    drop((front, back));
}

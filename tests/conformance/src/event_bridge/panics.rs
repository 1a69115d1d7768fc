//! E26: handlers that panic.

use pontoon::{FaultClass, InvokeError};

use crate::event_bridge::Rig;
use crate::event_bridge::rig::{notes, post};
use crate::system::contract::Note;
use crate::system::script::Act;
use crate::topology::front;

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

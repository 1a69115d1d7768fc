//! E06 to E09: what is not acknowledged, fails, fails for good, or cannot be read.

use pontoon::Id;
use pontoon::adapter::Settlement;
use pontoon::adapter::SubscriptionPolicy;

use crate::event_bridge::rig::{message, notes, post};
use crate::event_bridge::{Cell, Rig, raw, refused};
use crate::system::contract::{Batch, Note, Which};
use crate::system::script::{Act, Orders};
use crate::topology::{back, front};

/// Who takes a message and is gone before it has handled it, has not had it.
///
/// # Panics
/// The adapter does not pass.
pub async fn e06_what_is_not_acknowledged_is_delivered_again(rig: Rig) {
    if rig.cell() == Cell::Refused {
        return refused::attempts_at_most_once(rig.column);
    }
    if rig.column.stays_in_process() {
        // Nobody can go away without the bridge; but who is stopped gives its message back.
        let tap = rig.tap("tap").await;
        let consumer = tap.subscribe(rig.subject(), "tap.v1.ear", SubscriptionPolicy::at_least_once());
        tap.topic(rig.subject()).publish(message("1")).await.expect("published");
        let first = consumer.next().await.expect("an arrival");
        consumer.settle(&first, Settlement::Release).await.expect("given back");
        let second = consumer.next().await.expect("an arrival");
        assert_eq!((first.attempt, second.attempt), (1, 2));
        assert_eq!(first.message.metadata().id, second.message.metadata().id);
        return;
    }
    let mut first = rig.process("back", "back", &Orders::none().always("back.hear", Act::Hold));
    first.ready().await;
    let (side, front) = (rig.side().await, rig.front().await);
    post(&front, Which::Noted, notes([7])).await;
    let before = first.until("it is being handled", |seen| !seen.of("back.hear").is_empty()).await;
    first.kill();
    let mut second = rig.process("back", "back", &Orders::none());
    second.ready().await;
    let after = second.until("it is handled", |seen| seen.done("back.hear").count() > 0).await;
    drop((side, front));
    let (before, after) = (before.of("back.hear"), after.of("back.hear"));
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_eq!((before[0].id, before[0].attempt), (after[0].id, 1));
    assert_eq!(after[0].note, Note::of(7));
    assert_eq!(after[0].attempt, 2, "the first one counts");
}

/// A handler that fails has its message again, later and later, and knows which attempt it is.
///
/// # Panics
/// The adapter does not pass.
pub async fn e07_a_failing_handler_is_tried_again(rig: Rig) {
    if rig.cell() == Cell::Refused {
        return refused::attempts_at_most_once(rig.column);
    }
    rig.script.next("back.hear", [Act::Fail, Act::Fail]);
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    post(&front, Which::Noted, notes([1])).await;
    let runs = rig.script.done("back.hear", 1).await;
    drop((front, side, back));
    assert_eq!(runs.iter().map(|run| run.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(runs.iter().all(|run| run.id == runs[0].id && run.correlation == runs[0].correlation));
    // The back-off of `back.hear` is 400 ms, doubled, with up to half of it off.
    let pauses = [runs[1].at - runs[0].at, runs[2].at - runs[1].at];
    assert!(pauses[0] >= 195 && pauses[1] >= 395, "{pauses:?}");
    assert_eq!(rig.script.runs("side.hear").len(), 1, "that is no business of others");
}

/// What fails in every attempt is kept with the reason, and can be handled later, as the message that it was.
///
/// # Panics
/// The adapter does not pass.
pub async fn e08_poison_goes_to_the_dead_letters_and_can_be_replayed(rig: Rig) {
    if rig.cell() == Cell::Refused {
        return refused::dead_letters_at_most_once(rig.column);
    }
    rig.script.next("back.hear#1", [Act::Fail, Act::Panic, Act::Fail]);
    let (mut back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    let note = Note { key: "k".to_owned(), number: 1, text: "\"🦀\"".to_owned() };
    let client = front.client().principal("ada").tenant("acme").correlation(Id::random());
    client.invoke(front::Post, Batch { event: Which::Noted, notes: vec![note.clone()] }).await.expect("emitted");
    post(&front, Which::Noted, notes([2])).await;
    rig.script.done("back.hear", 1).await;
    rig.dead(&back, 1).await;
    if !rig.column.stays_in_process() {
        // They outlive whoever gave up.
        back.shutdown().await.expect("nothing is lost");
        back = rig.back().await;
    }
    let letters = rig.dead(&back, 1).await;
    let letter = &letters[0];
    let tried = rig.script.runs("back.hear").into_iter().filter(|run| run.note.number == 1).collect::<Vec<_>>();
    assert_eq!(tried.len(), 3);
    assert_eq!(letter.payload, Some(note.clone()));
    assert_eq!(letter.json, r#"{"key":"k","number":1,"text":"\"🦀\""}"#);
    assert_eq!(letter.attempts, 3);
    assert!(letter.reason.contains("failed as the script says"), "{}", letter.reason);
    let metadata = &letter.metadata;
    assert_eq!((metadata.id, metadata.correlation), (tried[0].id, tried[0].correlation));
    assert_eq!((metadata.causation, metadata.hops), (tried[0].causation, 1));
    assert_eq!((metadata.principal.as_deref(), metadata.tenant.as_deref()), (Some("ada"), Some("acme")));

    let dead = back.dead_letters(back::Hear);
    assert!(!dead.replay(Id::random()).await.expect("the bridge"), "there is no such letter");
    assert!(dead.replay(metadata.id).await.expect("the bridge"));
    let runs = rig.script.done("back.hear", 2).await;
    let last = &runs[runs.len() - 1];
    assert_eq!((last.id, last.attempt, &last.note), (metadata.id, 1, &note));
    assert_eq!((last.principal.as_deref(), last.tenant.as_deref()), (Some("ada"), Some("acme")));
    rig.dead(&back, 0).await;
    assert!(!back.dead_letters(back::Hear).replay(metadata.id).await.expect("the bridge"), "it is done with");
    assert_eq!(rig.script.runs("side.hear").len(), 2, "a replay is for the one who gave up");
    drop((front, side, back));
}

/// What cannot be read is given up at once, and does not stop the consumer.
///
/// # Panics
/// The adapter does not pass.
pub async fn e09_a_malformed_envelope_does_not_stop_the_consumer(rig: Rig) {
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    let tap = rig.tap("tap").await;
    let topic = tap.topic(rig.subject());
    tap.connect().await.expect("a connection");
    let payloads = ["not even JSON", r#"{"number":"seven"}"#];
    for payload in payloads {
        topic.publish(message(payload)).await.expect("published");
    }
    let good = r#"{"key":"","number":0,"text":""}"#;
    let id = Id::random().to_string();
    let whole = [("specversion", "1.0"), ("id", &id), ("source", "/elsewhere"), ("type", rig.subject())];
    let mut envelopes = Vec::new();
    if !rig.column.stays_in_process() {
        envelopes.push(Vec::new());
        envelopes.extend((0..whole.len()).map(|left_out| {
            let rest = whole.iter().enumerate().filter(|(place, _)| *place != left_out);
            rest.map(|(_, attribute)| *attribute).collect()
        }));
        envelopes.push([&[("specversion", "0.3")], &whole[1..]].concat());
    }
    for attributes in &envelopes {
        raw::publish(&rig, attributes, good).await;
    }
    post(&front, rig.event(), notes([1])).await;
    let runs = rig.script.done(&rig.ear("back"), 1).await;
    assert_eq!(runs.len(), 1);
    if rig.cell() == Cell::Counted {
        let malformed = (payloads.len() + envelopes.len()) as u64;
        rig.until("they are counted", || back.counters().malformed == malformed).await;
    } else {
        let letters = rig.dead(&back, payloads.len() + envelopes.len()).await;
        for (letter, payload) in letters.iter().zip(payloads) {
            assert_eq!((letter.attempts, &letter.payload, &*letter.json), (1, &None, payload));
            assert!(letter.reason.contains("malformed"), "{}", letter.reason);
        }
        for letter in &letters[payloads.len()..] {
            assert_eq!((letter.attempts, &*letter.json), (1, good));
            assert!(letter.reason.contains("malformed"), "{}", letter.reason);
        }
    }
    assert!(back.health().is_ready());
    // And one from elsewhere that can be read.
    if !rig.column.stays_in_process() {
        raw::publish(&rig, &whole, good).await;
        let runs = rig.script.done(&rig.ear("back"), 2).await;
        assert_eq!((runs[1].note.number, runs[1].id.to_string()), (0, id.clone()));
    }
    drop((front, side, back));
}

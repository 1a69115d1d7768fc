//! E01 to E04: what is published arrives, as it was, where it should, in order.

use std::sync::Arc;

use pontoon::Id;
use pontoon::adapter::Settlement;
use pontoon::adapter::{Message, Metadata, SubscriptionPolicy, Trace};

use crate::event_bridge::rig::{notes, post};
use crate::event_bridge::{Cell, Rig};
use crate::system::contract::{Batch, Note};
use crate::system::script::{Act, Script, Seen};
use crate::topology::{apart, front};

/// JSON as nobody here would write it: it has to arrive as it is.
const ODD: &str = "{ \"text\" :\t\"\\u00e9 é 🦀 \\\"quoted\\\" \\n\\u0000\",\"number\":18446744073709551615,\r\n\"key\":\"a/b%20c\",\"more\":[1.0,-0.0e-7,null] } ";

/// Bodies and metadata are the same on both sides.
///
/// # Panics
/// The adapter does not pass.
pub async fn e01_body_and_metadata_arrive_byte_for_byte(rig: Rig) {
    let policy = match rig.cell() {
        Cell::AtMostOnce => SubscriptionPolicy::at_most_once(),
        _ => SubscriptionPolicy::at_least_once(),
    };
    let sender = rig.tap("sender").await;
    let receiver = rig.tap("receiver").await;
    let consumer = receiver.subscribe(rig.subject(), "tap.v1.ear", policy);
    receiver.connect().await.expect("a connection");
    let topic = sender.topic(rig.subject());
    sender.connect().await.expect("a connection");

    let full = Metadata {
        causation: Some(Id::random()),
        principal: Some("Zoë \"the admin\" 100% = a;b".into()),
        tenant: Some("acme/é 🦀".into()),
        hops: 7,
        trace: Some(Arc::new(Trace { id: Id::random(), flags: 0, state: Some("vendor=a:1,other=b-2".to_owned()) })),
        ..Metadata::new()
    };
    let long = "x".repeat(100_000);
    let bodies = ["{}", ODD, "\"\"", "null", &format!("{{\"key\":\"\",\"number\":0,\"text\":\"{long}\"}}")];
    for body in bodies {
        for metadata in [full.clone(), Metadata::new()] {
            let metadata = Metadata { id: Id::random(), correlation: Id::random(), ..metadata };
            topic.publish(Message::received(metadata.clone(), body.to_owned())).await.expect("published");
            let delivery = consumer.next().await.expect("an arrival");
            assert_eq!(delivery.message.json().unwrap(), body);
            assert_eq!(delivery.attempt, 1);
            let there = delivery.message.metadata();
            let is = (there.id, there.correlation, there.causation, there.hops, there.deadline);
            let was = (metadata.id, metadata.correlation, metadata.causation, metadata.hops, None);
            assert_eq!(is, was);
            let is = (&there.principal, &there.tenant, &there.trace);
            assert_eq!(is, (&metadata.principal, &metadata.tenant, &metadata.trace));
            consumer.settle(&delivery, Settlement::Ack).await.expect("settled");
        }
    }
    sender.close().await;
    receiver.close().await;
    if rig.column.stays_in_process() {
        return;
    }

    // The same between units.
    let (front, back, side) = (rig.front().await, rig.back().await, rig.side().await);
    let correlation = Id::random();
    let client = front.client().principal("ada").tenant("acme").correlation(correlation);
    let note = Note { key: "é\n\u{0}".to_owned(), number: u64::MAX, text: "\"🦀\"".to_owned() };
    client.invoke(front::Post, Batch { event: rig.event(), notes: vec![note.clone()] }).await.expect("emitted");
    let ear = rig.ear("back");
    let run = rig.script.done(&ear, 1).await.remove(0);
    assert_eq!(run.note, note);
    assert_eq!((run.correlation, run.attempt, run.hops, run.left), (correlation, 1, 1, None));
    assert_eq!((run.principal.as_deref(), run.tenant.as_deref()), (Some("ada"), Some("acme")));
    assert!(run.causation.is_some());
    for stopped in [back.shutdown().await, side.shutdown().await, front.shutdown().await] {
        stopped.expect("nothing is lost");
    }
    assert_eq!(rig.script.runs(&ear).len(), 1);
}

/// Two instances of a service have all events between them, each once, and both have some.
///
/// # Panics
/// The adapter does not pass.
pub async fn e02_instances_of_a_subscription_share_its_messages(rig: Rig) {
    const EVENTS: u64 = 1000;
    let ear = rig.ear("back");
    let scripts = [Script::new(), Script::new()];
    let mut instances = Vec::new();
    for (number, script) in scripts.iter().enumerate() {
        script.always(&ear, Act::Wait(1));
        instances.push(rig.unit_with::<apart::back::Back>(&format!("back-{number}"), script).await);
    }
    // Where everybody who hears it has to keep up.
    let side = rig.side().await;
    let front = rig.front().await;
    post(&front, rig.event(), notes(0..EVENTS)).await;
    let of = |script: &Script| script.seen().numbers(&ear);
    let both = || [of(&scripts[0]), of(&scripts[1])].concat();
    rig.until("all are handled", || both().len() as u64 >= EVENTS).await;
    drop((front, side, instances));
    let mut all = both();
    all.sort_unstable();
    assert!(all.iter().copied().eq(0..EVENTS), "{} handled", all.len());
    assert!(
        scripts.iter().all(|script| !of(script).is_empty()),
        "{} and {}",
        of(&scripts[0]).len(),
        of(&scripts[1]).len()
    );
}

/// Two services hear an event, and each hears all of them; also those that came while it was away, where that is
/// promised.
///
/// # Panics
/// The adapter does not pass.
pub async fn e03_every_subscription_gets_its_own_copy(rig: Rig) {
    let ears = [rig.ear("back"), rig.ear("side")];
    let front = rig.front().await;
    let early = rig.column.keeps_for_others();
    if early {
        // Nobody who hears them has ever been there.
        post(&front, rig.event(), notes(0..100)).await;
    }
    let (back, side) = (rig.back().await, rig.side().await);
    if !early {
        post(&front, rig.event(), notes(0..100)).await;
    }
    for ear in &ears {
        rig.script.done(ear, 100).await;
        assert!(rig.script.seen().numbers(ear).into_iter().eq(0..100), "{ear}");
    }
    if rig.column.stays_in_process() {
        return;
    }

    side.shutdown().await.expect("nothing is lost");
    post(&front, rig.event(), notes(100..150)).await;
    rig.script.done(&ears[0], 150).await;
    let side = rig.side().await;
    post(&front, rig.event(), notes(150..151)).await;
    let expected: Vec<u64> = match rig.cell() {
        Cell::LiveOnly => (0..100).chain([150]).collect(),
        _ => (0..151).collect(),
    };
    rig.script.done(&ears[0], 151).await;
    rig.script.done(&ears[1], expected.len()).await;
    drop((front, back, side));
    let seen: Seen = rig.script.seen();
    assert!(seen.numbers(&ears[0]).into_iter().eq(0..151));
    assert_eq!(seen.numbers(&ears[1]), expected);
}

/// What one publisher sends arrives at one consumer in that order.
///
/// # Panics
/// The adapter does not pass.
pub async fn e04_order_from_one_publisher_to_one_consumer(rig: Rig) {
    const EVENTS: u64 = 500;
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    post(&front, rig.event(), notes(0..EVENTS)).await;
    let ear = rig.ear("back");
    let runs = rig.script.done(&ear, EVENTS as usize).await;
    drop((front, back, side));
    let numbers: Vec<u64> = runs.iter().map(|run| run.note.number).collect();
    assert!(numbers.iter().copied().eq(0..EVENTS), "{numbers:?}");
    assert!(runs.is_sorted_by_key(|run| run.turns.1), "one is over before the next begins");
}

//! E40: a subscription that is renamed or removed.

use std::collections::BTreeSet;
use std::time::Duration;

use pontoon::adapter::Settlement;
use pontoon::adapter::{KnownSubscription, SubscriptionPolicy};
use pontoon::operating::Orphan;
use tokio::time::sleep;

use crate::adapter::{next, soon};
use crate::event_bridge::rig::{notes, post};
use crate::event_bridge::{Column, Rig};
use crate::system::contract::{Note, Which};
use crate::system::script::BOUND;

/// The subscription as it was called before.
const FORMER: &str = "back.v1.heard";

/// What is left at the broker of a subscription that the topology does not have any more is reported, and can be
/// removed: what waited for it, and what it had given up. A subscription that was there before, and still is, is no
/// orphan.
///
/// # Panics
/// The adapter does not pass.
pub async fn e40_what_is_left_of_a_subscription_is_reported_and_can_be_removed(rig: Rig) {
    let subject = rig.subject();
    let before = rig.tap("before").await;
    let policy = SubscriptionPolicy::at_least_once().dead_letter();
    let consumer = before.subscribe(subject, FORMER, policy);
    before.know([KnownSubscription::new(subject, FORMER, policy)].into());
    soon(before.connect()).await.expect("a connection");
    // What it has is entered where the broker can't list it. What this version does not know is others'.
    soon(before.orphans()).await.expect("the orphans");

    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    post(&front, Which::Noted, notes(1..=3)).await;
    let delivery = next(&consumer).await;
    consumer.settle(&delivery, Settlement::DeadLetter("it is broken".to_owned())).await.expect("it is heard");
    soon(before.close()).await;

    let (waiting, dead) = names(&rig, subject);
    let left = list(&front, |left| left.len() == 2).await;
    let of = |name: &str| left.iter().find(|orphan| orphan.name == name).unwrap_or_else(|| panic!("{name}: {left:?}"));
    // MQTT does not tell what a session has.
    let expected = if rig.column == Column::Mqtt { None } else { Some(2) };
    assert_eq!((of(&waiting).messages, of(&dead).messages), (expected, Some(1)), "{left:?}");

    // What is not empty is not removed unasked, and nothing is that has another name.
    assert_eq!(back.orphans().remove_empty().await.expect("the orphans"), []);
    assert!(!back.orphans().remove("back.v1.hear").await.expect("the orphans"));
    assert!(back.orphans().remove(&waiting).await.expect("it is removed"));
    assert!(back.orphans().remove(&dead).await.expect("it is removed"));
    list(&side, <[_]>::is_empty).await;

    // It is gone: whoever takes up the name again begins anew.
    let after = rig.tap("before").await;
    let consumer = after.subscribe(subject, FORMER, policy);
    soon(after.connect()).await.expect("a connection");
    assert_eq!(consumer.dead_letters(0).await.expect("the dead letters").len(), 0);
    post(&front, Which::Noted, notes(4..=4)).await;
    let note: Note = next(&consumer).await.message.decode().expect("a note");
    assert_eq!(note.number, 4);
    soon(after.close()).await;
    for ear in ["back.hear", "side.hear"] {
        let heard = || BTreeSet::from_iter(rig.script.seen().numbers(ear)).into_iter().eq(1..=4);
        rig.until("the others hear all", heard).await;
    }
}

/// What is left of the subscription at a broker: what waits, and what was given up.
fn names(rig: &Rig, subject: &str) -> (String, String) {
    match rig.column {
        Column::Amqp => (format!("{subject}.{FORMER}"), format!("{subject}.{FORMER}.dead")),
        Column::JetStream => ("back-v1-heard".to_owned(), format!("suite.dead.{FORMER}")),
        Column::Mqtt => (format!("before-tap-{FORMER}"), format!("suite/dead/{FORMER}")),
        other => panic!("nothing is left on {other:?}"),
    }
}

/// What is left, once it is as expected: brokers count with a delay.
async fn list<U: pontoon::generated::Unit>(
    started: &pontoon::Started<U>,
    expected: impl Fn(&[Orphan]) -> bool,
) -> Vec<Orphan> {
    let begun = pontoon::Instant::now();
    loop {
        let left = started.orphans().list().await.expect("the orphans");
        if expected(&left) {
            return left;
        }
        assert!(begun.elapsed() < BOUND, "{left:?}");
        sleep(Duration::from_millis(100)).await;
    }
}

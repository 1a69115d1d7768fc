//! E11, E24, E25: what publishing promises, and when it refuses.

use pontoon::{BridgeError, Delivery, WhenFull};

use crate::event_bridge::Rig;
use crate::event_bridge::rig::{notes, post, raw};
use crate::topology::apart;

/// Once an event counts as published, it is safe.
///
/// # Panics
/// The adapter does not pass.
pub async fn e11_success_only_after_it_is_safe(rig: Rig) {
    if rig.column.stays_in_process() {
        // It is with the subscription, whether or not anybody takes it yet.
        let front = rig.front().await;
        post(&front, rig.event(), notes(0..100)).await;
        let back = rig.unit::<apart::back::Back>("back").await;
        rig.script.done("back.hear", 100).await;
        drop((front, back));
        return;
    }
    publishing_is_safe(rig).await;
}

/// Where there is no room, who publishes gets an error, and nothing that was accepted is lost.
///
/// # Panics
/// The adapter does not pass.
pub async fn e25_no_room_is_an_error_and_loses_nothing(rig: Rig) {
    if rig.column.stays_in_process() {
        let tap = rig.tap("tap").await;
        let rules = Delivery::at_least_once().bound(2).when_full(WhenFull::Refuse);
        let feed = tap.subscribe("suite.event.full.v1", "tap.v1.ear", rules);
        let topic = tap.topic("suite.event.full.v1");
        topic.publish(raw("1")).await.expect("room");
        topic.publish(raw("2")).await.expect("room");
        let refused = topic.publish(raw("3")).await;
        assert!(matches!(refused, Err(BridgeError::Full { at: "tap.v1.ear" })), "{refused:?}");
        for number in ["1", "2"] {
            assert_eq!(feed.next().await.expect("an arrival").message.json().unwrap(), number);
        }
        topic.publish(raw("4")).await.expect("room again");
        assert_eq!(feed.next().await.expect("an arrival").message.json().unwrap(), "4");
        return;
    }
    alarm(rig).await;
}

async fn publishing_is_safe(rig: Rig) {
    panic!("no broker yet for {:?}", rig.column)
}

async fn alarm(rig: Rig) {
    panic!("no broker yet for {:?}", rig.column)
}

//! E11 and E25: what publishing promises, and when it refuses.

use pontoon::BridgeError;
use pontoon::adapter::{SubscriptionPolicy, WhenFull};

use std::time::Duration;

use pontoon::{FaultClass, InvokeError};
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

use crate::event_bridge::Rig;
use crate::event_bridge::rig::{message, notes, post};
use crate::system::contract::Batch;
use crate::system::script::Orders;
use crate::topology::{apart, front};

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
        let policy = SubscriptionPolicy::at_least_once().bound(2).when_full(WhenFull::Refuse);
        let consumer = tap.subscribe("suite.event.full.v1", "tap.v1.ear", policy);
        let topic = tap.topic("suite.event.full.v1");
        topic.publish(message("1")).await.expect("room");
        topic.publish(message("2")).await.expect("room");
        let refused = topic.publish(message("3")).await;
        assert!(matches!(refused, Err(BridgeError::Full { at: "tap.v1.ear" })), "{refused:?}");
        for number in ["1", "2"] {
            assert_eq!(consumer.next().await.expect("an arrival").message.json().unwrap(), number);
        }
        topic.publish(message("4")).await.expect("room again");
        assert_eq!(consumer.next().await.expect("an arrival").message.json().unwrap(), "4");
        return;
    }
    alarm(rig).await;
}

async fn publishing_is_safe(rig: Rig) {
    if rig.column.is_at_most_once() {
        return what_was_sent_outlives_its_sender(rig).await;
    }
    // From now on the broker keeps what they would hear.
    rig.back().await.shutdown().await.expect("nothing is lost");
    rig.side().await.shutdown().await.expect("nothing is lost");
    let proxy = rig.proxy(&["front"]);
    let front = rig.front().await;
    post(&front, rig.event(), notes([0])).await;
    proxy.freeze();
    let (client, event) = (front.client(), rig.event());
    let mut silent = tokio::spawn(async move { client.invoke(front::Post, Batch { event, notes: notes([1]) }).await });
    assert!(timeout(Duration::from_secs(2), &mut silent).await.is_err(), "the broker has not said that it has it");
    assert_eq!(rig.script.seen().emitted, [0]);
    proxy.thaw();
    silent.await.expect("a task").expect("emitted");
    post(&front, rig.event(), notes(2..100)).await;
    let back = rig.back().await;
    rig.script
        .until("all are handled", |seen| {
            let numbers = seen.numbers("back.hear");
            (0..100).all(|number| numbers.contains(&number))
        })
        .await;
    drop((front, back));
}

/// There is nobody who could confirm it. But what counts as published has left the process, and does not end with it.
async fn what_was_sent_outlives_its_sender(rig: Rig) {
    let back = rig.back().await;
    let stock = Batch { event: rig.event(), notes: notes(0..20_000) };
    let mut sender = rig.process("front", "front", &Orders::none().stock(stock));
    sender.ready().await;
    sender.until("it is in full flow", |seen| seen.emitted.len() > 300).await;
    sender.kill();
    let emitted = sender.seen().emitted;
    assert!(emitted.len() < 20_000, "it was killed on the way");
    let what = format!("{} are handled", emitted.len());
    rig.script.until(&what, |seen| seen.done("back.hint").count() >= emitted.len()).await;
    let numbers = rig.script.seen().numbers("back.hint");
    assert!(numbers.starts_with(&emitted), "{} of {}", numbers.len(), emitted.len());
    drop(back);
}

async fn alarm(rig: Rig) {
    /// As long as an adapter waits for a broker, and some more.
    const PATIENCE: Duration = Duration::from_secs(50);
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    post(&front, rig.event(), notes(0..10)).await;
    rig.script.done("back.hear", 10).await;
    block_in_place(|| rig.broker().fill().expect("a full broker"));
    let client = front.client();
    let publish = |numbers: std::ops::Range<u64>| {
        let (client, event) = (client.clone(), rig.event());
        async move { client.invoke(front::Post, Batch { event, notes: notes(numbers) }).await }
    };
    // What is published before the broker says that it is full may still be taken.
    let ended = timeout(PATIENCE, async {
        for number in 10.. {
            if let Err(error) = publish(number..number + 1).await {
                return error;
            }
            sleep(Duration::from_millis(50)).await;
        }
        unreachable!("a broker that is full refuses")
    });
    match ended.await.expect("it does not wait for ever") {
        InvokeError::Fault(fault) => assert_eq!(fault.class(), FaultClass::Unavailable),
        InvokeError::Rejected(never) => match never {},
    }
    block_in_place(|| rig.broker().relieve().expect("a broker with room"));
    let again = async {
        while publish(1000..1001).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, again).await.expect("there is room again");
    let emitted = rig.script.seen().emitted;
    assert!(emitted.contains(&1000));
    rig.script
        .until("all that were accepted are handled", |seen| {
            let numbers = seen.numbers("back.hear");
            emitted.iter().all(|number| numbers.contains(number))
        })
        .await;
    rig.until("all are ready", || front.health().is_ready() && back.health().is_ready()).await;
    drop((front, back, side));
}

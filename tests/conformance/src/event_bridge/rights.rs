//! E24: users who may not do everything.

use std::time::{Duration, Instant};

use pontoon::{BridgeError, Error, FaultClass, InvokeError};
use pontoon_brokers::{Kind, Rights};
use tokio::task::block_in_place;
use tokio::time::timeout;

use crate::event_bridge::Rig;
use crate::event_bridge::house::USER;
use crate::event_bridge::rig::{notes, post};
use crate::system::contract::Batch;
use crate::topology::{apart, front};

/// A wrong password ends the start with an error. A right that is taken away while a unit runs is an error of who needs it,
/// and degraded health; the broker is not stormed, and all is well again once the right is back.
///
/// # Panics
/// The adapter does not pass.
pub async fn e24_permission_denied(rig: Rig) {
    const READER: (&str, &str) = ("berta", "hidden");
    let admit = |(name, password): (&str, &str), rights: &Rights| {
        block_in_place(|| rig.broker().admit(name, password, rights).expect("a user"));
    };
    rig.environment("guarded", &[("BROKER_USER", USER.0), ("BROKER_PASSWORD", "wrong")]);
    let start = rig.launch::<apart::front::Front>("front", &rig.script).start();
    let ended = timeout(Duration::from_secs(20), start).await.expect("it does not wait for another password");
    let Err(Error::Fault(fault)) = ended else { panic!("it starts") };
    let cause = fault.cause().and_then(|cause| cause.downcast_ref::<BridgeError>());
    assert!(matches!(cause, Some(BridgeError::Denied(_))), "{fault:?}");
    assert!(!format!("{fault:?}").contains("wrong"), "{fault:?}");

    admit(READER, &Rights::everything());
    rig.environment("guarded", &[("BROKER_USER", READER.0), ("BROKER_PASSWORD", READER.1)]);
    let (back, side) = (rig.back().await, rig.side().await);
    rig.environment("guarded", &[("BROKER_USER", USER.0), ("BROKER_PASSWORD", USER.1)]);
    let proxy = rig.proxy(&["front"]);
    let front = rig.front().await;
    let ear = rig.ear("back");
    post(&front, rig.event(), notes([1])).await;
    rig.script.done(&ear, 1).await;

    // All but to publish events.
    let others: &[&str] = match rig.broker().kind() {
        Kind::Amqp => &["suite\\.command.*", "suite\\.reply.*"],
        Kind::Nats => &["suite.command.>", "suite.reply.>", "$JS.>"],
        _ => &["suite/command/#"],
    };
    admit(USER, &Rights::everything().write(others));
    // RabbitMQ remembers what somebody may do until a channel has been idle for a while: longer, the more often it was.
    let client = front.client().timeout(Duration::from_secs(20));
    let mut number = 2;
    let mut pause = Duration::from_secs(1);
    let fault = loop {
        match client.invoke(front::Post, Batch { event: rig.event(), notes: notes([number]) }).await {
            Ok(()) => number += 1,
            Err(InvokeError::Fault(fault)) => break fault,
            Err(InvokeError::Rejected(never)) => match never {},
        }
        assert!(pause < Duration::from_secs(20), "it may still publish");
        tokio::time::sleep(pause).await;
        pause *= 2;
    };
    assert_eq!(fault.class(), FaultClass::Unavailable, "{fault:?}");
    rig.until("front is degraded", || !front.health().is_ready()).await;
    let storm = Instant::now();
    let before = proxy.connections();
    while storm.elapsed() < Duration::from_secs(5) {
        let ended = client.invoke(front::Post, Batch { event: rig.event(), notes: notes([number]) }).await;
        assert!(matches!(&ended, Err(InvokeError::Fault(_))), "{ended:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let connections = proxy.connections() - before;
    assert!(connections <= 8, "{connections} new connections in five seconds");
    assert!(!front.health().is_ready(), "its last event was refused");
    assert!(back.health().is_ready(), "{}", back.health());

    admit(USER, &Rights::everything());
    number += 1;
    let again = async {
        let batch = || Batch { event: rig.event(), notes: notes([number]) };
        while client.invoke(front::Post, batch()).await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(30), again).await.expect("it may publish again");
    rig.until("front is ready again", || front.health().is_ready()).await;
    let heard = rig.script.until("it is heard again", |seen| seen.numbers(&ear).contains(&number)).await;
    drop((front, back, side));
    let mut numbers = heard.numbers(&ear);
    numbers.dedup();
    assert!(numbers.is_sorted(), "{numbers:?}");
}

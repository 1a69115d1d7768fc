//! E24, E42: users who may not do everything.

use std::time::{Duration, Instant};

use pontoon::adapter::Request;
use pontoon::adapter::SubscriptionPolicy;
use pontoon::generated::Command;
use pontoon::{BridgeError, Error, FaultClass, InvokeError};
use pontoon_brokers::{Kind, Rights};
use tokio::task::block_in_place;
use tokio::time::timeout;

use crate::adapter::{is_quiet, soon};
use crate::event_bridge::house::USER;
use crate::event_bridge::rig::{message, notes, post};
use crate::event_bridge::{Column, Rig};
use crate::system::contract::{Batch, Note};
use crate::topology::{apart, back, front};

/// A wrong password ends the start with an error. A right that is taken away while a unit runs is an error of who needs
/// it, and degraded health; the broker is not stormed, and all is well again once the right is back.
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

/// Who has the rights of a client that may call one command calls it, and gets its answer. It calls no other, publishes
/// no event, and reads neither events nor the answers of others.
///
/// # Panics
/// The adapter does not pass.
pub async fn e42_a_guest_with_the_rights_of_a_client_can_do_no_more_than_that(rig: Rig) {
    const GUEST: (&str, &str) = ("gus", "hidden");
    let answer = back::Answer::SUBJECT;
    let level = |subject: &str| subject.replace('.', "/");
    let pattern = |subject: &str| subject.replace('.', "\\.");
    let rights = match rig.broker().kind() {
        Kind::Amqp => {
            let own = "suite\\.reply\\.gus\\..*";
            Rights::nothing().configure(&[own]).write(&[own, "suite\\.command"]).read(&[own, "suite\\.reply"]).topics(
                "suite.command",
                &[&pattern(answer)],
                &[],
            )
        }
        Kind::Nats => Rights::nothing().write(&[answer]).read(&["suite.reply.gus.>"]),
        _ => Rights::nothing().write(&[&level(answer)]).read(&["suite/reply/gus/#"]),
    };
    block_in_place(|| rig.broker().admit(GUEST.0, GUEST.1, &rights).expect("a user"));
    rig.environment("guarded", &[("BROKER_USER", USER.0), ("BROKER_PASSWORD", USER.1)]);
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);

    let guest = rig.tap_as("guest", GUEST.0, GUEST.1).await;
    soon(guest.connect()).await.expect("it is let in");
    let ask = |number, subject| Request {
        subject,
        message: message(&format!(r#"{{"key":"","number":{number},"text":""}}"#)),
        deadline: pontoon::Instant::now() + Duration::from_secs(5),
        attempt: 1,
    };
    soon(guest.request(ask(1, answer))).await.expect("an answer");
    let refused = soon(guest.request(ask(2, front::Save::SUBJECT))).await;
    assert!(refused.is_err(), "a command that it may not call: {refused:?}");
    // RabbitMQ says so at the start, where the exchange of the event is looked for.
    let speaker = rig.tap_as("speaker", GUEST.0, GUEST.1).await;
    let topic = speaker.topic(rig.subject());
    let refused = match soon(speaker.connect()).await {
        Ok(()) => soon(topic.publish(message(r#"{"key":"","number":3,"text":""}"#))).await,
        refused => refused,
    };
    assert!(matches!(refused, Err(BridgeError::Denied(_))), "{refused:?}");

    // Events, and the answers of all others. Mosquitto does not refuse, and is silent. RabbitMQ has queues: one that is
    // there.
    let listener = ("gus.v1.listen", SubscriptionPolicy::at_most_once());
    let spies = match rig.column {
        Column::Amqp => vec![(rig.subject(), ("back.v1.hear", SubscriptionPolicy::at_least_once().dead_letter()))],
        Column::Mqtt => vec![(rig.subject(), listener), ("suite.reply.#", listener)],
        _ => vec![(rig.subject(), listener), ("suite.reply.>", listener)],
    };
    let count = spies.len();
    for (subject, (subscription, policy)) in spies {
        let spy = rig.tap_as("spy", GUEST.0, GUEST.1).await;
        let consumer = spy.subscribe(subject, subscription, policy);
        let connected = soon(spy.connect()).await;
        let is_silent = rig.column == Column::Mqtt && connected.is_ok();
        assert!(is_silent || matches!(connected, Err(BridgeError::Denied(_))), "{subject}: {connected:?}");
        post(&front, rig.event(), notes([4])).await;
        front.client().invoke(front::Ask, Note::of(5)).await.expect("an answer");
        assert!(!is_silent || is_quiet(&consumer).await, "it hears {subject}");
        soon(spy.close()).await;
    }
    let seen =
        rig.script.until("the units hear each other", |seen| seen.numbers(&rig.ear("side")).len() == count).await;
    assert_eq!(seen.numbers("back.answer"), [&[1][..], &[5; 2][..count]].concat());
    assert!(seen.numbers(&rig.ear("back")).iter().all(|number| *number == 4));
    drop((front, back, side));
}

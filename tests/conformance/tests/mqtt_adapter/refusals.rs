//! What the broker refuses: that message and no other, for good or for now.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use pontoon::adapter::{Message, Metadata};
use pontoon::adapter::{Reply, Request};
use pontoon::{BridgeError, FaultClass};
use pontoon_brokers::{Broker, Kind, Proxy};
use rumqttc::mqttbytes::v5::Publish;

use crate::fake::{Fake, Says};
use crate::harness::{EAR, POLICY, Topology, echo, message, output, request, soon, take, until};

/// A text of so many bytes.
fn large(bytes: usize) -> Message {
    Message::new(Metadata::new(), "x".repeat(bytes))
}

/// The number of what is published.
fn number(publish: &Publish) -> u8 {
    std::str::from_utf8(&publish.payload).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Asserts that an error is for good, and says this.
fn assert_permanent<T: std::fmt::Debug>(refused: &Result<T, BridgeError>, says: &str) {
    let Err(BridgeError::Malformed(why)) = refused else { panic!("{refused:?}") };
    assert!(why.to_string().contains(says), "{why}");
}

/// Mosquitto has a limit that it tells nobody.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_the_broker_fails_alone() {
    let broker = Broker::configured(Kind::Mqtt).largest(2000).start().unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    let topology = Topology::at(broker.url_at(proxy.port()));
    let unit = topology.adapter().await;
    let ear = unit.subscribe(topology.event, EAR, POLICY.dead_letter());
    let (topic, endpoint) = (unit.topic(topology.event), unit.serve(topology.command));
    soon(unit.connect()).await.unwrap();
    let caller = topology.adapter().await;
    soon(caller.connect()).await.unwrap();
    let connections = proxy.connections();

    for round in 0..3 {
        assert_permanent(&soon(topic.publish(large(3000))).await, "packet too large (0x95)");
        soon(topic.publish(message(round))).await.unwrap();
        assert_eq!(take(&ear).await, round);
    }
    let too_large = Request { message: large(3000), ..request(topology.command, 0) };
    assert_permanent(&soon(caller.request(too_large)).await, "packet too large (0x95)");
    let asking = tokio::spawn({
        let caller = std::sync::Arc::clone(&caller);
        async move { caller.request(request(topology.command, 1)).await }
    });
    let asked = soon(endpoint.next()).await.unwrap();
    let json = format!("\"{}\"", "x".repeat(3000));
    soon(endpoint.answer(&asked.reply_to.unwrap(), Reply::Output(json.into()))).await.unwrap();
    let fault = soon(asking).await.unwrap().unwrap();
    assert!(matches!(fault, Reply::Fault { class: FaultClass::Malformed, .. }), "{fault:?}");
    echo(endpoint);
    assert_eq!(output(soon(caller.request(request(topology.command, 2))).await), "2");
    assert_eq!(proxy.connections(), connections, "no connection was lost");
    assert!(unit.health().is_ready() && caller.health().is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_code_is_about_one_message() {
    let asked = Mutex::<HashMap<u8, u32>>::default();
    let fake = Fake::start(move |publish| {
        let reason = number(publish);
        let mut asked = asked.lock().unwrap();
        let times = asked.entry(reason).or_default();
        *times += 1;
        // What may pass has passed the second time.
        Says::Ack(if *times > 1 { 0 } else { reason })
    })
    .await;
    let topology = Topology::at(&fake.url);
    let (speaker, topic) = topology.speaking().await;
    for code in [0x81, 0x90, 0x95, 0x99, 0x9a] {
        assert_permanent(&soon(topic.publish(message(code))).await, &format!("({code:#04x})"));
    }
    for code in [0x00, 0x01, 0x10, 0x7f, 0x80, 0x83, 0x97, 0xc0, 0xff] {
        soon(topic.publish(message(code))).await.unwrap();
    }
    assert!(speaker.health().is_ready());
    let denied = soon(topic.publish(message(0x87))).await;
    assert!(matches!(denied, Err(BridgeError::Denied(_))), "{denied:?}");
    assert_eq!(fake.connections(), 1, "none of them is about the connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_each_connection_is_put_aside_and_all_else_goes_on() {
    for end in [Says::Close, Says::Disconnect(0x80), Says::Disconnect(0x95)] {
        let fake = Fake::start(move |publish| if number(publish) == 13 { end } else { Says::Ack(0) }).await;
        let topology = Topology::at(&fake.url);
        let (speaker, topic) = topology.speaking().await;
        let publishing = (0..20).map(|number| topic.publish(message(number)));
        let published = soon(futures_util::future::join_all(publishing)).await;
        for (number, published) in published.into_iter().enumerate() {
            match number {
                13 => assert_permanent(&published, if matches!(end, Says::Disconnect(0x95)) { "0x95" } else { "ends" }),
                _ => published.unwrap(),
            }
        }
        until("it is connected", || speaker.health().is_ready()).await;
        // A request is not sent again by itself: whoever tries it again does.
        let poison = request(topology.command, 13);
        let mut unavailable = 0;
        let refused = loop {
            match soon(speaker.request(poison.clone())).await {
                Err(BridgeError::Unavailable(_)) => unavailable += 1,
                refused => break refused,
            }
        };
        // Twice over it; and perhaps once more where the connection was not there yet when it was tried again.
        assert!((2..=4).contains(&unavailable), "{end:?}: {unavailable}");
        assert_permanent(&refused, if matches!(end, Says::Disconnect(0x95)) { "0x95" } else { "ends" });
        until("it is connected again", || speaker.health().is_ready()).await;
        soon(topic.publish(message(14))).await.unwrap();
    }
}

/// Each time that it is published something else is wrong: nothing is answered, whatever it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_away_time_and_again_makes_no_message_permanent() {
    const TIMES: u32 = 6;
    let published = AtomicU32::new(0);
    let fake = Fake::start(move |publish| match number(publish) {
        13 if published.fetch_add(1, Ordering::Relaxed) < TIMES => Says::Away,
        _ => Says::Ack(0),
    })
    .await;
    let topology = Topology::at(&fake.url);
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(13))).await.unwrap();
}

/// It is not sent again by itself, and where its caller does so, not apart from others.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_the_broker_has_taken_is_not_why_the_connection_is_lost() {
    let published = AtomicU32::new(0);
    let fake = Fake::start(move |_| match published.fetch_add(1, Ordering::Relaxed) {
        0 | 1 => Says::AckAndClose,
        _ => Says::Ack(0x95),
    })
    .await;
    let topology = Topology::at(&fake.url);
    let caller = topology.adapter().await;
    soon(caller.connect()).await.unwrap();
    let innocent = request(topology.command, 1);
    for _ in 0..2 {
        let lost = soon(caller.request(innocent.clone())).await;
        assert!(matches!(lost, Err(BridgeError::Unavailable(_))), "{lost:?}");
        until("it is connected again", || caller.health().is_ready()).await;
    }
    assert_permanent(&soon(caller.request(innocent)).await, "(0x95)");
    assert_eq!(fake.connections(), 3, "it has none of its own");
}

/// Before an event is published it is asked whether those are there who have to hear it: that is a message, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_does_not_let_us_ask_who_is_there_refuses_that_event_only() {
    let fake = Fake::start(|publish| {
        let asks = std::str::from_utf8(&publish.topic).is_ok_and(|topic| topic.contains("/subscribed/"));
        if asks { Says::Close } else { Says::Ack(0) }
    })
    .await;
    let topology = Topology::at(&fake.url);
    let speaker = topology.adapter().await;
    let heard = speaker.topic(topology.event);
    let unheard = speaker.topic(crate::harness::leaked(format!("{}.event.other.v1", topology.name)));
    speaker.retain_for(topology.event, EAR, POLICY);
    soon(speaker.connect()).await.unwrap();
    let refused = soon(heard.publish(message(1))).await;
    let Err(BridgeError::Unavailable(why)) = &refused else { panic!("{refused:?}") };
    assert!(why.to_string().contains("each time that the broker is asked"), "{why}");
    soon(unheard.publish(message(2))).await.unwrap();
    assert_eq!(fake.connections(), 4, "three were lost");
}

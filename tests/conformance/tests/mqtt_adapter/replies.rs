//! Where replies go: to callers, below the user of each, and nowhere else.

use std::sync::Arc;

use bytes::Bytes;
use pontoon::adapter::{Endpoint, IncomingRequest, Reply};
use pontoon_brokers::{Broker, Kind, Rights};
use rumqttc::mqttbytes::v5::PublishProperties;

use crate::harness::{Outsider, Topology, attribute, output, request, soon, text, until};

/// Answers each request that wants an answer with what it asks.
fn answer(endpoint: Arc<dyn Endpoint>) {
    tokio::spawn(async move {
        while let Some(IncomingRequest { message, reply_to, .. }) = endpoint.next().await {
            if let Some(to) = reply_to {
                endpoint.answer(&to, Reply::Output(message.json().unwrap())).await.unwrap();
            }
        }
    });
}

/// What a request says about where its reply goes.
fn asking(response_topic: &str) -> PublishProperties {
    PublishProperties {
        response_topic: Some(response_topic.to_owned()),
        correlation_data: Some(Bytes::from_static(b"seventeen")),
        ..PublishProperties::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_gets_its_own_replies_and_has_nothing_sent_elsewhere() {
    let broker = Broker::configured(Kind::Mqtt).user("ann", "secret").start().unwrap();
    let topology = Topology::at(broker.url());
    let (command, event) = (topology.command.replace('.', "/"), topology.event.replace('.', "/"));
    let (replies, other) = (topology.topic("reply/guest/#"), topology.topic("command/user/v1/other"));
    broker.admit("guest", "hidden", &Rights::nothing().write(&[&command]).read(&[&replies])).unwrap();
    let server = topology.adapter().await;
    answer(server.serve(topology.command));
    let caller = topology.adapter().await;
    soon(server.connect()).await.unwrap();
    soon(caller.connect()).await.unwrap();

    // As a program that uses the adapter.
    let as_guest = topology.moved(broker.address());
    let guest = as_guest.open(as_guest.settings().username(text("guest")).password(text("hidden"))).await;
    soon(guest.connect()).await.unwrap();
    assert_eq!(output(soon(guest.request(request(topology.command, 1))).await), "1");

    // As one that tries more.
    let mut guest = Outsider::as_user(topology.url, "guest", "hidden").await;
    guest.subscribe(topology.topic("reply/#")).await;
    assert_eq!(output(soon(caller.request(request(topology.command, 2))).await), "2");
    let mut witness = topology.outsider().await;
    witness.subscribe(&event).await;
    witness.subscribe(&other).await;
    let attributes = [("specversion", "1.0"), ("id", "1"), ("source", "/me"), ("type", topology.command)];
    let elsewhere = [&*event, &*other, "$SYS/broker/load", &*topology.topic("reply"), &*topology.topic("replyx/a")];
    for topic in elsewhere {
        guest.publish_with(topology.command, &attributes, "3", asking(topic)).await;
        guest.publish_with(topology.command, &[], "no attributes", asking(topic)).await;
    }
    // What cannot be read is counted after its reply is refused.
    let counted = |refused, malformed| {
        let counters = server.counters();
        (counters.refused_replies, counters.malformed) == (refused, malformed)
    };
    let count = elsewhere.len() as u64;
    until("all of them are counted", || counted(2 * count, count)).await;

    guest.publish_with(topology.command, &attributes, "4", asking(&topology.topic("reply/guest/1"))).await;
    let reply = guest.next().await;
    assert_eq!((&reply.payload[..], &reply.topic[..]), (&b"4"[..], topology.topic("reply/guest/1").as_bytes()));
    guest.publish_with(topology.command, &[], "no attributes", asking(&topology.topic("reply/guest/1"))).await;
    assert_eq!(attribute(&guest.next().await, "outcome"), "fault", "and nothing of another's comes before it");
    topology.outsider().await.publish(topology.event, &[], "the first that is sent there").await;
    assert_eq!(witness.next().await.payload, "the first that is sent there");
    assert!(server.health().is_ready());
}

/// Who may publish to the topic of a caller, and does not know what it has asked, answers nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_is_made_up_is_none() {
    let topology = Topology::shared();
    let (server, caller) = (topology.adapter().await, topology.adapter().await);
    let endpoint = server.serve(topology.command);
    soon(server.connect()).await.unwrap();
    soon(caller.connect()).await.unwrap();
    let waiting = tokio::spawn(async move { caller.request(request(topology.command, 1)).await });
    let asked = soon(endpoint.next()).await.unwrap();
    let to = asked.reply_to.unwrap();
    let outsider = topology.outsider().await;
    for key in 0..4_u64 {
        let correlation_data = Some(Bytes::copy_from_slice(&key.to_be_bytes()));
        let made_up = PublishProperties { correlation_data, ..PublishProperties::default() };
        outsider.publish_with(&to.address, &[], "\"made up\"", made_up).await;
    }
    soon(endpoint.answer(&to, Reply::Output("1".into()))).await.unwrap();
    assert_eq!(output(soon(waiting).await.unwrap()), "1");
}

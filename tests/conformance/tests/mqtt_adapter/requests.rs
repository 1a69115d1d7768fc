//! Commands: who answers, who does not, and what cannot be read.

use std::time::Duration;

use bytes::Bytes;
use pontoon::adapter::{Reply, Request};
use pontoon::{BridgeError, FaultClass, Instant};
use rumqttc::mqttbytes::v5::PublishProperties;

use crate::harness::{Topology, attribute, echo, message, output, request, soon, until};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_answers_is_known_at_once_and_so_is_who_has_gone() {
    let topology = Topology::shared();
    let caller = topology.adapter().await;
    soon(caller.connect()).await.unwrap();
    let nobody = soon(caller.request(request(topology.command, 1))).await;
    assert!(matches!(nobody, Err(BridgeError::NoResponder { subject }) if subject == topology.command), "{nobody:?}");
    let server = topology.adapter().await;
    echo(server.serve(topology.command));
    soon(server.connect()).await.unwrap();
    assert_eq!(output(soon(caller.request(request(topology.command, 2))).await), "2");
    soon(server.drain()).await;
    let gone = soon(caller.request(request(topology.command, 3))).await;
    assert!(matches!(gone, Err(BridgeError::NoResponder { .. })), "{gone:?}");
    soon(server.close()).await;
    assert!(caller.health().is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_ask_at_once_and_all_are_answered() {
    const REQUESTS: u32 = 2000;
    let topology = Topology::shared();
    let (one, two, caller) = (topology.adapter().await, topology.adapter().await, topology.adapter().await);
    let both = [echo(one.serve(topology.command)), echo(two.serve(topology.command))];
    for adapter in [&one, &two, &caller] {
        soon(adapter.connect()).await.unwrap();
    }
    let asking = (0..REQUESTS).map(|number| caller.request(request(topology.command, number)));
    let replies = soon(futures_util::future::join_all(asking)).await;
    for (number, reply) in replies.into_iter().enumerate() {
        assert_eq!(output(reply), number.to_string());
    }
    assert_eq!(caller.counters().late_replies, 0);
    soon(one.close()).await;
    soon(two.close()).await;
    for ended in both {
        soon(ended).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_wait_leaves_nothing_behind() {
    let topology = Topology::shared();
    let (server, caller) = (topology.adapter().await, topology.adapter().await);
    let endpoint = server.serve(topology.command);
    soon(server.connect()).await.unwrap();
    soon(caller.connect()).await.unwrap();
    let short = Request { deadline: Instant::now() + Duration::from_millis(200), ..request(topology.command, 1) };
    let waited = tokio::time::timeout(Duration::from_millis(200), caller.request(short)).await;
    assert!(waited.is_err());
    let asked = soon(endpoint.next()).await.unwrap();
    soon(endpoint.answer(&asked.reply_to.unwrap(), Reply::Output("1".into()))).await.unwrap();
    until("the late reply is counted", || caller.counters().late_replies == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_or_sent_is_a_fault_for_who_asks() {
    let topology = Topology::shared();
    let (server, caller) = (topology.adapter().await, topology.adapter().await);
    let endpoint = server.serve(topology.command);
    soon(server.connect()).await.unwrap();
    soon(caller.connect()).await.unwrap();
    let answering = tokio::spawn(async move {
        let asked = endpoint.next().await.unwrap();
        let json = format!("\"{}\"", "x".repeat(300_000));
        endpoint.answer(&asked.reply_to.unwrap(), Reply::Output(json.into())).await.unwrap();
    });
    let mut outsider = topology.outsider().await;
    outsider.subscribe(topology.topic("reply/outsider/1")).await;
    let asking = PublishProperties {
        response_topic: Some(topology.topic("reply/outsider/1")),
        correlation_data: Some(Bytes::from_static(b"1")),
        ..PublishProperties::default()
    };
    outsider.publish_with(topology.command, &[], "no attributes", asking).await;
    let fault = outsider.next().await;
    assert_eq!((&*attribute(&fault, "outcome"), &*attribute(&fault, "faultclass")), ("fault", "malformed"));
    assert_eq!(server.counters().malformed, 1);

    let too_large = soon(caller.request(request(topology.command, 1))).await.unwrap();
    assert!(matches!(too_large, Reply::Fault { class: FaultClass::Malformed, .. }), "{too_large:?}");
    soon(answering).await.unwrap();
    let text = "x".repeat(300_000);
    let request = Request {
        message: pontoon::adapter::Message::new(pontoon::adapter::Metadata::new(), text),
        ..request(topology.command, 1)
    };
    let refused = soon(caller.request(request)).await;
    assert!(matches!(refused, Err(BridgeError::TooLarge { limit: 262_144, .. })), "{refused:?}");
    let topic = caller.topic(topology.event);
    let metadata =
        pontoon::adapter::Metadata { principal: Some("x".repeat(70_000).into()), ..pontoon::adapter::Metadata::new() };
    let refused = soon(topic.publish(pontoon::adapter::Message::new(metadata, 1))).await;
    assert!(matches!(refused, Err(BridgeError::TooLarge { .. })), "{refused:?}");
    soon(topic.publish(message(1))).await.unwrap();
    assert!(caller.health().is_ready() && server.health().is_ready());
}

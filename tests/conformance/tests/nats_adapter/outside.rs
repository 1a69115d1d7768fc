//! Programs that know CloudEvents and NATS, and nothing of us.

use async_nats::HeaderMap;
use bytes::Bytes;
use futures_util::StreamExt;
use pontoon::Id;
use pontoon::adapter::Settlement;
use pontoon::adapter::{Message, Metadata, SubscriptionPolicy, Trace};

use crate::harness::{Topology, next, soon};

#[tokio::test(flavor = "multi_thread")]
async fn another_program_reads_every_attribute_of_an_event() {
    let topology = Topology::shared();
    let client = topology.outsider().await;
    let mut heard = client.subscribe(topology.event).await.unwrap();
    client.flush().await.unwrap();
    let (_speaker, topic) = topology.speaking().await;
    let metadata = Metadata {
        causation: Some(Id::random()),
        principal: Some("ada lovelace".into()),
        tenant: Some("acmé".into()),
        hops: 2,
        trace: Some(Trace { id: Id::from(0xabc), flags: 1, state: Some("a=1,b=2".to_owned()) }.into()),
        ..Metadata::new()
    };
    soon(topic.publish(Message::new(metadata.clone(), vec![1, 2, 3]))).await.unwrap();
    let event = soon(heard.next()).await.unwrap();
    assert_eq!(event.payload, "[1,2,3]");
    let headers = event.headers.unwrap();
    let get = |name: &str| headers.get(name).map(|value| value.as_str().to_owned()).unwrap_or_default();
    assert_eq!(get("content-type"), "application/json");
    assert_eq!(get("ce-specversion"), "1.0");
    assert_eq!(get("ce-id"), metadata.id.to_string());
    assert_eq!(get("ce-type"), topology.event);
    let source = get("ce-source");
    let parts: Vec<&str> = source.split('/').collect();
    assert!(parts.len() == 4 && parts[2] == "test" && parts[3].parse::<Id>().is_ok(), "{source}");
    let time = get("ce-time");
    assert!(time.len() == 24 && time.starts_with("20") && time.ends_with('Z'), "{time}");
    assert_eq!(get("ce-correlationid"), metadata.correlation.to_string());
    assert_eq!(get("ce-causationid"), metadata.causation.unwrap().to_string());
    assert_eq!(get("ce-principal"), "ada%20lovelace");
    assert_eq!(get("ce-tenant"), "acm%C3%A9");
    assert_eq!(get("ce-hops"), "2");
    assert_eq!(get("ce-sequence"), "1");
    let span = format!("{:016x}", u128::from(metadata.id) & u128::from(u64::MAX));
    assert_eq!(get("ce-traceparent"), format!("00-{:032x}-{span}-01", 0xabc));
    assert_eq!(get("ce-tracestate"), "a=1,b=2");
    let known = ["content-type", "Nats-Msg-Id"];
    let strange = headers.iter().map(|(name, _)| name.to_string());
    let strange: Vec<_> = strange.filter(|name| !name.starts_with("ce-") && !known.contains(&&**name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_publishes_an_event_to_us() {
    let topology = Topology::shared();
    let (_hearer, ear) = topology.hearing(SubscriptionPolicy::at_least_once()).await;
    let jetstream = topology.jetstream().await;
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("ce-specversion", "1.0"),
        ("ce-id", "order-17"),
        ("ce-source", "https://example.com/orders"),
        ("ce-type", "com.example.order"),
        ("ce-tenant", "acm%C3%A9 %22inc%22"),
        ("ce-traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("ce-unknown", "whatever"),
    ] {
        headers.insert(name, value);
    }
    let publish = || jetstream.publish_with_headers(topology.event, headers.clone(), Bytes::from_static(b"{\"n\":1}"));
    publish().await.unwrap().await.unwrap();
    publish().await.unwrap().await.unwrap();
    let delivery = next(&ear).await;
    let metadata = delivery.message.metadata();
    assert_eq!(metadata.tenant.as_deref(), Some("acmé \"inc\""));
    assert_eq!(metadata.trace.as_ref().unwrap().id, Id::from(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736));
    assert_eq!(delivery.message.json().unwrap(), "{\"n\":1}");
    soon(ear.settle(&delivery, Settlement::Ack)).await.unwrap();
    assert_eq!(next(&ear).await.message.metadata().id, metadata.id, "the same event has the same identity");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_calls_a_command() {
    let topology = Topology::shared();
    let server = topology.adapter().await;
    crate::harness::echo(server.serve(topology.command));
    soon(server.connect()).await.unwrap();
    let client = topology.outsider().await;
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/me"), ("ce-type", topology.command)]
    {
        headers.insert(name, value);
    }
    let answer = soon(client.request_with_headers(topology.command, headers, "[4]".into())).await.unwrap();
    assert_eq!(answer.payload, "[4]");
    assert_eq!(answer.headers, None, "an output is only its payload");
}

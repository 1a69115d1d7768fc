//! Programs that know CloudEvents and MQTT, and nothing of us.

use bytes::Bytes;
use pontoon::Id;
use pontoon::adapter::Settlement;
use pontoon::adapter::{Message, Metadata, Trace};
use rumqttc::mqttbytes::v5::PublishProperties;

use crate::harness::{POLICY, Topology, attribute, echo, next, soon};

#[tokio::test(flavor = "multi_thread")]
async fn another_program_reads_every_attribute_of_an_event() {
    let topology = Topology::shared();
    let mut outsider = topology.outsider().await;
    outsider.subscribe(topology.topic("event/placed/v1")).await;
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
    let event = outsider.next().await;
    assert_eq!(event.payload, "[1,2,3]");
    assert!(!event.retain);
    let get = |name: &str| attribute(&event, name);
    assert_eq!(get("specversion"), "1.0");
    assert_eq!(get("id"), metadata.id.to_string());
    assert_eq!(get("type"), topology.event);
    let source = get("source");
    let parts: Vec<&str> = source.split('/').collect();
    assert!(parts.len() == 4 && parts[2] == "test" && parts[3].parse::<Id>().is_ok(), "{source}");
    let time = get("time");
    assert!(time.len() == 24 && time.starts_with("20") && time.ends_with('Z'), "{time}");
    assert_eq!(get("correlationid"), metadata.correlation.to_string());
    assert_eq!(get("causationid"), metadata.causation.unwrap().to_string());
    assert_eq!(get("principal"), "ada lovelace");
    assert_eq!(get("tenant"), "acmé");
    assert_eq!(get("hops"), "2");
    assert_eq!(get("sequence"), "1");
    let span = format!("{:016x}", u128::from(metadata.id) & u128::from(u64::MAX));
    assert_eq!(get("traceparent"), format!("00-{:032x}-{span}-01", 0xabc));
    assert_eq!(get("tracestate"), "a=1,b=2");
    let properties = event.properties.as_ref().unwrap();
    assert_eq!(properties.user_properties.len(), 13, "{properties:?}");
    assert_eq!(properties.content_type.as_deref(), Some("application/json"));
    assert_eq!((properties.message_expiry_interval, &properties.response_topic), (None, &None));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_publishes_an_event_to_us() {
    let topology = Topology::shared();
    let (_hearer, ear) = topology.hearing(POLICY).await;
    let outsider = topology.outsider().await;
    let attributes = [
        ("specversion", "1.0"),
        ("id", "order-17"),
        ("source", "https://example.com/orders"),
        ("type", "com.example.order"),
        ("tenant", "acmé \"inc\""),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("unknown", "whatever"),
    ];
    outsider.publish(topology.event, &attributes, "{\"n\":1}").await;
    outsider.publish(topology.event, &attributes, "{\"n\":1}").await;
    let delivery = next(&ear).await;
    let metadata = delivery.message.metadata();
    assert_eq!(metadata.tenant.as_deref(), Some("acmé \"inc\""));
    assert_eq!(metadata.trace.as_ref().unwrap().id, Id::from(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736));
    assert_eq!(delivery.message.json().unwrap(), "{\"n\":1}");
    // Once the first is acknowledged, the second would be taken for the first, repeated by a broker that died.
    assert_eq!(next(&ear).await.message.metadata().id, metadata.id, "the same event has the same identity");
    soon(ear.settle(&delivery, Settlement::Ack)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_calls_a_command() {
    let topology = Topology::shared();
    let server = topology.adapter().await;
    echo(server.serve(topology.command));
    soon(server.connect()).await.unwrap();
    let mut outsider = topology.outsider().await;
    outsider.subscribe(topology.topic("reply/outsider/1")).await;
    let attributes = [("specversion", "1.0"), ("id", "1"), ("source", "/me"), ("type", topology.command)];
    let asking = PublishProperties {
        response_topic: Some(topology.topic("reply/outsider/1")),
        correlation_data: Some(Bytes::from_static(b"seventeen")),
        ..PublishProperties::default()
    };
    outsider.publish_with(topology.command, &attributes, "[4]", asking).await;
    let answer = outsider.next().await;
    assert_eq!(answer.payload, "[4]");
    let properties = answer.properties.unwrap();
    assert_eq!(properties.user_properties, [], "an output is only its payload");
    assert_eq!(properties.correlation_data, Some(Bytes::from_static(b"seventeen")));
    assert_eq!(properties.content_type.as_deref(), Some("application/json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_serves_a_command() {
    let topology = Topology::shared();
    let mut outsider = topology.outsider().await;
    outsider.subscribe(format!("$share/others/{}", topology.command.replace('.', "/"))).await;
    let caller = topology.adapter().await;
    soon(caller.connect()).await.unwrap();
    let asking = tokio::spawn(async move { caller.request(crate::harness::request(topology.command, 5)).await });
    let asked = outsider.next().await;
    assert_eq!((&asked.payload[..], &*attribute(&asked, "type")), (&b"5"[..], topology.command));
    let timeout: u32 = attribute(&asked, "timeoutms").parse().unwrap();
    assert!((1..=60_000).contains(&timeout), "{timeout}");
    let properties = asked.properties.unwrap();
    assert!((50..=61).contains(&properties.message_expiry_interval.unwrap()), "{properties:?}");
    let answering = PublishProperties { correlation_data: properties.correlation_data, ..PublishProperties::default() };
    outsider.publish_with(&properties.response_topic.unwrap(), &[], "6", answering).await;
    assert_eq!(crate::harness::output(soon(asking).await.unwrap()), "6");
}

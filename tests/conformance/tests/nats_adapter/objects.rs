//! Streams and consumers: made by whoever comes first, checked by everybody, refused where they are something else.

use std::time::Duration;

use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::stream::{Config, RetentionPolicy};
use futures_util::future::join_all;
use pontoon::BridgeError;
use pontoon::adapter::SubscriptionPolicy;

use crate::harness::{CONSUMER, EAR, Topology, message, soon, take};

const POLICY: SubscriptionPolicy = SubscriptionPolicy::at_least_once().dead_letter();

async fn mismatch(connecting: impl Future<Output = Result<(), BridgeError>>) -> String {
    match soon(connecting).await {
        Err(BridgeError::Mismatch(difference)) => difference,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_make_them_at_the_same_time() {
    let topology = Topology::shared();
    let adapters = join_all((0..8).map(|_| topology.adapter())).await;
    let consumers: Vec<_> = adapters.iter().map(|adapter| adapter.subscribe(topology.event, EAR, POLICY)).collect();
    let connected = soon(join_all(adapters.iter().map(|adapter| adapter.connect()))).await;
    assert!(connected.iter().all(Result::is_ok), "{connected:?}");
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(7))).await.unwrap();
    let first = futures_util::future::select_all(consumers.iter().map(|consumer| Box::pin(take(consumer)))).await.0;
    assert_eq!(first, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_publishes_keeps_events_for_those_who_start_later() {
    let topology = Topology::shared();
    let speaker = topology.adapter().await;
    let topic = speaker.topic(topology.event);
    speaker.retain_for(topology.event, EAR, POLICY);
    soon(speaker.connect()).await.unwrap();
    for number in 0..10 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    soon(speaker.close()).await;
    let (_hearer, ear) = topology.hearing(POLICY).await;
    for number in 0..10 {
        assert_eq!(take(&ear).await, number);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_only_said_where_nothing_is_to_be_made() {
    let topology = Topology::shared();
    let checking = async || {
        let adapter = topology.verifying().await;
        adapter.subscribe(topology.event, EAR, POLICY);
        adapter
    };
    let jetstream = topology.jetstream().await;
    let said = mismatch(checking().await.connect()).await;
    assert!(said.contains(&topology.stream()) && said.contains("provision: create"), "{said}");
    assert!(jetstream.get_stream(topology.stream()).await.is_err(), "nothing is made");

    let (maker, _) = topology.hearing(POLICY).await;
    let adapter = checking().await;
    soon(adapter.connect()).await.unwrap();
    soon(adapter.close()).await;
    soon(maker.close()).await;

    let stream = jetstream.get_stream(topology.stream()).await.unwrap();
    stream.delete_consumer(CONSUMER).await.unwrap();
    let said = mismatch(checking().await.connect()).await;
    assert!(said.contains(CONSUMER), "{said}");
    let (_maker, _) = topology.hearing(POLICY).await;
    jetstream.delete_stream(topology.dead_stream()).await.unwrap();
    let said = mismatch(checking().await.connect()).await;
    assert!(said.contains(&topology.dead_stream()), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_with_other_settings_is_no_stream_of_ours() {
    let topology = Topology::shared();
    let jetstream = topology.jetstream().await;
    let config = Config {
        name: topology.stream(),
        subjects: vec![topology.event.to_owned()],
        max_age: Duration::from_secs(3600),
        retention: RetentionPolicy::Limits,
        ..Config::default()
    };
    jetstream.create_stream(config).await.unwrap();
    let adapter = topology.adapter().await;
    adapter.subscribe(topology.event, EAR, POLICY);
    let said = mismatch(adapter.connect()).await;
    for part in [&*topology.stream(), "`retention` is Limits", "Interest", "max_age", "event.>", "remove it"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!adapter.health().is_ready());
    // Left as it was.
    let mut stream = jetstream.get_stream(topology.stream()).await.unwrap();
    assert_eq!(stream.info().await.unwrap().config.retention, RetentionPolicy::Limits);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_has_our_subjects_is_in_the_way() {
    let topology = Topology::shared();
    let jetstream = topology.jetstream().await;
    let (name, subjects) = (format!("other_{}", topology.stream()), vec![topology.event.to_owned()]);
    jetstream.create_stream(Config { name, subjects, ..Config::default() }).await.unwrap();
    let adapter = topology.adapter().await;
    adapter.subscribe(topology.event, EAR, POLICY);
    let said = mismatch(adapter.connect()).await;
    assert!(said.contains("another stream") && said.contains("event.>"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_with_other_settings_is_not_changed() {
    let topology = Topology::shared();
    let (maker, _) = topology.hearing(POLICY).await;
    soon(maker.close()).await;
    let adapter = topology.adapter().await;
    adapter.subscribe(topology.event, EAR, POLICY.ordered());
    let said = mismatch(adapter.connect()).await;
    assert!(said.contains(CONSUMER) && said.contains("max_ack_pending"), "{said}");

    let stream = topology.jetstream().await.get_stream(topology.stream()).await.unwrap();
    stream.delete_consumer(CONSUMER).await.unwrap();
    let other = pull::Config {
        durable_name: Some(CONSUMER.to_owned()),
        filter_subject: topology.other_event("paid").to_owned(),
        max_deliver: 3,
        ..pull::Config::default()
    };
    stream.create_consumer(other).await.unwrap();
    let adapter = topology.adapter().await;
    adapter.subscribe(topology.event, EAR, POLICY);
    let said = mismatch(adapter.connect()).await;
    assert!(said.contains("filter_subject") && said.contains("max_deliver"), "{said}");
    let mut consumer = stream.get_consumer::<pull::Config>(CONSUMER).await.unwrap();
    assert_eq!(consumer.info().await.unwrap().config.max_deliver, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_malformed_are_all_said_without_a_password() {
    let nats = pontoon::adapter::Nats::new(crate::harness::text("nats://ann:secret@host:port,http://bob:secret@x"))
        .password(crate::harness::text("secret"))
        .credentials(crate::harness::text("-----BEGIN NATS USER JWT-----\nsecret"));
    let problems = crate::harness::problems(nats).await;
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("without `username`")));
    assert!(problems.iter().any(|problem| problem.contains(".creds")));
    let empty = crate::harness::problems(pontoon::adapter::Nats::new(crate::harness::text(" , "))).await;
    assert!(empty[0].contains("names no server"), "{empty:?}");
}

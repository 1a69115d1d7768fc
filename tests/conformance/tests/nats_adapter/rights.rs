//! Who we are, and what we may do.

use std::time::Duration;

use async_nats::jetstream::stream;
use pontoon::BridgeError;
use pontoon::adapter::SubscriptionPolicy;
use pontoon_brokers::{Broker, Kind, Rights};

use crate::harness::{Topology, echo, message, output, request, soon, take, text, until};

#[track_caller]
fn denied<T: std::fmt::Debug>(result: &Result<T, BridgeError>) {
    assert!(matches!(result, Err(BridgeError::Denied(_))), "{result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_no_reason_to_wait() {
    let broker = Broker::configured(Kind::Nats).user("ann", "secret").start().unwrap();
    let topology = Topology::at(broker.address());
    let with = |password| topology.open(topology.settings().username(text("ann")).password(text(password)), false);
    denied(&soon(with("wrong").await.connect()).await);
    denied(&soon(topology.adapter().await.connect()).await);
    soon(with("secret").await.connect()).await.unwrap();
    soon(topology.moved(broker.url()).adapter().await.connect()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_heard_or_served_is_said_at_the_start() {
    let broker = Broker::configured(Kind::Nats).user("ann", "secret").start().unwrap();
    let topology = Topology::at(broker.url());
    broker.admit("ann", "secret", &Rights::everything().read(&[topology.replies()])).unwrap();
    let adapter = topology.adapter().await;
    adapter.serve(topology.command);
    denied(&soon(adapter.connect()).await);
    let adapter = topology.adapter().await;
    adapter.subscribe(topology.event, "email.v1.greet", SubscriptionPolicy::at_most_once());
    denied(&soon(adapter.connect()).await);
    broker.admit("ann", "secret", &Rights::everything().write(&[topology.replies()])).unwrap();
    let adapter = topology.adapter().await;
    adapter.subscribe(topology.event, "email.v1.greet", SubscriptionPolicy::at_least_once());
    let refused = soon(adapter.connect()).await;
    denied(&refused);
    assert!(refused.unwrap_err().to_string().contains("$JS.API.STREAM.INFO"));
    broker.admit("ann", "secret", &Rights::everything().read(&[])).unwrap();
    denied(&soon(topology.adapter().await.connect()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_taken_away_is_an_error_and_comes_back() {
    let broker = Broker::configured(Kind::Nats).user("ann", "secret").start().unwrap();
    let topology = Topology::at(broker.url());
    let (_hearer, ear) = topology.hearing(SubscriptionPolicy::at_least_once()).await;
    let (speaker, topic) = topology.speaking().await;
    let lossy = speaker.topic(topology.other_event("hinted"));
    soon(topic.publish(message(1))).await.unwrap();
    let server = topology.adapter().await;
    echo(server.serve(topology.command));
    soon(server.connect()).await.unwrap();

    broker.admit("ann", "secret", &Rights::everything().write(&[topology.replies(), "$JS.>"])).unwrap();
    until("all are there", || speaker.health().is_ready() && server.health().is_ready()).await;
    let begun = pontoon::Instant::now();
    denied(&soon(topic.publish(message(2))).await);
    denied(&soon(speaker.request(request(topology.command, 1))).await);
    denied(&soon(lossy.publish(message(3))).await);
    assert!(begun.elapsed() < Duration::from_secs(4), "at once: {:?}", begun.elapsed());
    assert!(!speaker.health().is_ready());
    assert!(server.health().is_ready(), "that is no business of others");

    broker.admit("ann", "secret", &Rights::everything()).unwrap();
    until("all are there", || server.health().is_ready()).await;
    soon(topic.publish(message(4))).await.unwrap();
    soon(lossy.publish(message(5))).await.unwrap();
    assert_eq!(output(soon(speaker.request(request(topology.command, 2))).await), "2");
    assert!(speaker.health().is_ready());
    assert_eq!((take(&ear).await, take(&ear).await), (1, 4));
}

/// Who may only publish, and may not even ask what there is, can publish.
#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_needs_no_more_than_its_subject_and_an_inbox() {
    let broker = Broker::configured(Kind::Nats).user("ann", "secret").start().unwrap();
    let topology = Topology::at(broker.url());
    broker.admit("bob", "secret", &Rights::everything().write(&[topology.event]).read(&[topology.replies()])).unwrap();
    let bob = topology.moved(broker.url().replace("ann", "bob"));
    let (speaker, topic) = bob.speaking().await;
    assert!(speaker.health().is_ready(), "{}", speaker.health());
    let (_live, ear) = topology.hearing(SubscriptionPolicy::at_most_once()).await;
    soon(topic.publish(message(1))).await.unwrap();
    assert_eq!(take(&ear).await, 1);
    let (_hearer, durable) = topology.hearing(SubscriptionPolicy::at_least_once()).await;
    for number in 2..10 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    for number in 2..10 {
        assert_eq!(take(&durable).await, number);
    }
    assert!(speaker.health().is_ready(), "{}", speaker.health());

    // There was a stream, and nobody answers for it. Who may not ask whether it is gone waits: it may be between two
    // leaders.
    let jetstream = topology.jetstream().await;
    jetstream.delete_stream(topology.stream()).await.unwrap();
    let mut published = tokio::spawn(async move { topic.publish(message(10)).await });
    assert!(tokio::time::timeout(Duration::from_millis(300), &mut published).await.is_err());
    let subjects = vec![topology.event.to_owned()];
    let config = stream::Config { name: topology.stream(), subjects, ..stream::Config::default() };
    let mut stream = jetstream.create_stream(config).await.unwrap();
    soon(published).await.unwrap().unwrap();
    assert_eq!(stream.info().await.unwrap().state.messages, 1);
}

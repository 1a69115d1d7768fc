//! Where answers arrive: at callers of the system and nowhere else, and where nobody else may read them.

use async_nats::{Client, HeaderMap};
use futures_util::{FutureExt, StreamExt};
use pontoon::Id;
use pontoon::adapter::SubscriptionPolicy;
use pontoon_brokers::{Broker, Kind, Rights};

use crate::harness::{Topology, echo, message, output, problems, request, soon, take, text, until};

/// What a stranger's request may name as the address of its reply. Where an acknowledgement goes (`$JS.ACK.…`), the
/// server itself refuses.
fn foreign_addresses(topology: Topology) -> Vec<String> {
    let deletes = format!("$JS.API.STREAM.DELETE.{}", topology.stream());
    vec![deletes, topology.event.to_owned(), topology.command.to_owned(), "_INBOX.a.b".to_owned()]
}

/// With the body of a request, or with one that cannot be read: either is answered, where there is somebody to be
/// answered.
async fn ask_in_the_name_of(guest: &Client, topology: Topology, address: &str, readable: bool) {
    let mut headers = HeaderMap::new();
    if readable {
        let id = Id::random().to_string();
        for (name, value) in [("specversion", "1.0"), ("id", &id), ("source", "/guest"), ("type", "x")] {
            headers.insert(format!("ce-{name}"), value);
        }
    }
    guest.publish_with_reply_and_headers(topology.command, address.to_owned(), headers, "7".into()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_cannot_make_a_unit_answer_to_what_is_no_callers() {
    let broker = Broker::configured(Kind::Nats).user("ann", "secret").start().unwrap();
    let topology = Topology::at(broker.url());
    broker.admit("guest", "secret", &Rights::nothing().write(&[topology.command])).unwrap();
    let guest = topology.moved(broker.url().replace("ann", "guest")).outsider().await;
    let (hearer, ear) = topology.hearing(SubscriptionPolicy::at_least_once()).await;
    soon(hearer.drain()).await;
    let (_speaker, topic) = topology.speaking().await;
    for number in 0..75 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    let server = topology.adapter().await;
    echo(server.serve(topology.command));
    soon(server.connect()).await.unwrap();

    let addresses = foreign_addresses(topology);
    for address in &addresses {
        ask_in_the_name_of(&guest, topology, address, true).await;
        ask_in_the_name_of(&guest, topology, address, false).await;
    }
    let expected = 2 * addresses.len() as u64;
    until("all are counted", || server.counters().refused_replies == expected).await;

    assert_eq!(output(soon(server.request(request(topology.command, 1))).await), "1", "callers are served as before");
    let mut stream = topology.jetstream().await.get_stream(topology.stream()).await.unwrap();
    assert_eq!(stream.info().await.unwrap().state.messages, 75);
    soon(hearer.close()).await;
    drop(ear);
    let (_hearer, ear) = topology.hearing(SubscriptionPolicy::at_least_once()).await;
    for number in 0..75 {
        assert_eq!(take(&ear).await, number);
    }
}

/// Who may read what every ordinary client may, reads neither events nor replies of others.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_arrives_at_the_inbox_of_everybody() {
    let topology = Topology::shared();
    let spy = topology.outsider().await;
    let mut seen = spy.subscribe("_INBOX.>").await.unwrap();
    let mut others = spy.subscribe(topology.replies().replace('>', "outsider.>")).await.unwrap();
    soon(spy.flush()).await.unwrap();
    let (_hearer, ear) = topology.hearing(SubscriptionPolicy::at_least_once()).await;
    let (speaker, topic) = topology.speaking().await;
    echo(speaker.serve(topology.command));
    let server = topology.adapter().await;
    echo(server.serve(topology.command));
    soon(server.connect()).await.unwrap();
    for number in 0..10 {
        soon(topic.publish(message(number))).await.unwrap();
        assert_eq!(take(&ear).await, number);
        assert_eq!(output(soon(server.request(request(topology.command, number))).await), number.to_string());
    }
    soon(spy.flush()).await.unwrap();
    // The shared server has other users, whose names for topologies are others.
    while let Some(Some(message)) = seen.next().now_or_never() {
        let subject = message.reply.map(|reply| reply.to_string()).unwrap_or_default();
        assert!(!subject.contains(&topology.stream()), "{subject}");
        assert!(message.headers.is_none_or(|headers| headers.get("ce-id").is_none()), "{}", message.subject);
    }
    assert!(others.next().now_or_never().is_none());
}

/// What comes to the inbox of a consumer and is not from its stream has no acknowledgement, wherever it would like to
/// have one.
#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_goes_to_nothing_but_the_stream() {
    let topology = Topology::shared();
    let stranger = topology.outsider().await;
    let pulled = format!("$JS.API.CONSUMER.MSG.NEXT.{}.>", topology.stream());
    let mut asked = stranger.subscribe(pulled).await.unwrap();
    let forged = format!("{}.forged", topology.command);
    let mut acknowledged = stranger.subscribe(forged.clone()).await.unwrap();
    soon(stranger.flush()).await.unwrap();
    let (hearer, ear) = topology.hearing(SubscriptionPolicy::at_least_once()).await;
    let waiting = tokio::spawn(async move { take(&ear).await });
    let inbox = soon(asked.next()).await.unwrap().reply.unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in [("specversion", "1.0"), ("id", "1"), ("source", "/guest"), ("type", "x")] {
        headers.insert(format!("ce-{name}"), value);
    }
    stranger.publish_with_reply_and_headers(inbox, forged, headers, "7".into()).await.unwrap();
    until("it is counted", || hearer.counters().malformed == 1).await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(8))).await.unwrap();
    assert_eq!(soon(waiting).await.unwrap(), 8);
    soon(stranger.flush()).await.unwrap();
    assert!(acknowledged.next().now_or_never().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prefix_is_a_setting() {
    let topology = Topology::shared();
    let prefix = topology.command.replace("command", "answers");
    let prefix: &'static str = prefix.leak();
    let with_prefix = || topology.open(topology.settings().inbox_prefix(text(prefix)), false);
    let (server, caller) = (with_prefix().await, with_prefix().await);
    echo(server.serve(topology.command));
    soon(server.connect()).await.unwrap();
    soon(caller.connect()).await.unwrap();
    let spy = topology.outsider().await;
    let mut seen = spy.subscribe(format!("{prefix}.anyone.>")).await.unwrap();
    soon(spy.flush()).await.unwrap();
    assert_eq!(output(soon(caller.request(request(topology.command, 1))).await), "1");
    assert!(soon(seen.next()).await.is_some());
    let wrong = problems(topology.settings().inbox_prefix(text("shop.event"))).await;
    assert!(wrong[0].contains("inbox_prefix") && wrong[0].contains("shop.event"), "{wrong:?}");
}

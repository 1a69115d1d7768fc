//! Servers that die, hang and come back, networks that break.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pontoon::BridgeError;
use pontoon::adapter::SubscriptionPolicy;
use pontoon::adapter::{Consumer, Settlement, Topic};
use pontoon_brokers::{Broker, Kind, Proxy};
use tokio::task::block_in_place;
use tokio::time::timeout;

use crate::harness::{CONSUMER, Topology, echo, message, next, number, output, request, soon, take, until};

const POLICY: SubscriptionPolicy = SubscriptionPolicy::at_least_once().attempts(100);

/// Publishes numbers, several at a time, until told to stop; returns those that were confirmed.
fn publishing(topic: &Arc<dyn Topic>, over: &Arc<AtomicBool>) -> tokio::task::JoinHandle<BTreeSet<u32>> {
    let (topic, over) = (Arc::clone(topic), Arc::clone(over));
    tokio::spawn(async move {
        let (mut next, mut confirmed) = (0, BTreeSet::new());
        while !over.load(Ordering::Relaxed) {
            let batch = next..next + 20;
            next += 20;
            let sent = batch.clone().map(|number| topic.publish(message(number)));
            for (number, sent) in batch.zip(futures_util::future::join_all(sent).await) {
                sent.unwrap();
                confirmed.insert(number);
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        confirmed
    })
}

/// Handles numbers until told to stop.
fn handling(consumer: &Arc<dyn Consumer>) -> Arc<std::sync::Mutex<BTreeSet<u32>>> {
    let (consumer, handled) = (Arc::clone(consumer), Arc::new(std::sync::Mutex::new(BTreeSet::new())));
    let seen = Arc::clone(&handled);
    tokio::spawn(async move {
        while let Some(delivery) = consumer.next().await {
            seen.lock().unwrap().insert(number(&delivery));
            // What cannot be said now comes again.
            let _ = consumer.settle(&delivery, Settlement::Ack).await;
        }
    });
    handled
}

async fn survives(topology: Topology, trouble: impl AsyncFnOnce()) {
    let (hearer, ear) = topology.hearing(POLICY).await;
    let (speaker, topic) = topology.speaking().await;
    let over = Arc::new(AtomicBool::new(false));
    let (sent, handled) = (publishing(&topic, &over), handling(&ear));
    until("it flows", || handled.lock().unwrap().len() > 100).await;
    trouble().await;
    until("both are back", || hearer.health().is_ready() && speaker.health().is_ready()).await;
    let before = handled.lock().unwrap().len();
    until("it flows again", || handled.lock().unwrap().len() > before + 100).await;
    over.store(true, Ordering::Relaxed);
    let confirmed = soon(sent).await.unwrap();
    until("everything is handled", || handled.lock().unwrap().is_superset(&confirmed)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_loses_nothing() {
    let broker = Broker::start(Kind::Nats).unwrap();
    survives(Topology::at(broker.url()), async || {
        for _ in 0..3 {
            broker.kill().unwrap();
            broker.restart().unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_loses_nothing() {
    let broker = Broker::start(Kind::Nats).unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    survives(Topology::at(broker.url_at(proxy.port())), async || {
        for _ in 0..5 {
            proxy.cut();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_noticed_and_comes_back() {
    let broker = Broker::start(Kind::Nats).unwrap();
    let topology = Topology::at(broker.url());
    let (watcher, _) = topology.speaking().await;
    survives(topology, async || {
        broker.pause().unwrap();
        let begun = pontoon::Instant::now();
        until("it is noticed", || !watcher.health().is_ready()).await;
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        broker.resume().unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let broker = Broker::configured(Kind::Nats).prepare().unwrap();
    let topology = Topology::at(broker.url());
    let adapter = topology.adapter().await;
    let ear = adapter.subscribe(topology.event, "email.v1.greet", POLICY);
    let connecting = {
        let adapter = Arc::clone(&adapter);
        tokio::spawn(async move { adapter.connect().await })
    };
    until("it has tried", || adapter.health().to_string().contains("refused")).await;
    assert!(!connecting.is_finished());
    broker.restart().unwrap();
    soon(connecting).await.unwrap().unwrap();
    assert!(adapter.health().is_ready());
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(1))).await.unwrap();
    assert_eq!(take(&ear).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_server_ends_with_the_bridge() {
    let broker = Broker::configured(Kind::Nats).prepare().unwrap();
    let adapter = Topology::at(broker.url()).adapter().await;
    let connecting = {
        let adapter = Arc::clone(&adapter);
        tokio::spawn(async move { adapter.connect().await })
    };
    until("it has tried", || adapter.health().to_string().contains("refused")).await;
    soon(adapter.close()).await;
    assert!(matches!(soon(connecting).await.unwrap(), Err(BridgeError::Closed)));
}

/// Of several servers one is enough.
#[tokio::test(flavor = "multi_thread")]
async fn another_server_takes_over() {
    let (first, second) = (Broker::start(Kind::Nats).unwrap(), Broker::configured(Kind::Nats).prepare().unwrap());
    let topology = Topology::at(format!("{}, {}", second.url(), first.url()));
    let adapter = topology.adapter().await;
    echo(adapter.serve(topology.command));
    soon(adapter.connect()).await.unwrap();
    assert_eq!(output(soon(adapter.request(request(topology.command, 1))).await), "1");
    first.kill().unwrap();
    until("it is noticed", || !adapter.health().is_ready()).await;
    second.restart().unwrap();
    until("it is back", || adapter.health().is_ready()).await;
    assert_eq!(output(soon(adapter.request(request(topology.command, 2))).await), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_end_with_the_connection_and_go_on_with_the_next() {
    let broker = Broker::start(Kind::Nats).unwrap();
    let topology = Topology::at(broker.url());
    let server = topology.adapter().await;
    let endpoint = server.serve(topology.command);
    soon(server.connect()).await.unwrap();
    let caller = topology.adapter().await;
    soon(caller.connect()).await.unwrap();
    let asking = {
        let caller = Arc::clone(&caller);
        tokio::spawn(async move { caller.request(request(topology.command, 1)).await })
    };
    let asked = soon(endpoint.next()).await.unwrap();
    broker.kill().unwrap();
    assert!(matches!(soon(asking).await.unwrap(), Err(BridgeError::Unavailable(_))));
    broker.restart().unwrap();
    until("both are back", || caller.health().is_ready() && server.health().is_ready()).await;
    // Nobody waits for it any more, and nobody minds.
    let _ = endpoint.answer(&asked.reply_to.unwrap(), pontoon::adapter::Reply::Output("1".into())).await;
    echo(endpoint);
    assert_eq!(output(soon(caller.request(request(topology.command, 2))).await), "2");
}

/// A header that no client should write is a malformed message, and ends nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_header_with_a_stray_line_break_ends_nothing() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let broker = Broker::start(Kind::Nats).unwrap();
    let topology = Topology::at(broker.url());
    let (hearer, ear) = topology.hearing(SubscriptionPolicy::at_most_once()).await;
    let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", broker.port())).await.unwrap();
    let headers = "NATS/1.0\r\na: b\rc\r\n\r\n";
    let (event, length) = (topology.event, headers.len());
    let words = format!("CONNECT {{\"headers\":true}}\r\nHPUB {event} {length} {length}\r\n{headers}\r\nPING\r\n");
    socket.write_all(words.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"PONG\r\n") {
        assert!(soon(socket.read_buf(&mut answer)).await.unwrap() > 0);
    }
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(1))).await.unwrap();
    assert_eq!(take(&ear).await, 1);
    assert_eq!((hearer.health().is_ready(), hearer.counters().malformed), (true, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_server_is_waited_for_and_loses_nothing() {
    let broker = Broker::configured(Kind::Nats).storage(8 << 20).start().unwrap();
    let topology = Topology::at(broker.url());
    let (_hearer, ear) = topology.hearing(POLICY).await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(1))).await.unwrap();
    broker.fill().unwrap();
    let large = pontoon::adapter::Message::new(pontoon::adapter::Metadata::new(), "x".repeat(600 * 1024));
    let waiting = {
        let topic = Arc::clone(&topic);
        tokio::spawn(async move { topic.publish(large).await })
    };
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!waiting.is_finished(), "it is waited for");
    broker.relieve().unwrap();
    soon(waiting).await.unwrap().unwrap();
    assert_eq!(take(&ear).await, 1);
    let delivery = next(&ear).await;
    assert_eq!(delivery.message.json().unwrap().len(), 600 * 1024 + 2);
    soon(ear.settle(&delivery, Settlement::Ack)).await.unwrap();

    broker.fill().unwrap();
    let refused =
        soon(topic.publish(pontoon::adapter::Message::new(pontoon::adapter::Metadata::new(), "x".repeat(600 * 1024))))
            .await;
    match refused {
        Err(BridgeError::Unavailable(why)) => assert!(why.to_string().contains("resources"), "{why}"),
        other => panic!("{other:?}"),
    }
}

/// What is called so below a folder.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut folders = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
    folders.find_map(
        |path| if path.file_name().is_some_and(|found| found == name) { Some(path) } else { find(&path, name) },
    )
}

/// A server that was killed while it wrote down how far a consumer is may not have it when it comes back. Whoever takes
/// from it makes it again, and has all that is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_a_server_has_lost_begins_with_what_is_kept() {
    const COUNT: u32 = 400;
    let broker = Broker::start(Kind::Nats).unwrap();
    let topology = Topology::at(broker.url());
    let (hearer, ear) = topology.hearing(POLICY).await;
    let (_speaker, topic) = topology.speaking().await;
    for number in 0..COUNT {
        soon(topic.publish(message(number))).await.unwrap();
    }
    // The rest is more than the process has taken.
    let mut handled = BTreeSet::new();
    while handled.len() < 30 {
        handled.insert(take(&ear).await);
    }
    block_in_place(|| {
        broker.kill().unwrap();
        let consumer = find(broker.log_file().parent().unwrap(), CONSUMER).unwrap();
        std::fs::remove_dir_all(consumer).unwrap();
        broker.restart().unwrap();
    });
    while handled.len() < COUNT as usize {
        handled.insert(take(&ear).await);
    }
    hearer.close().await;
}

/// A server before 2.10.16 takes the acknowledgement of a message that it has delivered before it was started again for
/// one of others, too, and drops what nobody has had. It hears nothing of such a message until that comes again, and is
/// not handled again. A newer one hears of it, and goes on.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_server_hears_nothing_of_what_it_has_delivered_in_an_earlier_life() {
    let broker = Broker::start(Kind::Nats).unwrap();
    let topology = Topology::at(broker.url());
    let (hearer, ear) = topology.hearing(POLICY).await;
    let (_speaker, topic) = topology.speaking().await;
    for number in 0..3 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    let mut held = Vec::new();
    while held.len() < 3 {
        held.push(next(&ear).await);
    }
    block_in_place(|| broker.kill().and_then(|()| broker.restart()).unwrap());
    until("it is back", || hearer.health().is_ready()).await;
    for delivery in &held {
        soon(ear.settle(delivery, Settlement::Ack)).await.unwrap();
    }
    soon(topic.publish(message(3))).await.unwrap();
    assert_eq!(take(&ear).await, 3, "what was handled is not handled again");
    let mut stream = topology.jetstream().await.get_stream(topology.stream()).await.unwrap();
    let removed = async {
        while stream.info().await.unwrap().state.messages > 0 {
            assert!(timeout(Duration::from_millis(200), ear.next()).await.is_err(), "nor later");
        }
    };
    soon(removed).await;
    hearer.close().await;
}

//! Brokers that die, hang, close channels and block, and networks that break.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use pontoon::adapter::SubscriptionPolicy;
use pontoon::adapter::{Consumer, EventAdapter, Settlement, Topic};
use pontoon::{BridgeError, Health, Instant};
use pontoon_brokers::{Broker, Kind, Proxy};
use tokio::sync::mpsc;
use tokio::task::block_in_place;

use crate::harness::{
    PATIENCE, at, echo, message, name, next, number, output, request, settled, shared, soon, take, until,
};

const SUBSCRIPTION: &str = "email.v1.greet";

async fn connected(url: &str, subject: &'static str) -> (Arc<dyn EventAdapter>, Arc<dyn Topic>, Arc<dyn Consumer>) {
    let adapter = at(url).await;
    let topic = adapter.topic(subject);
    let consumer = adapter.subscribe(subject, SUBSCRIPTION, SubscriptionPolicy::at_least_once());
    soon(adapter.connect()).await.unwrap();
    (adapter, topic, consumer)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_the_broker_is_killed_in_mid_flow() {
    let broker = Broker::start(Kind::Amqp).unwrap();
    let (adapter, topic, consumer) = connected(&broker.url(), name("event.killed")).await;
    settled().await;
    let (stop, published) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let publishers: Vec<_> = (0..8)
        .map(|_| {
            let (topic, stop, published) = (Arc::clone(&topic), Arc::clone(&stop), Arc::clone(&published));
            tokio::spawn(async move {
                let mut confirmed = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    let number = published.fetch_add(1, Ordering::SeqCst);
                    if topic.publish(message(number)).await.is_ok() {
                        confirmed.push(number);
                    }
                }
                confirmed
            })
        })
        .collect();
    let seen = Arc::new(std::sync::Mutex::new(BTreeSet::new()));
    let consumer = tokio::spawn({
        let seen = Arc::clone(&seen);
        async move {
            while let Some(delivery) = consumer.next().await {
                seen.lock().unwrap().insert(number(&delivery));
                let _ = consumer.settle(&delivery, Settlement::Ack).await;
            }
        }
    });
    for _ in 0..2 {
        let before = published.load(Ordering::SeqCst);
        until("it flows", || published.load(Ordering::SeqCst) > before + 200).await;
        block_in_place(|| {
            broker.kill().unwrap();
            broker.restart().unwrap();
        });
        until("ready again", || adapter.health().is_ready()).await;
    }
    stop.store(true, Ordering::SeqCst);
    let confirmed: BTreeSet<u32> = soon(join_all(publishers)).await.into_iter().flat_map(Result::unwrap).collect();
    until("all that was confirmed has come", || seen.lock().unwrap().is_superset(&confirmed)).await;
    assert!(confirmed.len() > 400, "{}", confirmed.len());
    adapter.close().await;
    soon(consumer).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_hangs_is_noticed_and_comes_back() {
    let broker = Broker::start(Kind::Amqp).unwrap();
    let subject = name("command.hangs");
    let adapter = at(&format!("{}?heartbeat=3", broker.url())).await;
    echo(adapter.serve(subject));
    let (topic, consumer) = {
        let subject = name("event.hangs");
        (adapter.topic(subject), adapter.subscribe(subject, SUBSCRIPTION, SubscriptionPolicy::at_least_once()))
    };
    soon(adapter.connect()).await.unwrap();
    broker.pause().unwrap();
    let (asked, published) = tokio::join!(
        // As a caller waits, by its deadline: what has expired at the broker by then is not answered.
        tokio::time::timeout(Duration::from_secs(20), adapter.request(request(subject, 1))),
        async {
            let publishing = tokio::spawn({
                let topic = Arc::clone(&topic);
                async move { topic.publish(message(7)).await }
            });
            until("it is noticed", || !adapter.health().is_ready()).await;
            broker.resume().unwrap();
            soon(publishing).await.unwrap()
        },
    );
    // What was published is published again.
    assert!(matches!(asked, Ok(Ok(_) | Err(BridgeError::Unavailable(_))) | Err(_)), "{asked:?}");
    published.unwrap();
    until("ready again", || adapter.health().is_ready()).await;
    assert_eq!(take(&consumer).await, 7);
    let answered = async {
        while adapter.request(request(subject, 2)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon(answered).await;
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_is_made_again() {
    let broker = Broker::start(Kind::Amqp).unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    let (adapter, topic, consumer) = connected(&broker.url_at(proxy.port()), name("event.cut")).await;
    for round in 0..5 {
        soon(topic.publish(message(round))).await.unwrap();
        proxy.cut();
        soon(topic.publish(message(100 + round))).await.unwrap();
        let mut seen = BTreeSet::new();
        while !(seen.contains(&round) && seen.contains(&(100 + round))) {
            let delivery = next(&consumer).await;
            // What came over a connection that broke comes again.
            if consumer.settle(&delivery, Settlement::Ack).await.is_ok() {
                seen.insert(number(&delivery));
            }
        }
    }
    proxy.refuse();
    until("noticed", || !adapter.health().is_ready()).await;
    let waits = tokio::spawn(async move { topic.publish(message(999)).await });
    proxy.accept().unwrap();
    soon(waits).await.unwrap().unwrap();
    until("ready again", || adapter.health().is_ready()).await;
    loop {
        let delivery = next(&consumer).await;
        let _ = consumer.settle(&delivery, Settlement::Ack).await;
        if number(&delivery) == 999 {
            break;
        }
    }
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_not_there_yet_is_waited_for() {
    let broker = Broker::configured(Kind::Amqp).prepare().unwrap();
    let subject = name("event.later");
    let adapter = at(&broker.url()).await;
    let (topic, consumer) =
        (adapter.topic(subject), adapter.subscribe(subject, SUBSCRIPTION, SubscriptionPolicy::at_least_once()));
    let connecting = tokio::spawn({
        let adapter = Arc::clone(&adapter);
        async move { adapter.connect().await }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!connecting.is_finished());
    assert!(matches!(adapter.health(), Health::Degraded(why) if why.contains("refused")), "{}", adapter.health());
    block_in_place(|| broker.restart().unwrap());
    soon(connecting).await.unwrap().unwrap();
    assert!(adapter.health().is_ready());
    soon(topic.publish(message(1))).await.unwrap();
    assert_eq!(take(&consumer).await, 1);
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_broker_can_be_closed() {
    let broker = Broker::configured(Kind::Amqp).prepare().unwrap();
    let adapter = at(&broker.url()).await;
    let connecting = tokio::spawn({
        let adapter = Arc::clone(&adapter);
        async move { adapter.connect().await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    adapter.close().await;
    assert!(matches!(soon(connecting).await.unwrap(), Err(BridgeError::Closed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_blocks_publishers_and_nothing_else_and_loses_nothing() {
    let broker = Broker::start(Kind::Amqp).unwrap();
    let (adapter, topic, consumer) = connected(&broker.url(), name("event.blocked")).await;
    for number in 0..3 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    block_in_place(|| broker.fill().unwrap());
    let begun = Instant::now();
    let publishing = join_all((10..20).map(|number| topic.publish(message(number))));
    let (published, ()) = tokio::join!(publishing, async {
        let blocked =
            || matches!(adapter.health(), Health::Degraded(why) if why.starts_with("blocked by the broker: "));
        until("it says so", blocked).await;
        // What is taken is acknowledged all the same, and the broker is rid of it.
        for number in 0..3 {
            assert_eq!(take(&consumer).await, number);
        }
    });
    for published in published {
        assert!(matches!(published, Err(BridgeError::Unavailable(_))), "{published:?}");
    }
    assert!(begun.elapsed() > Duration::from_secs(20) && begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
    let waits = tokio::spawn({
        let topic = Arc::clone(&topic);
        async move { topic.publish(message(99)).await }
    });
    block_in_place(|| broker.relieve().unwrap());
    soon(waits).await.unwrap().unwrap();
    until("ready again", || adapter.health().is_ready()).await;
    let last = async { while take(&consumer).await != 99 {} };
    soon(last).await;
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_while_publishing_is_an_error_and_no_hang() {
    let broker = Broker::start(Kind::Amqp).unwrap();
    let (adapter, topic, _) = connected(&broker.url(), name("event.closed")).await;
    let publishing: Vec<_> = (0..50)
        .map(|number| {
            let topic = Arc::clone(&topic);
            tokio::spawn(async move {
                while topic.publish(message(number)).await.is_ok() {}
                topic.publish(message(number)).await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    soon(adapter.close()).await;
    soon(adapter.close()).await;
    for ended in soon(join_all(publishing)).await {
        assert!(matches!(ended.unwrap(), Err(BridgeError::Closed)));
    }

    // A broker that hangs holds nobody up.
    let (adapter, topic, _) = connected(&broker.url(), name("event.closed")).await;
    broker.pause().unwrap();
    let publishing = tokio::spawn(async move { topic.publish(message(1)).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    soon(adapter.close()).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(matches!(soon(publishing).await.unwrap(), Err(BridgeError::Closed)));
    broker.resume().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_drained_goes_to_others() {
    let subject = name("event.drained");
    let (one, topic, first) = connected(shared(), subject).await;
    for number in 0..50 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    let held = next(&first).await;
    soon(one.drain()).await;
    assert!(soon(first.next()).await.is_none());
    let (other, _, second) = connected(shared(), subject).await;
    let mut seen = BTreeSet::new();
    while seen.len() < 49 {
        seen.insert(take(&second).await);
    }
    assert!(!seen.contains(&number(&held)));
    // What is under way is finished.
    first.settle(&held, Settlement::Ack).await.unwrap();
    one.close().await;
    assert!(crate::harness::is_quiet(&second).await);
    other.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_survive_what_happens_to_their_channel() {
    let broker = Broker::start(Kind::Amqp).unwrap();
    let subject = name("command.restarted");
    let (server, client) = (at(&broker.url()).await, at(&broker.url()).await);
    echo(server.serve(subject));
    for adapter in [&server, &client] {
        soon(adapter.connect()).await.unwrap();
    }
    assert_eq!(output(soon(client.request(request(subject, 1))).await), "1");
    block_in_place(|| {
        broker.kill().unwrap();
        broker.restart().unwrap();
    });
    for adapter in [&server, &client] {
        until("ready again", || adapter.health().is_ready()).await;
    }
    assert_eq!(output(soon(client.request(request(subject, 2))).await), "2");
    for adapter in [server, client] {
        adapter.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_for_too_long_comes_again_and_the_brokers_reason_is_said() {
    let broker = Broker::configured(Kind::Amqp).acknowledged_within(Duration::from_secs(2)).start().unwrap();
    let (adapter, topic, consumer) = connected(&broker.url(), name("event.held")).await;
    soon(topic.publish(message(1))).await.unwrap();
    let held = next(&consumer).await;
    // Whoever takes messages hears of the end of their channel. The reason can be seen for a moment: who misses it
    // holds the message for too long again.
    let (sender, mut deliveries) = mpsc::unbounded_channel();
    tokio::spawn({
        let consumer = Arc::clone(&consumer);
        async move { while consumer.next().await.is_some_and(|delivery| sender.send(delivery).is_ok()) {} }
    });
    let says = || matches!(adapter.health(), Health::Degraded(why) if why.contains("delivery acknowledgement"));
    until("the broker's reason", says).await;
    assert!(matches!(consumer.settle(&held, Settlement::Ack).await, Err(BridgeError::LeaseLost)));
    let again = loop {
        let again = soon(deliveries.recv()).await.unwrap();
        match consumer.settle(&again, Settlement::Ack).await {
            Err(BridgeError::LeaseLost) => {}
            settled => break settled.map(|()| again).unwrap(),
        }
    };
    assert_eq!(number(&again), 1);
    assert!(again.attempt >= 2, "{}", again.attempt);
    until("ready again", || adapter.health().is_ready()).await;
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_waits_for_its_next_attempt_while_the_connection_breaks_comes_once() {
    let broker = Broker::start(Kind::Amqp).unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    let subject = name("event.waits");
    let adapter = at(&broker.url_at(proxy.port())).await;
    let topic = adapter.topic(subject);
    let consumer = adapter.subscribe(subject, SUBSCRIPTION, SubscriptionPolicy::at_least_once().attempts(9));
    soon(adapter.connect()).await.unwrap();
    soon(topic.publish(message(1))).await.unwrap();
    for attempt in 1..=3 {
        let delivery = next(&consumer).await;
        assert_eq!((number(&delivery), delivery.attempt), (1, attempt));
        let pause = Duration::from_millis(if attempt < 3 { 1 } else { 8000 });
        consumer.settle(&delivery, Settlement::Retry(pause)).await.unwrap();
    }
    // Whoever waits for messages takes what comes again.
    let waits = tokio::spawn({
        let consumer = Arc::clone(&consumer);
        async move { next(&consumer).await }
    });
    proxy.cut();
    let delivery = soon(waits).await.unwrap();
    assert_eq!((number(&delivery), delivery.attempt), (1, 4), "its attempts go on");
    // No other copy is handed out while this one is in a handler, and none is left behind.
    let other = tokio::time::timeout(Duration::from_secs(10), consumer.next()).await;
    assert!(other.is_err(), "{other:?}");
    consumer.settle(&delivery, Settlement::Ack).await.unwrap();
    soon(topic.publish(message(2))).await.unwrap();
    assert_eq!(take(&consumer).await, 2);
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_dies_with_a_message_in_order_takes_no_attempt_of_those_behind_it() {
    let subject = name("event.ordered");
    let policy = SubscriptionPolicy::at_least_once().attempts(3).ordered().concurrency(2);
    let (publisher, count) = (at(shared()).await, 12);
    let topic = publisher.topic(subject);
    publisher.retain_for(subject, SUBSCRIPTION, policy);
    soon(publisher.connect()).await.unwrap();
    for number in 0..count {
        soon(topic.publish(message(number))).await.unwrap();
    }
    let unit = async || {
        let adapter = at(shared()).await;
        let consumer = adapter.subscribe(subject, SUBSCRIPTION, policy);
        soon(adapter.connect()).await.unwrap();
        (adapter, consumer)
    };
    for _ in 0..20 {
        let (adapter, consumer) = unit().await;
        assert_eq!(number(&next(&consumer).await), 0);
        // To the broker, a process that dies is a connection that ends.
        adapter.close().await;
    }
    let (adapter, consumer) = unit().await;
    for expected in 0..count {
        let delivery = next(&consumer).await;
        assert_eq!(number(&delivery), expected);
        // Two are handed out at a time.
        let untried = delivery.attempt == 1;
        assert!(untried || expected < 2, "{expected} is in attempt {}", delivery.attempt);
        consumer.settle(&delivery, Settlement::Ack).await.unwrap();
    }
    adapter.close().await;
    publisher.close().await;
}

//! Brokers that are killed, that hang, that are not there, and networks that break.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pontoon::adapter::{Consumer, Settlement};
use pontoon::{BridgeError, Instant};
use pontoon_brokers::{Broker, Kind, Proxy};
use tokio::sync::watch;

use crate::harness::{EAR, POLICY, Topology, echo, message, next, number, output, request, soon, take, until};

/// Takes all that comes; the numbers so far.
fn gather(consumer: Arc<dyn Consumer>) -> watch::Receiver<BTreeSet<u32>> {
    let (tell, numbers) = watch::channel(BTreeSet::new());
    tokio::spawn(async move {
        while let Some(delivery) = consumer.next().await {
            let taken = number(&delivery);
            tell.send_modify(|numbers| {
                numbers.insert(taken);
            });
            consumer.settle(&delivery, Settlement::Ack).await.unwrap();
        }
    });
    numbers
}

/// Mosquitto acknowledges before it saves, and is not asked to save before it is killed.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_that_was_published_when_a_broker_is_killed() {
    const KILLS: u32 = 8;
    let broker = Broker::start(Kind::Mqtt).unwrap();
    let topology = Topology::at(broker.url());
    let hearer = topology.adapter().await;
    let consumers = [EAR, "billing.v1.charge"].map(|ear| hearer.subscribe(topology.event, ear, POLICY));
    soon(hearer.connect()).await.unwrap();
    let heard = consumers.map(gather);
    let speaker = topology.adapter().await;
    let topic = speaker.topic(topology.event);
    speaker.retain_for(topology.event, EAR, POLICY);
    speaker.retain_for(topology.event, "billing.v1.charge", POLICY);
    soon(speaker.connect()).await.unwrap();

    let (next_number, published) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (stop, stopped) = watch::channel(false);
    let lanes: Vec<_> = (0..16)
        .map(|_| {
            let (topic, stopped) = (topic.clone(), stopped.clone());
            let (next_number, published) = (Arc::clone(&next_number), Arc::clone(&published));
            tokio::spawn(async move {
                let mut mine = Vec::new();
                while !*stopped.borrow() {
                    let number = next_number.fetch_add(1, Ordering::Relaxed);
                    topic.publish(message(number)).await.unwrap();
                    published.fetch_add(1, Ordering::Relaxed);
                    mine.push(number);
                }
                mine
            })
        })
        .collect();
    for kill in 0..KILLS {
        let before = published.load(Ordering::Relaxed);
        until("it flows", || published.load(Ordering::Relaxed) > before + 100 + 37 * kill).await;
        broker.kill().unwrap();
        broker.restart().unwrap();
    }
    let before = published.load(Ordering::Relaxed);
    until("it flows again", || published.load(Ordering::Relaxed) > before + 100).await;
    stop.send_replace(true);
    let mut safe = BTreeSet::new();
    for lane in lanes {
        safe.extend(soon(lane).await.unwrap());
    }
    for mut heard in heard {
        let all = soon(heard.wait_for(|heard| safe.is_subset(heard))).await;
        assert!(all.is_ok(), "{} published", safe.len());
    }
    until("all is well", || speaker.health().is_ready() && hearer.health().is_ready()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_has_is_not_handled_twice_when_its_connection_breaks() {
    let broker = Broker::start(Kind::Mqtt).unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    let topology = Topology::at(broker.url());
    let (hearer, ear) = topology.moved(broker.url_at(proxy.port())).hearing(POLICY).await;
    let (_speaker, topic) = topology.speaking().await;
    for number in 0..10 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    let mut held = vec![next(&ear).await, next(&ear).await, next(&ear).await];
    proxy.refuse();
    until("it is noticed", || !hearer.health().is_ready()).await;
    // One is done while nobody can hear of it, one is to come again, one is still being handled.
    soon(ear.settle(&held.remove(0), Settlement::Ack)).await.unwrap();
    soon(ear.settle(&held.remove(0), Settlement::Retry(Duration::from_secs(2)))).await.unwrap();
    proxy.accept().unwrap();
    until("it is connected again", || hearer.health().is_ready()).await;
    for number in 3..10 {
        assert_eq!(take(&ear).await, number, "none of those comes twice");
    }
    soon(ear.settle(&held.remove(0), Settlement::Ack)).await.unwrap();
    let again = next(&ear).await;
    assert_eq!((number(&again), again.attempt), (1, 2));
    soon(ear.settle(&again, Settlement::Ack)).await.unwrap();
    soon(topic.publish(message(10))).await.unwrap();
    assert_eq!(take(&ear).await, 10, "all others are acknowledged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_hangs_is_noticed_also_by_who_publishes_without_end() {
    let broker = Broker::start(Kind::Mqtt).unwrap();
    let topology = Topology::at(broker.url());
    let (speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(0))).await.unwrap();
    broker.pause().unwrap();
    let paused = Instant::now();
    let publishing = tokio::spawn({
        let topic = topic.clone();
        async move {
            let mut all = Vec::new();
            for number in 1..40 {
                let topic = topic.clone();
                all.push(tokio::spawn(async move { topic.publish(message(number)).await }));
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
            all
        }
    });
    until("it is noticed", || !speaker.health().is_ready()).await;
    assert!(paused.elapsed() < Duration::from_secs(12), "after {:?}", paused.elapsed());
    broker.resume().unwrap();
    for one in soon(publishing).await.unwrap() {
        soon(one).await.unwrap().unwrap();
    }
    until("all is well", || speaker.health().is_ready()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_when_the_connection_breaks_hears_so_and_nothing_is_asked_twice() {
    let broker = Broker::start(Kind::Mqtt).unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    let topology = Topology::at(broker.url());
    let server = topology.adapter().await;
    let endpoint = server.serve(topology.command);
    soon(server.connect()).await.unwrap();
    let caller = topology.moved(broker.url_at(proxy.port())).adapter().await;
    soon(caller.connect()).await.unwrap();
    let asking = tokio::spawn({
        let caller = Arc::clone(&caller);
        async move { caller.request(request(topology.command, 1)).await }
    });
    let asked = soon(endpoint.next()).await.unwrap();
    proxy.cut();
    let lost = soon(asking).await.unwrap();
    assert!(matches!(lost, Err(BridgeError::Unavailable(_))), "{lost:?}");
    // The answer has nowhere to go, which is no error of who gives it.
    soon(endpoint.answer(&asked.reply_to.unwrap(), pontoon::adapter::Reply::Output("1".into()))).await.unwrap();
    until("it is connected again", || caller.health().is_ready()).await;
    echo(endpoint);
    assert_eq!(output(soon(caller.request(request(topology.command, 2))).await), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_while_nobody_answers_is_an_error_in_the_end() {
    let broker = Broker::start(Kind::Mqtt).unwrap();
    let topology = Topology::at(broker.url());
    let (speaker, topic) = topology.speaking().await;
    broker.kill().unwrap();
    let refused = soon(topic.publish(message(1))).await;
    assert!(matches!(refused, Err(BridgeError::Unavailable(_))), "{refused:?}");
    soon(speaker.close()).await;
    let refused = soon(topic.publish(message(1))).await;
    assert!(matches!(refused, Err(BridgeError::Closed)), "{refused:?}");
}

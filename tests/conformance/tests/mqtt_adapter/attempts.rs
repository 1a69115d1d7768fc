//! Messages that end their processes: counted at the broker, and given up in the end.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pontoon::adapter::SubscriptionPolicy;
use pontoon::adapter::{Consumer, EventAdapter, Settlement};
use pontoon_brokers::{Broker, Kind, Proxy, Rights};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::harness::{POLICY, Topology, is_quiet, message, next, number, soon, take, text, until};

/// At least once, in three attempts.
const THREE: SubscriptionPolicy = POLICY.attempts(3);

/// A process that gets the next message and dies of it: its number, and which attempt it was.
async fn dies_of_the_next(hearing: (Arc<dyn EventAdapter>, Arc<dyn Consumer>)) -> (u32, u32) {
    let (_hearer, ear) = hearing;
    let delivery = next(&ear).await;
    (number(&delivery), delivery.attempt)
}

/// The counts at the broker, as somebody sees them who subscribes now.
async fn counts(topology: Topology) -> Vec<String> {
    let mut outsider = topology.outsider().await;
    outsider.subscribe(topology.topic("attempts/#")).await;
    // What is retained comes before it.
    outsider.publish(&topology.topic("attempts/end"), &[], "end").await;
    let mut counts = Vec::new();
    loop {
        let publish = outsider.next().await;
        if publish.payload == "end" {
            return counts;
        }
        counts.push(String::from_utf8(publish.payload.to_vec()).unwrap());
    }
}

/// Waits until the broker has no counts.
async fn without_counts(topology: Topology) {
    let removed = async {
        while !counts(topology).await.is_empty() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    soon(removed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_ends_its_process_is_given_up_and_its_neighbours_are_not() {
    const NEIGHBOURS: u32 = 5;
    let broker = Broker::start(Kind::Mqtt).unwrap();
    let topology = Topology::at(broker.url());
    let hearing = || topology.hearing_as(topology.name, THREE);
    let first = hearing().await;
    let (_speaker, topic) = topology.speaking().await;
    for number in 0..=NEIGHBOURS {
        soon(topic.publish(message(number))).await.unwrap();
    }
    assert_eq!(dies_of_the_next(first).await, (0, 1));
    assert!(counts(topology).await.is_empty(), "a message in its first process costs nothing");
    let mut attempts = Vec::new();
    for run in 0..4 {
        if run == 2 {
            broker.kill().unwrap();
            broker.restart().unwrap();
        }
        let (number, attempt) = dies_of_the_next(hearing().await).await;
        assert_eq!(number, 0);
        attempts.push(attempt);
    }
    assert_eq!(attempts, [2, 3, 3, 4], "the last one is more than it has");
    assert_eq!(counts(topology).await, ["4"]);
    let (_hearer, ear) = hearing().await;
    let poison = next(&ear).await;
    soon(ear.settle(&poison, Settlement::Ack)).await.unwrap();
    for expected in 1..=NEIGHBOURS {
        let neighbour = next(&ear).await;
        assert_eq!(
            (number(&neighbour), neighbour.attempt),
            (expected, 2),
            "nobody has handed it out since it was counted"
        );
        soon(ear.settle(&neighbour, Settlement::Ack)).await.unwrap();
    }
    assert!(is_quiet(&ear).await);
    without_counts(topology).await;
}

/// All of them are with handlers at the same time, and one of them ends the process: whatever was done before that is
/// done, and the others come again.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_ends_its_process_takes_none_with_it_that_is_handled_beside_it() {
    const ATTEMPTS: u32 = 5;
    let topology = Topology::shared();
    let hearing = || topology.hearing_as(topology.name, POLICY.attempts(ATTEMPTS));
    let first = hearing().await;
    let (_speaker, topic) = topology.speaking().await;
    for number in 0..4 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    drop(first);
    let done = Arc::<Mutex<BTreeSet<u32>>>::default();
    for life in 0.. {
        assert!(life <= ATTEMPTS, "it is not given up");
        let (_hearer, ear) = hearing().await;
        let (ended, (fatal, mut ends)) = (Arc::new(AtomicBool::new(false)), mpsc::channel(1));
        let mut handling = JoinSet::new();
        for _ in 0..4 {
            let (ear, ended) = (Arc::clone(&ear), Arc::clone(&ended));
            let (fatal, done) = (fatal.clone(), Arc::clone(&done));
            handling.spawn(async move {
                while let Some(delivery) = ear.next().await {
                    if number(&delivery) == 0 {
                        return fatal.send(delivery).await.unwrap();
                    }
                    sleep(Duration::from_millis(20)).await;
                    // Not any more, once its process has ended; nor where it would be given up.
                    if !ended.load(Ordering::Relaxed) && delivery.attempt <= ATTEMPTS {
                        done.lock().unwrap().insert(number(&delivery));
                        soon(ear.settle(&delivery, Settlement::Ack)).await.unwrap();
                    }
                }
            });
        }
        let delivery = soon(ends.recv()).await.unwrap();
        if delivery.attempt > ATTEMPTS {
            soon(ear.settle(&delivery, Settlement::Ack)).await.unwrap();
            until("all others are done", || done.lock().unwrap().len() == 3).await;
            break;
        }
        ended.store(true, Ordering::Relaxed);
        handling.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_one_attempt_is_tried_once_more_and_not_for_ever() {
    let topology = Topology::shared();
    let hearing = || topology.hearing_as(topology.name, POLICY.attempts(1));
    let first = hearing().await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(7))).await.unwrap();
    assert_eq!(dies_of_the_next(first).await, (7, 1));
    assert_eq!(dies_of_the_next(hearing().await).await, (7, 1), "nobody knows whether it was tried");
    assert_eq!(dies_of_the_next(hearing().await).await, (7, 2), "now it is known");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_by_a_process_that_stops_was_not_tried() {
    let topology = Topology::shared();
    let hearing = || topology.hearing_as(topology.name, THREE);
    let first = hearing().await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(7))).await.unwrap();
    assert_eq!(dies_of_the_next(first).await, (7, 1));
    for _ in 0..6 {
        let (hearer, ear) = hearing().await;
        let delivery = next(&ear).await;
        assert_eq!((number(&delivery), delivery.attempt), (7, 2));
        soon(hearer.drain()).await;
        soon(ear.settle(&delivery, Settlement::Release)).await.unwrap();
        soon(hearer.close()).await;
    }
}

/// Without a pause between attempts: whoever takes it again does so at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_tried_and_is_taken_again_at_once_stays_counted() {
    let topology = Topology::shared();
    let hearing = || topology.hearing_as(topology.name, THREE);
    let first = hearing().await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(7))).await.unwrap();
    assert_eq!(dies_of_the_next(first).await, (7, 1));
    let (hearer, ear) = hearing().await;
    let fails = next(&ear).await;
    assert_eq!((number(&fails), fails.attempt), (7, 2));
    soon(ear.settle(&fails, Settlement::Release)).await.unwrap();
    assert_eq!(dies_of_the_next((hearer, ear)).await, (7, 3));
    assert_eq!(counts(topology).await, ["2"]);
    assert_eq!(dies_of_the_next(hearing().await).await, (7, 3));
    assert_eq!(dies_of_the_next(hearing().await).await, (7, 4), "both of its attempts there were counted");
}

/// With a pause between attempts, in the process that has it first.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_again_after_a_pause_is_counted() {
    let topology = Topology::shared();
    let hearing = || topology.hearing_as(topology.name, THREE);
    let (hearer, ear) = hearing().await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(7))).await.unwrap();
    for attempt in [1, 2] {
        let fails = next(&ear).await;
        assert_eq!((number(&fails), fails.attempt), (7, attempt));
        soon(ear.settle(&fails, Settlement::Retry(Duration::from_millis(50)))).await.unwrap();
    }
    assert_eq!(dies_of_the_next((hearer, ear)).await, (7, 3));
    assert_eq!(counts(topology).await, ["2"]);
    assert_eq!(dies_of_the_next(hearing().await).await, (7, 3), "and once more");
    assert_eq!(dies_of_the_next(hearing().await).await, (7, 4));
    let (_hearer, ear) = hearing().await;
    let given_up = next(&ear).await;
    soon(ear.settle(&given_up, Settlement::Ack)).await.unwrap();
    without_counts(topology).await;
}

/// What waits for a key of another handler was not tried.
#[tokio::test(flavor = "multi_thread")]
async fn what_only_waits_is_not_counted() {
    let topology = Topology::shared();
    let (_hearer, ear) = topology.hearing(THREE).await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(7))).await.unwrap();
    for _ in 0..4 {
        let waits = next(&ear).await;
        assert_eq!((number(&waits), waits.attempt), (7, 1));
        soon(ear.settle(&waits, Settlement::Postpone(Duration::from_millis(10)))).await.unwrap();
    }
    assert_eq!(take(&ear).await, 7);
    assert!(counts(topology).await.is_empty());
}

/// The broker says nothing of counts to who may not read them, and meanwhile something is due all the time.
#[tokio::test(flavor = "multi_thread")]
async fn reading_the_counts_ends_while_others_are_tried_again() {
    let broker = Broker::configured(Kind::Mqtt).user("ann", "secret").start().unwrap();
    let topology = Topology::at(broker.url());
    let first = topology.hearing_as(topology.name, THREE).await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(7))).await.unwrap();
    assert_eq!(dies_of_the_next(first).await, (7, 1));
    let (event, presence) = (topology.event.replace('.', "/"), topology.topic("subscribed/#"));
    broker.admit("bob", "hidden", &Rights::everything().read(&[&event, &presence])).unwrap();
    let as_bob = topology.moved(broker.address());
    let bob = as_bob.settings_as(topology.name).username(text("bob")).password(text("hidden"));
    let hearer = as_bob.open(bob).await;
    let ear = hearer.subscribe(topology.event, crate::harness::EAR, THREE);
    soon(hearer.connect()).await.unwrap();
    soon(topic.publish(message(8))).await.unwrap();
    loop {
        let delivery = next(&ear).await;
        if number(&delivery) == 7 {
            assert_eq!(delivery.attempt, 2);
            return;
        }
        soon(ear.settle(&delivery, Settlement::Retry(Duration::from_millis(100)))).await.unwrap();
        assert!(delivery.attempt < 600, "the other one does not come");
    }
}

/// Two lanes take at the same time, and one of them is left: what it was about to get is not lost, nor counted twice.
#[tokio::test(flavor = "multi_thread")]
async fn who_stops_waiting_while_it_is_counted_takes_nothing_away() {
    let broker = Broker::start(Kind::Mqtt).unwrap();
    let topology = Topology::at(broker.url());
    let first = topology.hearing_as(topology.name, THREE).await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(7))).await.unwrap();
    assert_eq!(dies_of_the_next(first).await, (7, 1));
    let proxy = Proxy::before(&broker).unwrap();
    let (hearer, ear) = topology.moved(broker.url_at(proxy.port())).hearing_as(topology.name, THREE).await;
    // The broker says nothing to what it is told.
    proxy.freeze();
    assert!(tokio::time::timeout(Duration::from_millis(300), ear.next()).await.is_err());
    proxy.thaw();
    assert_eq!(take(&ear).await, 7);
    assert!(is_quiet(&ear).await);
    assert!(hearer.health().is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_count_says_so_and_handles_all_the_same() {
    let broker = Broker::configured(Kind::Mqtt).user("ann", "secret").start().unwrap();
    let topology = Topology::at(broker.url());
    let first = topology.hearing_as(topology.name, THREE).await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(7))).await.unwrap();
    assert_eq!(dies_of_the_next(first).await, (7, 1));
    let (event, presence) = (topology.event.replace('.', "/"), topology.topic("subscribed/#"));
    broker.admit("bob", "hidden", &Rights::everything().write(&[&event, &presence])).unwrap();
    let as_bob = topology.moved(broker.address());
    let bob = as_bob.settings_as(topology.name).username(text("bob")).password(text("hidden"));
    let hearer = as_bob.open(bob).await;
    let ear = hearer.subscribe(topology.event, crate::harness::EAR, THREE);
    soon(hearer.connect()).await.unwrap();
    assert_eq!(take(&ear).await, 7);
    until("it says so", || hearer.health().to_string().contains("attempts")).await;
}

//! Dead letters: kept with reason and attempts, handled later one by one or all together, thrown away, safe at a
//! restart.

use pontoon::Id;
use pontoon::adapter::Settlement;
use pontoon::adapter::{Message, Metadata, SubscriptionPolicy};
use pontoon_brokers::{Broker, Kind};

use crate::harness::{POLICY, Topology, is_quiet, message, next, number, soon, take, until};

const DEAD: SubscriptionPolicy = POLICY.dead_letter();

#[tokio::test(flavor = "multi_thread")]
async fn they_are_listed_replayed_and_purged_and_survive_a_restart() {
    let broker = Broker::start(Kind::Mqtt).unwrap();
    let topology = Topology::at(broker.url());
    let (hearer, ear) = topology.hearing(DEAD).await;
    let (_speaker, topic) = topology.speaking().await;
    let metadata = Metadata { tenant: Some("acmé, \"inc\"".into()), ..Metadata::new() };
    let first = metadata.id;
    soon(topic.publish(Message::new(metadata, 0))).await.unwrap();
    for number in 1..5 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    for _ in 0..5 {
        let delivery = next(&ear).await;
        let reason = format!("no\nreason of {}: 100 %, é\u{0}", number(&delivery));
        soon(ear.settle(&delivery, Settlement::DeadLetter(reason))).await.unwrap();
    }
    broker.kill().unwrap();
    broker.restart().unwrap();

    let letters = soon(ear.dead_letters(0)).await.unwrap();
    let numbers: Vec<u32> = letters.iter().map(|letter| letter.message.decode().unwrap()).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4], "oldest first");
    let behind = soon(ear.dead_letters(3)).await.unwrap();
    let behind: Vec<u32> = behind.iter().map(|letter| letter.message.decode().unwrap()).collect();
    assert_eq!(behind, [3, 4]);
    assert_eq!(letters[0].reason, "no\u{fffd}reason of 0: 100 %, é\u{fffd}", "no text of MQTT has all characters");
    assert_eq!(letters[0].attempts, 1);
    let metadata = letters[0].message.metadata();
    assert_eq!((metadata.id, metadata.tenant.as_deref()), (first, Some("acmé, \"inc\"")));
    until("it is connected again", || hearer.health().is_ready()).await;

    assert_eq!(soon(ear.clear_dead_letters(Some(Id::random()), true)).await.unwrap(), 0);
    assert_eq!(soon(ear.clear_dead_letters(Some(first), true)).await.unwrap(), 1);
    let again = next(&ear).await;
    assert_eq!((number(&again), again.attempt, again.message.metadata().id), (0, 1, first));
    assert_eq!(soon(ear.dead_letters(0)).await.unwrap().len(), 5, "until it is done with");
    soon(ear.settle(&again, Settlement::Ack)).await.unwrap();
    assert_eq!(soon(ear.dead_letters(0)).await.unwrap().len(), 4);

    // One that fails again, at once, is the newest dead letter.
    assert_eq!(soon(ear.clear_dead_letters(None, true)).await.unwrap(), 4);
    for expected in 1..5 {
        let delivery = next(&ear).await;
        assert_eq!(number(&delivery), expected);
        let end = if expected == 1 { Settlement::DeadLetter("again".to_owned()) } else { Settlement::Ack };
        soon(ear.settle(&delivery, end)).await.unwrap();
    }
    let letters = soon(ear.dead_letters(0)).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].message.decode::<u32>().unwrap(), &*letters[0].reason), (1, "again"));

    assert_eq!(soon(ear.clear_dead_letters(None, false)).await.unwrap(), 1);
    assert!(soon(ear.dead_letters(0)).await.unwrap().is_empty());
    assert!(is_quiet(&ear).await);
    soon(hearer.close()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_one_at_once() {
    let topology = Topology::shared();
    let (_hearer, ear) = topology.hearing(DEAD).await;
    let outsider = topology.outsider().await;
    outsider.publish(topology.event, &[], "no attributes").await;
    outsider.publish(topology.event, &[], "").await;
    outsider.publish(topology.event, &[], &"x".repeat(600_000)).await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(1))).await.unwrap();
    assert_eq!(take(&ear).await, 1);
    let letters = soon(ear.dead_letters(0)).await.unwrap();
    let mut sizes: Vec<usize> = letters.iter().map(|letter| letter.message.json().unwrap().len()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [0, 13, 600_000], "also one that is empty, and one that is larger than what we send");
    for letter in &letters {
        assert!(letter.reason.contains("specversion"), "{}", letter.reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_may_be_thousands_of_them() {
    /// More than a broker keeps for one client, unless it is told to.
    const LETTERS: usize = 2500;
    // One that saves takes long for so many.
    let broker = Broker::configured(Kind::Mqtt).volatile().start().unwrap();
    let topology = Topology::at(broker.url());
    let hearer = topology.adapter().await;
    let ear = hearer.subscribe(topology.event, "many.v1.hear", DEAD);
    let topic = hearer.topic(topology.event);
    soon(hearer.connect()).await.unwrap();
    let publishing = (0..LETTERS).map(|number| topic.publish(message(u32::try_from(number).unwrap())));
    for published in soon(futures_util::future::join_all(publishing)).await {
        published.unwrap();
    }
    let mut deliveries = Vec::new();
    for _ in 0..LETTERS / 100 {
        for _ in 0..100 {
            deliveries.push(next(&ear).await);
        }
        let settling = deliveries.iter().map(|delivery| ear.settle(delivery, Settlement::DeadLetter("no".to_owned())));
        soon(futures_util::future::join_all(settling)).await.into_iter().for_each(|settled| settled.unwrap());
        deliveries.clear();
    }
    assert_eq!(soon(ear.dead_letters(0)).await.unwrap().len(), LETTERS);
    assert_eq!(soon(ear.clear_dead_letters(None, false)).await.unwrap(), LETTERS);
    assert!(soon(ear.dead_letters(0)).await.unwrap().is_empty());
}

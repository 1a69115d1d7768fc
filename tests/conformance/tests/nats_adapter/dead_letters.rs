//! Dead letters: kept with reason and attempts, handled later one by one or all together, thrown away, safe at a
//! restart.

use std::time::Duration;

use pontoon::Id;
use pontoon::adapter::Settlement;
use pontoon::adapter::{Message, Metadata, SubscriptionPolicy};
use pontoon_brokers::{Broker, Kind};

use crate::harness::{Topology, is_quiet, message, next, number, soon, take};

const POLICY: SubscriptionPolicy = SubscriptionPolicy::at_least_once().dead_letter();

#[tokio::test(flavor = "multi_thread")]
async fn they_are_listed_replayed_and_purged_and_survive_a_restart() {
    let broker = Broker::start(Kind::Nats).unwrap();
    let topology = Topology::at(broker.url());
    let (hearer, ear) = topology.hearing(POLICY).await;
    let (_speaker, topic) = topology.speaking().await;
    let metadata = Metadata { tenant: Some("acmé, \"inc\"".into()), ..Metadata::new() };
    let first = metadata.id;
    soon(topic.publish(Message::new(metadata, 0))).await.unwrap();
    for number in 1..5 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    for _ in 0..5 {
        let delivery = next(&ear).await;
        let reason = format!("no\nreason of {}: 100 %, é", number(&delivery));
        soon(ear.settle(&delivery, Settlement::DeadLetter(reason))).await.unwrap();
    }
    // Asked after the acknowledgements were sent: the server has them.
    assert_eq!(soon(ear.dead_letters(0)).await.unwrap().len(), 5);
    broker.restart().unwrap();

    let letters = soon(ear.dead_letters(0)).await.unwrap();
    let numbers: Vec<u32> = letters.iter().map(|letter| letter.message.decode().unwrap()).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4], "oldest first");
    let behind = soon(ear.dead_letters(3)).await.unwrap();
    let behind: Vec<u32> = behind.iter().map(|letter| letter.message.decode().unwrap()).collect();
    assert_eq!(behind, [3, 4]);
    assert_eq!(letters[0].reason, "no\nreason of 0: 100 %, é");
    assert_eq!(letters[0].attempts, 1);
    let metadata = letters[0].message.metadata();
    assert_eq!((metadata.id, metadata.tenant.as_deref()), (first, Some("acmé, \"inc\"")));

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
    let (_hearer, ear) = topology.hearing(POLICY).await;
    let client = topology.outsider().await;
    client.publish(topology.event, "no attributes".into()).await.unwrap();
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(1))).await.unwrap();
    assert_eq!(take(&ear).await, 1);
    let letters = soon(ear.dead_letters(0)).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert!(letters[0].reason.contains("specversion"), "{}", letters[0].reason);
    assert_eq!(letters[0].message.json().unwrap(), "no attributes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_counts_as_an_attempt_and_holds_nobody_up() {
    let topology = Topology::shared();
    let (_hearer, ear) = topology.hearing(POLICY).await;
    let (_speaker, topic) = topology.speaking().await;
    for number in 0..3 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    let first = next(&ear).await;
    assert_eq!((number(&first), first.attempt), (0, 1));
    soon(ear.settle(&first, Settlement::Retry(Duration::from_millis(300)))).await.unwrap();
    assert_eq!((take(&ear).await, take(&ear).await), (1, 2));
    let again = next(&ear).await;
    assert_eq!((number(&again), again.attempt), (0, 2));
    soon(ear.settle(&again, Settlement::Ack)).await.unwrap();
    assert!(is_quiet(&ear).await);
}

//! Handlers of batches: what is gathered, what is in one run, and what becomes of each message.

mod broker;
mod depot;

use std::sync::Arc;
use std::time::Duration;

use pontoon::Id;
use pontoon::adapter::{Metadata, Settlement};

use self::broker::Broker;
use self::depot::{Depot, Ends, Journal, LoadedBatch, glance, load, slow};

const SECOND: Duration = Duration::from_secs(1);

fn of_tenant(tenant: &str) -> Metadata {
    Metadata { tenant: Some(tenant.into()), ..Metadata::new() }
}

fn inputs(batches: &[LoadedBatch]) -> Vec<Vec<u64>> {
    batches.iter().map(|batch| batch.inputs.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_as_large_as_it_may_be_and_no_larger() {
    let depot = Depot::start(&Journal::default()).await;
    depot.push(load(), 1..=10).await;
    depot.unit.settled().await;
    assert_eq!(inputs(&depot.journal.of("load")), [vec![1, 2, 3, 4], vec![5, 6, 7, 8], vec![9, 10]]);
    assert!(depot.letters().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_has_waited_for_long_enough_is_handled() {
    let depot = Depot::start(&Journal::default()).await;
    depot.push(load(), [1]).await;
    tokio::time::sleep(SECOND).await;
    depot.push(load(), [2, 3]).await;
    depot.unit.settled().await;
    assert_eq!(inputs(&depot.journal.of("load")), [vec![1], vec![2, 3]]);
}

#[tokio::test(start_paused = true)]
async fn each_message_has_its_own_outcome() {
    let journal = Journal::default();
    journal.ends(2, Ends::Fail).ends(3, Ends::Forget);
    let depot = Depot::start(&journal).await;
    depot.push(load(), 1..=4).await;
    depot.unit.settled().await;
    let batches = depot.journal.of("load");
    let mut runs: Vec<_> = batches.iter().map(|batch| (batch.attempt, batch.inputs.clone())).collect();
    runs.sort();
    let expected = [(1, vec![1, 2, 3, 4]), (2, vec![2]), (2, vec![3]), (3, vec![2]), (3, vec![3])];
    assert_eq!(runs, expected, "what fails comes again, alone");
    let mut letters = depot.letters().await;
    letters.sort();
    assert_eq!(letters.iter().map(|(payload, ..)| *payload).collect::<Vec<_>>(), [2, 3]);
    assert!(letters[0].1.contains("failed as the test says"), "{letters:?}");
    assert!(letters[1].1.contains("no outcome"), "{letters:?}");
}

#[tokio::test(start_paused = true)]
async fn what_fails_once_is_done_the_next_time() {
    let journal = Journal::default();
    journal.ends_once(2, Ends::Fail);
    let depot = Depot::start(&journal).await;
    depot.push(load(), 1..=3).await;
    depot.unit.settled().await;
    assert_eq!(inputs(&depot.journal.of("load")), [vec![1, 2, 3], vec![2]]);
    assert!(depot.letters().await.is_empty());
}

/// The whole run has failed: each message comes again, in a run of its own.
#[tokio::test(start_paused = true)]
async fn a_run_that_fails_fails_each_of_its_messages() {
    for ends in [Ends::FailAll, Ends::Panic, Ends::Hang] {
        let journal = Journal::default();
        journal.ends_once(2, ends);
        let depot = Depot::start(&journal).await;
        depot.push(load(), 1..=3).await;
        depot.unit.settled().await;
        let mut batches = inputs(&depot.journal.of("load"));
        assert_eq!(batches.remove(0), [1, 2, 3], "{ends:?}");
        batches.sort();
        assert_eq!(batches, [[1], [2], [3]], "{ends:?}");
        assert!(depot.letters().await.is_empty(), "{ends:?}");
    }
}

/// What makes every run fail takes its neighbours' first attempt with it, and no other.
#[tokio::test(start_paused = true)]
async fn what_always_panics_is_given_up_alone() {
    let journal = Journal::default();
    journal.ends(2, Ends::Panic);
    let depot = Depot::start(&journal).await;
    depot.push(load(), 1..=4).await;
    depot.unit.settled().await;
    let letters = depot.letters().await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!((letters[0].0, letters[0].2), (2, 3));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_given_up_and_its_neighbours_are_handled() {
    let depot = Depot::start(&Journal::default()).await;
    depot.push(load(), [1]).await;
    depot.push_text(load(), "nonsense").await;
    depot.push(load(), [2]).await;
    depot.unit.settled().await;
    assert_eq!(inputs(&depot.journal.of("load")), [[1, 2]]);
    let letters = depot.unit.dead_letters(depot::Load).list().await.unwrap();
    assert_eq!((letters.len(), letters[0].attempts), (1, 1));
}

/// An outcome of another run says nothing about a message of this one.
#[tokio::test(start_paused = true)]
async fn an_outcome_that_was_kept_settles_nothing_later() {
    let journal = Journal::default();
    journal.ends_once(1, Ends::Keep).ends(2, Ends::ReturnKept);
    let depot = Depot::start(&journal).await;
    depot.push(load(), [1]).await;
    depot.journal.begun("load", 1).await;
    tokio::time::sleep(SECOND / 4).await;
    depot.push(load(), [2]).await;
    depot.unit.settled().await;
    let letters = depot.letters().await;
    assert_eq!(
        letters.iter().map(|(payload, ..)| *payload).collect::<Vec<_>>(),
        [2],
        "1 was done at its second attempt"
    );
}

#[tokio::test(start_paused = true)]
async fn the_messages_of_a_run_are_of_one_tenant() {
    let depot = Depot::start(&Journal::default()).await;
    for (number, tenant) in [(1, "a"), (2, "b"), (3, "a"), (4, "b")] {
        depot.push_as(load(), of_tenant(tenant), number).await;
    }
    depot.unit.settled().await;
    let batches = depot.journal.of("load");
    assert_eq!(inputs(&batches), [[1, 3], [2, 4]]);
    let tenants: Vec<_> = batches.iter().map(|batch| batch.tenant.as_deref()).collect();
    assert_eq!(tenants, [Some("a"), Some("b")]);
}

#[tokio::test(start_paused = true)]
async fn a_run_is_named_after_its_message_where_there_is_one() {
    let depot = Depot::start(&Journal::default()).await;
    let one = Metadata { causation: Some(Id::random()), hops: 3, ..Metadata::new() };
    depot.push_as(load(), one.clone(), 1).await;
    depot.unit.settled().await;
    let batch = &depot.journal.of("load")[0];
    assert_eq!((batch.id, batch.correlation, batch.causation, batch.hops), (one.id, one.correlation, one.causation, 3));
    assert_eq!(batch.labels, [(one.id, one.correlation, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_run_of_several_has_a_name_of_its_own_and_their_most_hops() {
    let depot = Depot::start(&Journal::default()).await;
    let first = Metadata { hops: 1, causation: Some(Id::random()), ..Metadata::new() };
    let second = Metadata { hops: 7, ..Metadata::new() };
    depot.push_as(load(), first.clone(), 1).await;
    depot.push_as(load(), second.clone(), 2).await;
    depot.unit.settled().await;
    let batch = &depot.journal.of("load")[0];
    assert!(![first.id, second.id].contains(&batch.id));
    assert!(![first.correlation, second.correlation].contains(&batch.correlation));
    assert_eq!((batch.causation, batch.hops), (None, 7));
    assert_eq!(batch.labels, [(first.id, first.correlation, 1), (second.id, second.correlation, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_run_of_one_chain_belongs_to_it() {
    let depot = Depot::start(&Journal::default()).await;
    let first = Metadata::new();
    let second = Metadata { correlation: first.correlation, ..Metadata::new() };
    depot.push_as(load(), first.clone(), 1).await;
    depot.push_as(load(), second, 2).await;
    depot.unit.settled().await;
    assert_eq!(depot.journal.of("load")[0].correlation, first.correlation);
}

/// A batch is gathered for longer than a lease lasts, and its handler takes longer than that as well.
#[tokio::test(start_paused = true)]
async fn leases_last_while_a_batch_is_gathered_and_handled() {
    let journal = Journal::default();
    journal.ends_once(2, Ends::Wait(100 * SECOND));
    let depot = Depot::start(&journal).await;
    depot.push(slow(), [1]).await;
    tokio::time::sleep(20 * SECOND).await;
    depot.push(slow(), [2]).await;
    depot.unit.settled().await;
    let batches = depot.journal.of("slow");
    assert_eq!((inputs(&batches), batches[0].attempt), (vec![vec![1, 2]], 1));
}

/// The messages of the second run wait for the first one, and stay ours.
#[tokio::test(start_paused = true)]
async fn leases_last_while_another_run_of_the_batch_goes_on() {
    let journal = Journal::default();
    journal.ends_once(1, Ends::Wait(100 * SECOND));
    let depot = Depot::start(&journal).await;
    for (number, tenant) in [(1, "a"), (2, "b")] {
        depot.push_as(slow(), of_tenant(tenant), number).await;
    }
    depot.unit.settled().await;
    assert_eq!(inputs(&depot.journal.of("slow")), [[1], [2]]);
}

#[tokio::test(start_paused = true)]
async fn what_must_not_come_twice_is_handled_once_whatever_becomes_of_it() {
    let journal = Journal::default();
    journal.ends(2, Ends::Panic);
    let depot = Depot::start(&journal).await;
    depot.publish(glance(), 1..=3).await;
    depot.unit.settled().await;
    assert_eq!(inputs(&depot.journal.of("glance")), [[1, 2, 3]]);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_memory_is_handled_at_a_stop_without_waiting_for_more() {
    let depot = Depot::start(&Journal::default()).await;
    depot.push(slow(), 1..=2).await;
    tokio::time::sleep(SECOND).await;
    let Depot { unit, journal, .. } = depot;
    unit.shutdown().await.unwrap();
    assert_eq!(inputs(&journal.of("slow")), [[1, 2]]);
}

#[tokio::test(start_paused = true)]
async fn what_a_broker_keeps_is_given_back_at_a_stop() {
    let broker = Arc::new(Broker::default());
    let depot = Depot::on(&Journal::default(), &broker).await;
    for number in 1..=3 {
        broker.deliver(number, 1);
    }
    broker.taken(3).await;
    depot.unit.shutdown().await.unwrap();
    assert!(depot.journal.of("load").is_empty());
    let settled = broker.settled();
    assert_eq!(settled.len(), 3);
    assert!(settled.iter().all(|(_, settlement)| matches!(settlement, Settlement::Release)), "{settled:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_lost_is_left_and_the_others_are_settled() {
    let (broker, journal) = (Arc::new(Broker::default()), Journal::default());
    journal.ends_once(1, Ends::Wait(5 * SECOND));
    let depot = Depot::on(&journal, &broker).await;
    for number in 1..=4 {
        broker.deliver(number, 1);
    }
    journal.begun("load", 1).await;
    broker.lose(2);
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(inputs(&journal.of("load")), [[1, 2, 3, 4]]);
    let mut settled: Vec<_> = broker.settled().into_iter().map(|(number, _)| number).collect();
    settled.sort_unstable();
    assert_eq!((settled, broker.forgotten()), (vec![1, 3, 4], vec![2]));
    assert!(journal.of("load")[0].done);
    depot.unit.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_handler_all_of_whose_messages_are_lost_is_stopped() {
    let (broker, journal) = (Arc::new(Broker::default()), Journal::default());
    journal.ends_once(1, Ends::Wait(8 * SECOND));
    let depot = Depot::on(&journal, &broker).await;
    for number in 1..=2 {
        broker.deliver(number, 1);
    }
    journal.begun("load", 1).await;
    broker.lose(1);
    broker.lose(2);
    tokio::time::sleep(60 * SECOND).await;
    assert!(!journal.of("load")[0].done);
    assert!(broker.settled().is_empty());
    depot.unit.shutdown().await.unwrap();
}

/// Who had it died in every attempt that it has: it is given up without another one, its neighbours are handled.
#[tokio::test(start_paused = true)]
async fn what_has_no_attempt_left_is_given_up_before_the_handler() {
    let broker = Arc::new(Broker::default());
    let depot = Depot::on(&Journal::default(), &broker).await;
    broker.deliver(1, 4);
    broker.deliver(2, 1);
    depot.journal.begun("load", 1).await;
    tokio::time::sleep(SECOND).await;
    assert_eq!(inputs(&depot.journal.of("load")), [[2]]);
    let settled = broker.settled();
    assert!(matches!(&settled[0], (1, Settlement::DeadLetter(_))), "{settled:?}");
    assert!(matches!(&settled[1], (2, Settlement::Ack)), "{settled:?}");
    depot.unit.shutdown().await.unwrap();
}

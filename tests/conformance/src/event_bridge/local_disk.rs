//! E12, E14, E16 and E31 on the local disk: the process is the broker, and what it has accepted outlives it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::event_bridge::{Process, Rig};
use crate::system::contract::{Batch, Note, Which};
use crate::system::script::{Act, BOUND, Orders};
use crate::topology::{back, together};

fn stock(event: Which, numbers: std::ops::Range<u64>) -> Batch {
    Batch { event, notes: numbers.map(Note::of).collect() }
}

/// The unit with all services, in a process of its own.
async fn process(rig: &Rig, orders: &Orders) -> Process {
    let mut process = rig.process("together", "together", orders);
    process.ready().await;
    process
}

/// E12: the process is killed in mid-flow, again and again. Everything that counts as published is handled.
pub(super) async fn nothing_lost(rig: Rig) {
    const EACH: u64 = 2000;
    let (mut published, mut handled) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..5 {
        let orders = Orders::none().stock(stock(Which::Noted, round * EACH..(round + 1) * EACH));
        let mut process = process(&rig, &orders).await;
        process.until("it flows", |seen| seen.emitted.len() > 100 && seen.done("back.hear").count() > 50).await;
        process.kill();
        let seen = process.seen();
        published.extend(seen.emitted.iter().copied());
        handled.extend(seen.numbers("back.hear"));
    }
    let mut last = process(&rig, &Orders::none()).await;
    let left: Vec<u64> = published.difference(&handled).copied().collect();
    last.until("all are handled", |seen| {
        let numbers = seen.numbers("back.hear");
        left.iter().all(|number| numbers.contains(number))
    })
    .await;
    last.terminate();
    assert!(last.ended(Duration::from_secs(10)).await.success(), "{}", last.log());
    let unit = rig.unit_in_environment::<together::Together>().await;
    assert!(unit.dead_letters(back::Hear).list().await.expect("the disk").is_empty());
    unit.shutdown().await.expect("nothing is lost");
}

/// E14: a handler that is much slower than the publisher. What waits is on the disk.
pub(super) async fn memory_stays_flat(rig: Rig) {
    const EVENTS: u64 = 600;
    /// How much more memory the process may have at the end.
    const FLAT: u64 = 40 << 20;
    let note = |number| Note { text: "x".repeat(100_000), ..Note::of(number) };
    let batch = Batch { event: Which::Noted, notes: (0..EVENTS).map(note).collect() };
    let orders = Orders::none().stock(batch).always("back.hear", Act::Wait(200));
    let process = process(&rig, &orders).await;
    process.until("it has begun", |seen| seen.emitted.len() > 20 && seen.done("back.hear").count() > 2).await;
    let before = process.resident();
    let seen = process.until("all are published", |seen| seen.emitted.len() as u64 == EVENTS).await;
    assert!(seen.done("back.hear").count() < EVENTS as usize / 4, "it is slow");
    let grown = process.resident().saturating_sub(before);
    assert!(grown < FLAT, "{} MB more than {} MB", grown >> 20, before >> 20);
    let distinct: BTreeSet<u64> = seen.numbers("back.hear").into_iter().collect();
    assert_eq!(distinct.len(), seen.numbers("back.hear").len(), "nothing comes twice because somebody is slow");
}

/// E16: the process is killed while its handlers run and acknowledge. Each event has one effect.
pub(super) async fn killed_with_an_inbox(rig: Rig) {
    const EVENTS: u64 = 60;
    let mut done = BTreeSet::new();
    let orders = Orders::none().stock(stock(Which::Charged, 0..EVENTS)).always("back.charge", Act::Wait(3));
    let mut first = process(&rig, &orders).await;
    first.until("all are published", |seen| seen.emitted.len() as u64 == EVENTS && !seen.runs.is_empty()).await;
    first.kill();
    done.extend(first.seen().numbers("back.charge"));
    let orders = Orders::none().always("back.charge", Act::Wait(3));
    for round in 1..=4 {
        let mut next = process(&rig, &orders).await;
        let (before, enough) = (done.clone(), round * 12);
        next.until("it has got on", |seen| {
            before.iter().copied().chain(seen.numbers("back.charge")).collect::<BTreeSet<_>>().len() >= enough
        })
        .await;
        next.kill();
        done.extend(next.seen().numbers("back.charge"));
    }
    let mut last = process(&rig, &Orders::none()).await;
    let before = done.clone();
    let all = |numbers: Vec<u64>| before.iter().copied().chain(numbers).collect::<BTreeSet<_>>().len() as u64 == EVENTS;
    last.until("all are handled", |seen| all(seen.numbers("back.charge"))).await;
    last.terminate();
    assert!(last.ended(Duration::from_secs(20)).await.success(), "{}", last.log());
    let unit = rig.unit_in_environment::<together::Together>().await;
    let effects = unit.state(crate::topology::state::Effects);
    let mut counts = BTreeMap::new();
    for number in 0..EVENTS {
        let wait = async {
            loop {
                match effects.get(&number).await.expect("the disk") {
                    Some(count) => return count,
                    None => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        };
        counts.insert(number, tokio::time::timeout(BOUND, wait).await.expect("it has an effect"));
    }
    let other: Vec<_> = counts.iter().filter(|(_, count)| **count != 1).collect();
    assert!(other.is_empty(), "{other:?} have another number of effects than one");
    unit.shutdown().await.expect("nothing is lost");
}

/// E31: a message ends each process that tries it, and is given up after its attempts. All others are handled.
pub(super) async fn one_message_that_ends_its_process(rig: Rig) {
    let stocked = Orders::none().stock(stock(Which::Noted, 0..51)).always("back.hear", Act::Hold);
    let mut first = process(&rig, &stocked).await;
    first.until("all are published", |seen| seen.emitted.len() == 51).await;
    first.kill();
    let orders = Orders::none().next("back.hear#0", [Act::Abort]);
    let (mut handled, mut tried) = (BTreeSet::new(), 0);
    for round in 0.. {
        assert!(round < 25, "{round} processes have ended, {tried} by the message");
        let mut process = rig.process("together", "together", &orders);
        let is_over = |process: &Process, handled: &BTreeSet<u64>| {
            let here = process.seen().numbers("back.hear");
            process.log().contains("given up") && handled.iter().chain(&here).collect::<BTreeSet<_>>().len() >= 50
        };
        let begun = tokio::time::Instant::now();
        while process.is_alive() && !is_over(&process, &handled) {
            assert!(begun.elapsed() < BOUND, "{}; its log:\n{}", process.seen(), process.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let seen = process.seen();
        tried += seen.of("back.hear").iter().filter(|run| run.note.number == 0).count();
        handled.extend(seen.numbers("back.hear"));
        if process.is_alive() {
            process.terminate();
            assert!(process.ended(Duration::from_secs(10)).await.success(), "{}", process.log());
            break;
        }
    }
    assert_eq!(tried, 2, "the first process had it, too: as many attempts as its subscription says");
    assert!(handled.iter().copied().eq(1..=50), "{handled:?}");
    let unit = rig.unit_in_environment::<together::Together>().await;
    let dead = unit.dead_letters(back::Hear).list().await.expect("the disk");
    assert_eq!(dead.iter().map(|letter| letter.payload.clone()).collect::<Vec<_>>(), [Some(Note::of(0))]);
    unit.shutdown().await.expect("nothing is lost");
}

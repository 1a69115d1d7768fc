//! E31 to E33: handlers that end their process, are slow, or do not yield.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::event_bridge::rig::{notes, post};
use crate::event_bridge::{Process, Rig, local_disk};
use crate::system::contract::Note;
use crate::system::script::{Act, BOUND, Orders, Script};
use crate::topology::front;

/// A message that ends each process which tries it is given up, and takes none of its neighbours with it.
///
/// # Panics
/// The adapter does not pass.
pub async fn e31_one_message_that_ends_its_process(rig: Rig) {
    const PROCESSES: usize = 25;
    if rig.column.stays_in_process() {
        return local_disk::one_message_that_ends_its_process(rig).await;
    }
    let (side, front) = (rig.side().await, rig.front().await);
    let orders = Orders::none().next("back.hear#0", [Act::Abort]);
    // Its queue is there, and nothing in it.
    let mut back = rig.process("back", "back", &orders);
    back.ready().await;
    post(&front, rig.event(), notes(0..=50)).await;
    let (mut handled, mut tried) = (BTreeSet::new(), 0);
    for process in 0.. {
        let begun = tokio::time::Instant::now();
        let is_over = |back: &Process, handled: &BTreeSet<u64>| {
            let here = back.seen().numbers("back.hear");
            back.log().contains("given up") && handled.iter().chain(&here).collect::<BTreeSet<_>>().len() >= 50
        };
        while back.is_alive() && !is_over(&back, &handled) {
            assert!(begun.elapsed() < BOUND, "{}; its log:\n{}", back.seen(), back.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let seen = back.seen();
        tried += seen.of("back.hear").iter().filter(|run| run.note.number == 0).count();
        handled.extend(seen.numbers("back.hear"));
        if back.is_alive() {
            break;
        }
        assert!(process < PROCESSES, "{process} processes have ended, {tried} by the message");
        back = rig.process("back", "back", &orders);
    }
    assert!(tried >= 3, "it has as many attempts as its subscription says, and was tried {tried} times");
    assert!(handled.iter().copied().eq(1..=50), "{handled:?}");
    // It serves.
    assert_eq!(front.client().invoke(front::Ask, Note::of(7)).await.expect("an answer"), Note::of(7));
    back.terminate();
    assert!(back.ended(Duration::from_secs(10)).await.success(), "{}", back.log());
    let back = rig.back().await;
    let dead = rig.dead(&back, 1).await;
    assert_eq!(dead[0].payload, Some(Note::of(0)));
    drop((front, side, back));
}

/// However slow a handler is, what waits for it in its process does not count as tried, and a second instance gets its
/// share.
///
/// # Panics
/// The adapter does not pass.
pub async fn e32_a_slow_handler_and_the_time_that_a_broker_waits(rig: Rig) {
    const COUNT: u64 = 250;
    let slow = || {
        let script = Script::new();
        script.always("back.hear", Act::Wait(100));
        script
    };
    let (first, second) = (slow(), slow());
    let (back, side, front) = (rig.unit_with("back", &first).await, rig.side().await, rig.front().await);
    // Quick ones first, so that there is every reason to take many at a time.
    first.next("back.hear", [Act::Succeed; 100]);
    post(&front, rig.event(), notes(0..100)).await;
    first.done("back.hear", 100).await;
    post(&front, rig.event(), notes(100..100 + COUNT)).await;
    first.done("back.hear", 130).await;
    let other = rig.unit_with::<crate::topology::apart::back::Back>("other", &second).await;
    let done = || first.seen().done("back.hear").count() + second.seen().done("back.hear").count();
    rig.until("all are handled", || done() >= 100 + COUNT as usize).await;
    let runs = [first.runs("back.hear"), second.runs("back.hear")];
    let mut numbers: Vec<u64> = runs.iter().flatten().map(|run| run.note.number).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(0..100 + COUNT), "each is handled once: {numbers:?}");
    assert!(runs[1].len() >= 60, "the second instance had {} of {COUNT}", runs[1].len());
    rig.dead(&back, 0).await;
    drop((front, side, back, other));
}

/// A handler that computes for longer than the broker waits for a sign of life, on the only thread of its runtime.
///
/// # Panics
/// The adapter does not pass.
pub async fn e33_a_handler_that_computes_without_yielding(rig: Rig) {
    /// Four heartbeats of three seconds.
    const COMPUTES: u64 = 12_000;
    let ear = rig.ear("back");
    let orders = Orders::none().next(&format!("{ear}#1"), [Act::Block(COMPUTES)]).one_thread();
    let mut back = rig.process("back", "back", &orders);
    back.ready().await;
    let (side, front) = (rig.side().await, rig.front().await);
    post(&front, rig.event(), notes([1])).await;
    back.until("it is handled", |seen| seen.numbers(&ear) == [1]).await;
    post(&front, rig.event(), notes([2])).await;
    back.until("so is the next one", |seen| seen.numbers(&ear).contains(&2)).await;
    assert_eq!(front.client().invoke(front::Ask, Note::of(3)).await.expect("an answer"), Note::of(3));
    back.terminate();
    assert!(back.ended(Duration::from_secs(10)).await.success(), "{}", back.log());
    assert_eq!(back.seen().of(&ear).len(), 2, "each is handled once: {}", back.seen());
    let log = back.log();
    assert!(!log.contains("fails, and is tried again"), "it has lost its connection:\n{log}");
    drop((front, side));
}

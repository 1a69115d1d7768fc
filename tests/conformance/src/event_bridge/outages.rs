//! E12, E13, E20: the broker goes away, or its connection does, or it was never there.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::event_bridge::flow::{Flow, Manner};
use crate::event_bridge::rig::{notes, post};
use crate::event_bridge::{Cell, Rig, local_disk};
use crate::system::contract::{Batch, Note, Which};
use crate::system::script::{Act, Orders};
use crate::topology::front;

/// The broker is killed and comes back while events are published: nothing is lost, or what is lost is counted.
///
/// # Panics
/// The adapter does not pass.
pub async fn e12_broker_killed_and_restarted_in_mid_flow(rig: Rig) {
    match rig.cell() {
        Cell::Lost => {
            // Here the process is the broker.
            let stock =
                |numbers: std::ops::Range<u64>| Batch { event: Which::Noted, notes: numbers.map(Note::of).collect() };
            let orders = Orders::none().stock(stock(0..100)).always("back.hear", Act::Wait(50));
            let mut first = rig.process("together", "together", &orders);
            first.ready().await;
            let seen =
                first.until("half way", |seen| seen.emitted.len() == 100 && seen.done("back.hear").count() >= 3).await;
            first.kill();
            assert!(seen.done("back.hear").count() < 100);
            let mut second = rig.process("together", "together", &Orders::none().stock(stock(100..101)));
            second.ready().await;
            let seen = second.until("the new one is handled", |seen| seen.done("back.hear").count() > 0).await;
            assert_eq!(seen.numbers("back.hear"), [100], "what was in memory is lost, as documented");
        }
        Cell::Counted => counted(rig).await,
        _ if rig.column.stays_in_process() => local_disk::nothing_lost(rig).await,
        _ => nothing_lost(rig).await,
    }
}

/// Everything that counts as published is handled.
async fn nothing_lost(rig: Rig) {
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    let flow = Flow::begin(&front, flowing(&rig, 8, 0));
    rig.script.until("it flows", |seen| seen.done("back.hear").count() > 200).await;
    crash(&rig).await;
    let before = rig.script.seen().done("back.hear").count();
    rig.script.until("it flows again", |seen| seen.done("back.hear").count() > before + 300).await;
    let total = flow.end().await;
    for ear in ["back.hear", "side.hear"] {
        let all = |numbers: Vec<u64>| numbers.into_iter().collect::<BTreeSet<u64>>().len() as u64 == total;
        let what = format!("{ear} has all of {total}");
        rig.script.until(&what, |seen| seen.done(ear).count() as u64 >= total && all(seen.numbers(ear))).await;
    }
    rig.until("all are ready", || front.health().is_ready() && back.health().is_ready()).await;
    assert!(back.dead_letters(crate::topology::back::Hear).list().await.expect("the bridge").is_empty());
    drop((front, back, side));
}

/// Kills the broker without warning, and starts it again.
pub(crate) async fn crash(rig: &Rig) {
    block_in_place(|| rig.broker().kill().expect("killed"));
    sleep(Duration::from_millis(500)).await;
    block_in_place(|| rig.broker().restart().expect("it comes back"));
}

/// Events that are published again until they are safe.
fn flowing(rig: &Rig, lanes: u32, first: u64) -> Manner<impl Fn() -> bool + Clone + Send + Sync + 'static> {
    Manner { event: rig.event(), lanes, batch: 1, first, again: true, behind: || false }
}

/// What is lost shows as a gap in the publisher's numbers, and is counted.
async fn counted(rig: Rig) {
    let ear = rig.ear("back");
    let proxy = rig.proxy(&["back"]);
    let (back, front) = (rig.back().await, rig.front().await);
    // Who hears is away: exactly what is published meanwhile is lost.
    post(&front, rig.event(), notes(0..10)).await;
    rig.script.done(&ear, 10).await;
    proxy.refuse();
    rig.until("back is degraded", || !back.health().is_ready()).await;
    post(&front, rig.event(), notes(10..60)).await;
    proxy.accept().expect("a network");
    rig.until("back is there again", || back.health().is_ready()).await;
    post(&front, rig.event(), notes(60..61)).await;
    let seen = rig.script.until("the next one is heard", |seen| seen.numbers(&ear).contains(&60)).await;
    assert!(seen.numbers(&ear).into_iter().eq((0..10).chain([60])));
    assert_eq!(back.counters().lost, 50);

    // The broker is killed in mid-flow.
    let flow = Flow::begin(&front, flowing(&rig, 1, 61));
    rig.script.until("it flows", |seen| seen.done(&ear).count() > 200).await;
    crash(&rig).await;
    let before = rig.script.seen().done(&ear).count();
    rig.script.until("it flows again", |seen| seen.done(&ear).count() > before + 300).await;
    let refusals = flow.refusals();
    let total = flow.end().await;
    let refusals = refusals.load(Ordering::Relaxed);
    rig.script.until("the last one is heard", |seen| seen.numbers(&ear).last() == Some(&(total - 1))).await;
    let heard = rig.script.seen().numbers(&ear);
    let distinct: BTreeSet<u64> = heard.iter().copied().collect();
    assert_eq!(distinct.len(), heard.len(), "none comes twice");
    let missing = total - heard.len() as u64;
    let lost = back.counters().lost;
    // What was refused, and published again under the next number of the publisher's, may have got out, or not.
    assert!((missing..=missing + refusals).contains(&lost), "{missing} missing, {refusals} refused, {lost} lost");
    drop((front, back));
}

/// A connection that breaks is made again, with all that belongs to it.
///
/// # Panics
/// The adapter does not pass.
pub async fn e13_connection_cut(rig: Rig) {
    let proxy = rig.proxy(&["front", "back", "side"]);
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    for round in 0..3 {
        let number = round * 10;
        post(&front, rig.event(), notes([number])).await;
        proxy.cut();
        works(&rig, &front, &back, number + 1).await;
    }
    drop((front, back, side));
}

/// A connection over which nothing comes any more is given up within two heartbeats, and made again.
///
/// # Panics
/// The adapter does not pass.
pub async fn e13_half_open_connection(rig: Rig) {
    /// Two heartbeats of at most five seconds, on a machine that may be busy.
    const HEARTBEATS: Duration = Duration::from_secs(10 + 6);
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    works(&rig, &front, &back, 0).await;
    block_in_place(|| rig.broker().pause().expect("paused"));
    let before = Instant::now();
    rig.until("front notices", || !front.health().is_ready()).await;
    rig.until("back notices", || !back.health().is_ready()).await;
    assert!(before.elapsed() < HEARTBEATS, "after {:?}", before.elapsed());
    block_in_place(|| rig.broker().resume().expect("resumed"));
    let before = Instant::now();
    rig.until("all are ready", || front.health().is_ready() && back.health().is_ready()).await;
    assert!(before.elapsed() < HEARTBEATS, "after {:?}", before.elapsed());
    works(&rig, &front, &back, 10).await;
    drop((front, back, side));
}

/// Events and commands arrive.
async fn works(
    rig: &Rig,
    front: &pontoon::Started<crate::topology::apart::front::Front>,
    back: &pontoon::Started<crate::topology::apart::back::Back>,
    number: u64,
) {
    let ear = rig.ear("back");
    let mut number = number;
    let before = Instant::now();
    loop {
        // Where events may be lost, one that is published while somebody is away is.
        post(front, rig.event(), notes([number])).await;
        let wait = sleep(Duration::from_millis(if rig.column.is_at_most_once() { 500 } else { 30_000 }));
        tokio::pin!(wait);
        let heard = || rig.script.seen().numbers(&ear).contains(&number);
        while !heard() && !wait.is_elapsed() {
            tokio::select! {
                () = &mut wait => {}
                () = sleep(Duration::from_millis(10)) => {}
            }
        }
        if heard() {
            break;
        }
        assert!(before.elapsed() < Duration::from_secs(30), "not heard again");
        number += 1;
    }
    let answered = async {
        while front.client().invoke(front::Ask, Note::of(number)).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), answered).await.expect("commands are answered again");
    rig.until("all are ready", || front.health().is_ready() && back.health().is_ready()).await;
}

/// A unit that starts before its broker waits for it: alive, not ready, without a flood of complaints.
///
/// # Panics
/// The adapter does not pass.
pub async fn e20_broker_absent_at_start(rig: Rig) {
    let mut back = rig.process("back", "back", &Orders::none());
    sleep(Duration::from_secs(4)).await;
    assert!(back.is_alive(), "{}", back.log());
    assert!(!back.is_ready(), "{}", back.log());
    let lines = back.log().lines().count();
    assert!((1..=20).contains(&lines), "{lines} lines: {}", back.log());
    block_in_place(|| rig.broker().restart().expect("it comes"));
    back.ready().await;
    let (side, front) = (rig.side().await, rig.front().await);
    post(&front, rig.event(), notes([1])).await;
    let ear = rig.ear("back");
    back.until("it is handled", |seen| seen.numbers(&ear) == [1]).await;
    assert_eq!(front.client().invoke(front::Ask, Note::of(2)).await.expect("an answer"), Note::of(2));
    back.terminate();
    assert!(back.ended(Duration::from_secs(10)).await.success(), "{}", back.log());
    drop((side, front));

    // And told to stop while it waits, it goes.
    block_in_place(|| rig.broker().kill().expect("killed"));
    let mut back = rig.process("back", "back", &Orders::none());
    sleep(Duration::from_secs(1)).await;
    back.terminate();
    assert!(back.ended(Duration::from_secs(5)).await.success(), "{}", back.log());
}

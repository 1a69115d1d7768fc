//! E17 to E19: processes that are told to stop, and bridges that are closed.

use std::time::{Duration, Instant};

use pontoon::adapter::Request;
use pontoon::adapter::{Message, Metadata, SubscriptionPolicy};
use pontoon::{BridgeError, Started};

use crate::event_bridge::rig::{message, notes, post};
use crate::event_bridge::{Process, Rig};
use crate::system::contract::{Batch, Note};
use crate::system::script::{Act, Orders, Seen};
use crate::topology::apart;

/// How many events are on their way when a process is told to stop.
const EVENTS: u64 = 20;

/// A process that is told to stop handles what it has to, and leaves the rest to the next one: nothing is lost, nothing
/// comes twice.
///
/// # Panics
/// The adapter does not pass.
pub async fn e17_told_to_stop_with_work_in_flight(rig: Rig) {
    let ear = rig.ear("back");
    let (mut first, front) = busy(&rig, &Orders::none().next(&ear, [Act::Hold])).await;
    first.until("one is in flight", |seen| !seen.of(&ear).is_empty()).await;
    if rig.column.is_at_most_once() {
        // What nobody has taken yet is nobody's: all have to be there.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    first.terminate();
    rig.until("it stops", || first.log().contains("stopping")).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(first.is_alive(), "it waits for what it has begun: {}", first.log());
    first.open_gate();
    let status = first.ended(Duration::from_secs(10)).await;
    assert!(status.success(), "{status}: {}", first.log());
    let mut numbers = first.seen().numbers(&ear);
    assert!(numbers.contains(&0), "the one in flight is done");
    if rig.column.outlives_processes() && !rig.column.is_at_most_once() {
        let unit = if rig.column.stays_in_process() { "together" } else { "back" };
        let mut second = rig.process(unit, unit, &Orders::none());
        second.ready().await;
        let left = EVENTS as usize - numbers.len();
        let seen = second.until("the rest is handled", |seen| seen.done(&ear).count() >= left).await;
        second.terminate();
        assert!(second.ended(Duration::from_secs(10)).await.success());
        numbers.extend(seen.numbers(&ear));
    }
    drop(front);
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(0..EVENTS), "{numbers:?}");
}

/// A second SIGTERM ends a process at once; the first one does, when the grace is over.
///
/// # Panics
/// The adapter does not pass.
pub async fn e18_gone_with_the_second_signal_or_the_grace(rig: Rig) {
    /// The machine may be busy.
    const AT_ONCE: Duration = Duration::from_secs(3);
    /// The grace of each unit.
    const GRACE: Duration = Duration::from_secs(6);
    let ear = rig.ear("back");
    let stuck = Orders::none().always(&ear, Act::Hold);
    let (mut twice, front) = busy(&rig, &stuck).await;
    twice.until("one is in flight", |seen| !seen.of(&ear).is_empty()).await;
    twice.terminate();
    rig.until("it stops", || twice.log().contains("stopping")).await;
    // Those that come together are one.
    twice.terminate();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(twice.is_alive());
    twice.terminate();
    let status = twice.ended(AT_ONCE).await;
    assert!(!status.success(), "it has not done all: {status}");
    drop(front);

    let (mut once, front) = busy(&rig, &stuck).await;
    once.until("one is in flight", |seen| !seen.of(&ear).is_empty()).await;
    let before = Instant::now();
    once.terminate();
    let status = once.ended(GRACE + AT_ONCE).await;
    assert!(!status.success(), "it has not done all: {status}");
    assert!(before.elapsed() >= GRACE, "it has its grace: {:?}", before.elapsed());
    assert!(once.log().contains("grace"), "it says why: {}", once.log());
    drop(front);
    let done = |process: &Process| Seen::numbers(&process.seen(), &ear).len();
    assert_eq!((done(&twice), done(&once)), (0, 0));
}

/// Who hears the same, and who emits.
type Others = (Started<apart::side::Side>, Started<apart::front::Front>);

/// A process that has events to handle, and who has emitted them.
async fn busy(rig: &Rig, orders: &Orders) -> (Process, Option<Others>) {
    let event = rig.event();
    if rig.column.stays_in_process() {
        let orders = orders.clone().stock(Batch { event, notes: notes(0..EVENTS) });
        let mut process = rig.process("together", "together", &orders);
        process.ready().await;
        process.until("all are emitted", |seen| seen.emitted.len() as u64 == EVENTS).await;
        return (process, None);
    }
    let mut process = rig.process("back", "back", orders);
    process.ready().await;
    let (side, front) = (rig.side().await, rig.front().await);
    post(&front, event, notes(0..EVENTS)).await;
    (process, Some((side, front)))
}

/// A bridge can be closed twice, and closed while it publishes: whoever uses it gets an error, and nobody waits for
/// ever.
///
/// # Panics
/// The adapter does not pass.
pub async fn e19_closed_twice_and_while_publishing(rig: Rig) {
    const SOON: Duration = Duration::from_secs(15);
    let policy = if rig.column.is_at_most_once() {
        SubscriptionPolicy::at_most_once()
    } else {
        SubscriptionPolicy::at_least_once()
    };
    let tap = rig.tap("tap").await;
    let consumer = tap.subscribe(rig.subject(), "tap.v1.ear", policy.bound(64));
    let endpoint = tap.serve("suite.command.tap.v1.never");
    let topic = tap.topic(rig.subject());
    tap.connect().await.expect("a connection");
    let publishing: Vec<_> = (0..4)
        .map(|_| {
            let topic = topic.clone();
            tokio::spawn(async move {
                for count in 0_u64.. {
                    if let Err(error) = topic.publish(message("1")).await {
                        return (count, error);
                    }
                    tokio::task::yield_now().await;
                }
                unreachable!("it goes on until there is an error")
            })
        })
        .collect();
    let question = Message::new(Metadata::new(), Note::of(1));
    let deadline = pontoon::Instant::now() + Duration::from_secs(60);
    let request = Request { subject: "suite.command.tap.v1.never", message: question, deadline, attempt: 1 };
    let waits = {
        let (tap, request) = (tap.clone(), request.clone());
        tokio::spawn(async move { tap.request(request).await })
    };
    consumer.next().await.expect("an arrival");
    let asked = endpoint.next().await;
    assert!(asked.is_some(), "it is asked, and does not answer");

    tokio::time::timeout(SOON, tap.close()).await.expect("closed");
    tokio::time::timeout(SOON, tap.close()).await.expect("closed twice");
    for one in publishing {
        let (count, error) = tokio::time::timeout(SOON, one).await.expect("no hang").expect("a task");
        assert!(matches!(error, BridgeError::Closed), "after {count}: {error}");
    }
    let reply = tokio::time::timeout(SOON, waits).await.expect("no hang").expect("a task");
    assert!(matches!(reply, Err(BridgeError::Closed)), "{reply:?}");
    let refused = tokio::time::timeout(SOON, topic.publish(message("2"))).await.expect("no hang");
    assert!(matches!(refused, Err(BridgeError::Closed)), "{refused:?}");
    let refused = tokio::time::timeout(SOON, tap.request(request)).await.expect("no hang");
    assert!(matches!(refused, Err(BridgeError::Closed)), "{refused:?}");
    // What had arrived may still be handed out; then it ends.
    let ends = async { while consumer.next().await.is_some() {} };
    tokio::time::timeout(SOON, ends).await.expect("the consumer ends");
    let ends = async { while endpoint.next().await.is_some() {} };
    tokio::time::timeout(SOON, ends).await.expect("the endpoint ends");
    if rig.column.kind().is_some() {
        closed_while_the_broker_says_nothing(&rig).await;
    }
}

/// Nor does it wait for a broker that does not answer.
async fn closed_while_the_broker_says_nothing(rig: &Rig) {
    const SOON: Duration = Duration::from_secs(20);
    let proxy = rig.proxy(&["mute"]);
    let tap = rig.tap("mute").await;
    let topic = tap.topic(rig.subject());
    tap.connect().await.expect("a connection");
    topic.publish(message("1")).await.expect("published");
    proxy.freeze();
    let publishing = {
        let topic = topic.clone();
        tokio::spawn(async move { topic.publish(message("2")).await })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    tokio::time::timeout(SOON, tap.close()).await.expect("closed");
    let ended = tokio::time::timeout(SOON, publishing).await.expect("no hang").expect("a task");
    // Where nobody confirms anything, it counts as published as soon as it is sent.
    if !rig.column.is_at_most_once() {
        assert!(matches!(ended, Err(BridgeError::Closed)), "{ended:?}");
    }
    let refused = tokio::time::timeout(SOON, topic.publish(message("3"))).await.expect("no hang");
    assert!(matches!(refused, Err(BridgeError::Closed)), "{refused:?}");
}

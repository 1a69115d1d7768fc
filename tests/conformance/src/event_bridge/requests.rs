//! E21 to E23: requests that nobody answers, in time or at all.

use std::time::{Duration, Instant};

use pontoon::bridge::{Reply, Request};
use pontoon::{Command, FaultClass, InvokeError, Message, Metadata};

use crate::event_bridge::Rig;
use crate::system::contract::{Note, REFUSED, Refused};
use crate::system::script::Act;
use crate::topology::{back, front};

/// The class of a fault.
fn class<T: std::fmt::Debug, R: std::fmt::Debug>(ended: Result<T, InvokeError<R>>) -> FaultClass {
    match ended {
        Err(InvokeError::Fault(fault)) => fault.class(),
        other => panic!("no fault: {other:?}"),
    }
}

/// A request without an answer ends with its time, and an answer that comes later is dropped and counted.
///
/// # Panics
/// The adapter does not pass.
pub async fn e21_a_request_without_an_answer_in_time(rig: Rig) {
    const REQUESTS: u64 = 20;
    let front = rig.front().await;
    let slow = rig.tap("slow").await;
    let inlet = slow.serve(back::Hurry::SUBJECT);
    slow.connect().await.expect("a connection");
    let client = front.client();
    let calls = (0..REQUESTS).map(|number| client.invoke(front::Press, Note::of(number)));
    let ended = futures_util::future::join_all(calls).await;
    assert!(ended.into_iter().all(|ended| class(ended) == FaultClass::TimedOut));
    assert_eq!(front.counters().late_replies, 0);

    for _ in 0..REQUESTS {
        let asked = inlet.next().await.expect("a request");
        assert!(asked.message.metadata().deadline.is_some(), "the deadline travels");
        let to = asked.reply_to.expect("an address for the reply");
        inlet.answer(&to, Reply::Output("{}".into())).await.expect("sent");
    }
    rig.until("the late replies are counted", || front.counters().late_replies == REQUESTS).await;
    slow.close().await;
    if rig.column.stays_in_process() {
        return;
    }

    // It answers as ever: nothing is taken for the reply of another request.
    let back = rig.back().await;
    let answer = front.client().invoke(front::Press, Note::of(REQUESTS)).await.expect("an answer");
    assert_eq!(answer, Note::of(REQUESTS));
    assert_eq!(front.counters().late_replies, REQUESTS);
    drop((front, back));
}

/// Where nobody serves a command, its caller hears so at once.
///
/// # Panics
/// The adapter does not pass.
pub async fn e22_nobody_serves_the_command(rig: Rig) {
    let front = rig.front().await;
    let before = Instant::now();
    assert_eq!(class(front.client().invoke(front::Ask, Note::of(1)).await), FaultClass::Unavailable);
    // `back.answer` has 30 seconds.
    assert!(before.elapsed() < Duration::from_secs(10), "after {:?}", before.elapsed());

    let back = rig.back().await;
    let client = front.client();
    assert_eq!(client.invoke(front::Ask, Note::of(2)).await.expect("an answer"), Note::of(2));
    let refused = client.invoke(front::Ask, Note::keyed(REFUSED, 3)).await;
    assert!(matches!(refused, Err(InvokeError::Rejected(Refused { number: 3 }))), "{refused:?}");
    rig.script.next("back.answer", [Act::Fail]);
    assert_eq!(class(client.invoke(front::Ask, Note::of(4)).await), FaultClass::Failed);
    if !rig.column.stays_in_process() {
        back.shutdown().await.expect("nothing is lost");
        let before = Instant::now();
        assert_eq!(class(client.invoke(front::Ask, Note::of(5)).await), FaultClass::Unavailable);
        assert!(before.elapsed() < Duration::from_secs(10), "after {:?}", before.elapsed());
    }
}

/// A request that nobody waits for any more is not handled; nor is an event whose time is over.
///
/// # Panics
/// The adapter does not pass.
pub async fn e23_a_deadline_that_is_over_runs_no_handler(rig: Rig) {
    let (back, side) = (rig.back().await, rig.side().await);
    let tap = rig.tap("tap").await;
    tap.connect().await.expect("a connection");
    let request = |number, time| {
        let message = Message::new(Metadata::fresh(), Note::of(number));
        let deadline = pontoon::Instant::now() + time;
        Request { subject: back::Answer::SUBJECT, message, deadline, attempt: 1 }
    };
    let nobody_waits = tokio::time::timeout(Duration::from_millis(500), tap.request(request(1, Duration::ZERO))).await;
    assert!(!matches!(nobody_waits, Ok(Ok(Reply::Output(_)))), "{nobody_waits:?}");
    let reply = tap.request(request(2, Duration::from_secs(20))).await.expect("a reply");
    assert!(matches!(reply, Reply::Output(_)), "{reply:?}");
    assert_eq!(rig.script.seen().numbers("back.answer"), [2]);
    let runs = rig.script.runs("back.answer");
    assert!((1..=20_000).contains(&runs[0].left.expect("a deadline")), "{runs:?}");

    rig.publish_expired(&*tap).await;
    let front = rig.front().await;
    crate::event_bridge::rig::post(&front, rig.event(), crate::event_bridge::rig::notes([3])).await;
    rig.script.done(&rig.ear("back"), 1).await;
    if !rig.column.is_at_most_once() {
        let letters = rig.dead(&back, 1).await;
        assert!(letters[0].reason.contains("deadline"), "{}", letters[0].reason);
    }
    assert_eq!(rig.script.seen().of(&rig.ear("back")).len(), 1);
    drop((front, back, side));
}

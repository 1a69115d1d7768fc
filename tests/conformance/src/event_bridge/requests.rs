//! E21 to E23: requests that nobody answers, in time or at all.

use std::time::{Duration, Instant};

use pontoon::adapter::{Message, Metadata};
use pontoon::adapter::{Reply, Request};
use pontoon::generated::Command;
use pontoon::{FaultClass, Id, InvokeError};
use tokio::time::sleep;

use crate::event_bridge::rig::{notes, post};
use crate::event_bridge::{Rig, raw};
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
    let endpoint = slow.serve(back::Hurry::SUBJECT);
    slow.connect().await.expect("a connection");
    let client = front.client();
    let calls = (0..REQUESTS).map(|number| client.invoke(front::Press, Note::of(number)));
    let ended = futures_util::future::join_all(calls).await;
    assert!(ended.into_iter().all(|ended| class(ended) == FaultClass::TimedOut));
    assert_eq!(front.counters().late_replies, 0);

    for _ in 0..REQUESTS {
        let asked = endpoint.next().await.expect("a request");
        assert!(asked.message.metadata().deadline.is_some(), "the deadline travels");
        let to = asked.reply_to.expect("an address for the reply");
        endpoint.answer(&to, Reply::Output("{}".into())).await.expect("sent");
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

/// A request that fails is sent again as often as its command allows, and as its caller has time for.
///
/// # Panics
/// The adapter does not pass.
pub async fn e21_a_request_is_tried_again_where_its_command_allows_it(rig: Rig) {
    let (back, front) = (rig.back().await, rig.front().await);
    let attempts = |handler: &str, number| {
        let runs = rig.script.runs(handler).into_iter().filter(|run| run.note.number == number);
        runs.map(|run| run.attempt).collect::<Vec<u32>>()
    };
    let client = front.client();
    rig.script.next("back.waver", [Act::Fail, Act::Fail]);
    assert_eq!(client.invoke(front::Insist, Note::of(1)).await.expect("an answer at last"), Note::of(1));
    assert_eq!(attempts("back.waver", 1), [1, 2, 3]);

    rig.script.always("back.waver", Act::Fail).always("back.answer", Act::Fail);
    assert_eq!(class(client.invoke(front::Insist, Note::of(2)).await), FaultClass::Failed);
    assert_eq!(attempts("back.waver", 2), [1, 2, 3]);
    assert_eq!(class(client.invoke(front::Ask, Note::of(3)).await), FaultClass::Failed);
    assert_eq!(attempts("back.answer", 3), [1], "this one does not allow it");

    // The pause before the second attempt is longer than the caller has time for.
    let hurried = front.client().timeout(Duration::from_millis(150));
    class(hurried.invoke(front::Insist, Note::of(4)).await);
    sleep(Duration::from_secs(1)).await;
    assert!(attempts("back.waver", 4).len() <= 1, "nobody waits for a second one");
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
    // `back.answer` has 5 seconds.
    assert!(before.elapsed() < Duration::from_secs(2), "after {:?}", before.elapsed());

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
        assert!(before.elapsed() < Duration::from_secs(2), "after {:?}", before.elapsed());
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
        let message = Message::new(Metadata::new(), Note::of(number));
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

    // An event whose time was over before it was sent.
    if rig.column.stays_in_process() {
        let metadata = Metadata { deadline: Some(pontoon::Instant::now()), ..Metadata::new() };
        tap.topic(rig.subject()).publish(Message::new(metadata, Note::of(0))).await.expect("published");
    } else {
        let id = Id::random().to_string();
        let attributes = [
            ("specversion", "1.0"),
            ("id", &id),
            ("source", "/elsewhere"),
            ("type", rig.subject()),
            ("expirytime", "2020-01-01T00:00:00Z"),
        ];
        raw::publish(&rig, &attributes, r#"{"key":"","number":0,"text":""}"#).await;
    }
    let front = rig.front().await;
    post(&front, rig.event(), notes([3])).await;
    rig.script.done(&rig.ear("back"), 1).await;
    if !rig.column.is_at_most_once() {
        let letters = rig.dead(&back, 1).await;
        assert!(letters[0].reason.contains("deadline"), "{}", letters[0].reason);
    }
    assert_eq!(rig.script.seen().of(&rig.ear("back")).len(), 1);
    drop((front, back, side));
}

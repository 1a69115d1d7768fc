//! E10, E14, E36: payloads that are too large for the bridge, or for its broker alone; consumers that are too slow.

use std::time::Duration;

use pontoon::adapter::{Message, Metadata};
use pontoon::adapter::{Reply, Request};
use pontoon::generated::Command;
use pontoon::{BridgeError, FaultClass, InvokeError};

use crate::event_bridge::house::LARGEST;
use crate::event_bridge::rig::{message, notes, post};
use crate::event_bridge::{Cell, Column, Rig, local_disk};
use crate::system::contract::{Batch, Note};
use crate::system::script::{Act, Orders};
use crate::topology::{back, front};

/// A payload that is larger than the bridge carries is an error of who sends it; nobody else notices.
///
/// # Panics
/// The adapter does not pass.
pub async fn e10_a_payload_over_the_limit_is_not_sent(rig: Rig) {
    let limit = rig.column.capability().largest_payload;
    let ear = rig.ear("back");
    let units = (rig.back().await, rig.side().await);
    let front = rig.front().await;
    let envelope = serde_json::to_vec(&Note::of(1)).expect("JSON").len();
    // A text in a note, so long that the payload has this size.
    let filled = |size: usize| Note { text: "x".repeat(size - envelope), ..Note::of(1) };
    // Where there is no limit, as much as any bridge carries, and more. Some of what a broker takes may be metadata.
    let largest = usize::try_from(limit.min(32 << 20)).expect("a size");
    let largest = if limit == u64::MAX { largest } else { largest - largest / 64 };
    let tap = rig.tap("tap").await;
    let topic = tap.topic(rig.subject());
    tap.connect().await.expect("a connection");
    if limit < u64::MAX {
        let over = filled(usize::try_from(limit).expect("a size") + 1);
        let refused = topic.publish(message(&serde_json::to_string(&over).expect("JSON"))).await;
        match refused {
            Err(BridgeError::TooLarge { size, limit: said, .. }) => {
                assert_eq!(size as u64, limit + 1);
                assert!(said <= limit, "{said}");
            }
            other => panic!("over the limit: {other:?}"),
        }
        let refused = front.client().invoke(front::Post, Batch { event: rig.event(), notes: vec![over.clone()] }).await;
        let class = refused.map_err(|error| match error {
            InvokeError::Fault(fault) => fault.class(),
            InvokeError::Rejected(never) => match never {},
        });
        assert_eq!(class, Err(FaultClass::Malformed));
        let refused = front.client().invoke(front::Ask, over).await;
        assert!(matches!(&refused, Err(InvokeError::Fault(fault)) if fault.class() == FaultClass::Malformed));
        assert!(tap.health().is_ready() && front.health().is_ready());
    }
    post(&front, rig.event(), vec![filled(largest)]).await;
    let question = Message::new(Metadata::new(), filled(largest));
    let deadline = pontoon::Instant::now() + Duration::from_secs(30);
    let request = Request { subject: back::Answer::SUBJECT, message: question, deadline, attempt: 1 };
    match tap.request(request).await.expect("a reply") {
        Reply::Output(json) => assert!(json == serde_json::to_vec(&filled(largest)).expect("JSON")),
        other => panic!("no answer: {other:?}"),
    }
    let runs = rig.script.done(&ear, 1).await;
    assert!(runs[0].note == filled(largest));
    drop((front, units));
    assert_eq!((rig.script.runs(&ear).len(), rig.script.runs("back.answer").len()), (1, 1), "nothing else came");
}

/// A consumer that is much slower than the publisher does not fill the memory of its process.
///
/// # Panics
/// The adapter does not pass.
pub async fn e14_a_slow_consumer_leaves_memory_flat(rig: Rig) {
    if rig.column == Column::Embedded {
        return local_disk::memory_stays_flat(rig).await;
    }
    if rig.column.stays_in_process() {
        return in_memory_holds_the_publisher_back(rig).await;
    }
    /// What is published: far more than a process may take in advance.
    const EVENTS: u64 = 24_000;
    const SIZE: usize = 4_000;
    /// How much more memory the consumer may have at the end.
    const FLAT: u64 = 40 << 20;
    let ear = rig.ear("back");
    let mut back = rig.process("back", "back", &Orders::none().always(&ear, Act::Wait(20)));
    back.ready().await;
    let (side, front) = (rig.side().await, rig.front().await);
    let note = |number| Note { text: "x".repeat(SIZE), ..Note::of(number) };
    post(&front, rig.event(), (0..200).map(note).collect()).await;
    back.until("it has begun", |seen| seen.done(&ear).count() > 10).await;
    let before = back.resident();
    // By several at once: as fast as the broker takes it.
    let client = front.client();
    let batches = (0..8).map(|lane| {
        let (client, event) = (client.clone(), rig.event());
        tokio::spawn(async move {
            for start in (200 + lane * 100..EVENTS).step_by(800) {
                let notes = (start..start + 100).map(note).collect();
                client.invoke(front::Post, Batch { event, notes }).await.expect("emitted");
            }
        })
    });
    let mut most = before;
    let sent = futures_util::future::join_all(batches);
    tokio::pin!(sent);
    loop {
        tokio::select! {
            sent = &mut sent => {
                sent.into_iter().for_each(|one| one.expect("sent"));
                break;
            }
            () = tokio::time::sleep(Duration::from_millis(50)) => most = most.max(back.resident()),
        }
    }
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        most = most.max(back.resident());
    }
    let seen = back.seen();
    let handled = seen.of(&ear);
    assert!(handled.len() < EVENTS as usize / 4, "it is slow: {}", handled.len());
    let grown = most - before;
    assert!(grown < FLAT, "{} MB more than {} MB", grown >> 20, before >> 20);
    drop((side, front));
    if rig.cell() == Cell::Counted {
        back.kill();
        return drops_are_counted(rig).await;
    }
    let numbers: Vec<u64> = handled.iter().map(|run| run.note.number).collect();
    let distinct: std::collections::BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!(distinct.len(), numbers.len(), "nothing comes twice because somebody is slow");
}

/// In memory, there is only as much room as the subscription has: who publishes waits.
async fn in_memory_holds_the_publisher_back(rig: Rig) {
    const EVENTS: u64 = 5_000;
    /// The bound of `back.hear`, and the one that is being handled.
    const ROOM: usize = 1024 + 1;
    rig.script.next("back.hear", [Act::Hold]);
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    let client = front.client();
    let event = rig.event();
    let sending =
        tokio::spawn(async move { client.invoke(front::Post, Batch { event, notes: notes(0..EVENTS) }).await });
    rig.script.until("there is no room", |seen| seen.emitted.len() >= ROOM).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(rig.script.seen().emitted.len(), ROOM, "the next one waits");
    rig.script.open_gate();
    sending.await.expect("a task").expect("emitted");
    rig.script.done("back.hear", EVENTS as usize).await;
    assert!(rig.script.seen().numbers("back.hear").into_iter().eq(0..EVENTS));
    drop((front, back, side));
}

/// What there was no room for is gone, and its consumer knows how many.
async fn drops_are_counted(rig: Rig) {
    const EVENTS: u64 = 20_000;
    let ear = rig.ear("back");
    rig.script.next(&format!("{ear}#0"), [Act::Hold]);
    let (back, front) = (rig.back().await, rig.front().await);
    post(&front, rig.event(), notes([0])).await;
    rig.script.begun(&ear, 1).await;
    post(&front, rig.event(), notes(1..EVENTS)).await;
    rig.script.open_gate();
    // Until one arrives that is later than all that were dropped.
    let mut last = EVENTS;
    while rig.script.seen().numbers(&ear).last().is_none_or(|number| *number < EVENTS) {
        post(&front, rig.event(), notes([last])).await;
        last += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let numbers = rig.script.seen().numbers(&ear);
    let arrived_last = *numbers.last().expect("one");
    let missing = arrived_last + 1 - numbers.len() as u64;
    assert!(missing > 0, "there was room for all of them");
    assert_eq!(back.counters().lost, missing, "of {arrived_last}");
    drop((front, back));
}

/// What the broker refuses for good, and did not announce, is an error of who sends it, at once; everything else goes
/// on.
///
/// # Panics
/// The adapter does not pass.
pub async fn e36_what_the_broker_refuses_for_good(rig: Rig) {
    let ear = rig.ear("back");
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    let large = |number| Note { text: "x".repeat(usize::try_from(2 * LARGEST).expect("a size")), ..Note::of(number) };
    for round in 0..3 {
        let first = round * 100;
        let good = (first..first + 20).map(|number| (number, Note::of(number)));
        let bad = (first + 90..first + 93).map(|number| (number, large(number)));
        let posted = good.chain(bad).map(|(number, note)| {
            let (client, event) = (front.client().timeout(Duration::from_secs(20)), rig.event());
            async move { (number, client.invoke(front::Post, Batch { event, notes: vec![note] }).await) }
        });
        for (number, ended) in futures_util::future::join_all(posted).await {
            match ended {
                Ok(()) => assert!(number % 100 < 20, "{number} is taken"),
                Err(InvokeError::Fault(fault)) => {
                    assert!(number % 100 >= 90 && fault.class() == FaultClass::Malformed, "{number}: {fault:?}");
                }
                Err(InvokeError::Rejected(never)) => match never {},
            }
        }
        // Requests alike.
        let client = front.client();
        let (refused, answered) =
            tokio::join!(client.invoke(front::Ask, large(first)), client.invoke(front::Press, Note::of(first)));
        assert!(
            matches!(&refused, Err(InvokeError::Fault(fault)) if fault.class() == FaultClass::Malformed),
            "{refused:?}"
        );
        assert_eq!(answered.expect("an answer"), Note::of(first));
    }
    let heard = rig.script.until("all the others are heard", |seen| seen.done(&ear).count() >= 60).await;
    assert!(heard.numbers(&ear).iter().all(|number| number % 100 < 20), "{heard}");
    rig.until("all are ready", || front.health().is_ready() && back.health().is_ready()).await;
    drop((front, back, side));
}

//! E39: what an idempotency key counts for.

use std::sync::Arc;
use std::time::Duration;

use pontoon::adapter::{EventAdapter, Reply, Request};
use pontoon::adapter::{Message, Metadata};
use pontoon::generated::{Command, Event};
use pontoon::{FaultClass, Instant};

use crate::event_bridge::Rig;
use crate::event_bridge::column::Column;
use crate::system::contract::Note;
use crate::topology::{back, event, state};

/// A key counts for its operation and its tenant; another input under it is refused; no key is no idempotency.
///
/// # Panics
/// The adapter does not pass.
pub async fn e39_keys_have_a_scope(rig: Rig) {
    let unit = rig.back().await;
    let tap = rig.tap("tap").await;
    let topic = tap.topic(event::Charged::SUBJECT);
    tap.connect().await.expect("a connection");
    if rig.column != Column::JetStream {
        commands(&rig, &*tap).await;
    }
    if rig.column.is_at_most_once() {
        return;
    }
    let other = Note { text: "another".to_owned(), ..Note::of(7) };
    let notes = [
        ("a", "ada", Note::of(7)),
        ("a", "bob", Note::of(7)),
        ("b", "ada", Note::of(7)),
        ("a", "ada", other),
        ("a", "ada", Note::of(8)),
    ];
    for (tenant, principal, note) in notes {
        topic.publish(Message::new(of(tenant, principal), note)).await.expect("published");
    }
    rig.script.until("each tenant has its effect", |seen| seen.numbers("back.charge") == [7, 7, 8]).await;
    let dead = unit.dead_letters(back::Charge);
    let refused = || async { dead.list().await.expect("the dead letters") };
    let wait = async {
        while refused().await.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.expect("another input is a dead letter");
    let refused = refused().await;
    assert_eq!(refused.len(), 1);
    assert!(refused[0].reason.contains("key_reused"), "{}", refused[0].reason);
    let effects = unit.state(state::Effects);
    while effects.get(&8).await.expect("the store").is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(effects.get(&7).await.expect("the store"), Some(2));
    drop(unit);
}

async fn commands(rig: &Rig, tap: &dyn EventAdapter) {
    let ask = |tenant, principal, note| async move {
        let message = Message::new(of(tenant, principal), note);
        let deadline = Instant::now() + Duration::from_secs(30);
        let request = Request { subject: back::Pay::SUBJECT, message, deadline, attempt: 1 };
        tap.request(request).await.expect("an answer")
    };
    let note = |text: &str| Note { text: text.to_owned(), ..Note::keyed("k", 7) };
    let answers = |reply: Reply, text: &str| match reply {
        Reply::Output(json) => assert_eq!(serde_json::from_slice::<Note>(&json).expect("a note"), note(text)),
        other => panic!("no output: {other:?}"),
    };
    answers(ask("a", "ada", note("1")).await, "1");
    answers(ask("a", "ada", note("1")).await, "1");
    answers(ask("a", "bob", note("1")).await, "1");
    answers(ask("b", "ada", note("2")).await, "2");
    match ask("a", "ada", note("2")).await {
        Reply::Fault { class: FaultClass::KeyReused, .. } => {}
        other => panic!("it is not refused: {other:?}"),
    }
    for _ in 0..2 {
        ask("a", "ada", Note::of(9)).await;
    }
    let runs = rig.script.runs("back.pay");
    let seen: Vec<_> = runs.iter().map(|run| (run.tenant.as_deref(), &*run.note.text, run.note.number)).collect();
    assert_eq!(seen, [(Some("a"), "1", 7), (Some("b"), "2", 7), (Some("a"), "", 9), (Some("a"), "", 9)]);
}

fn of(tenant: &str, principal: &str) -> Metadata {
    Metadata { tenant: Some(Arc::from(tenant)), principal: Some(Arc::from(principal)), ..Metadata::new() }
}

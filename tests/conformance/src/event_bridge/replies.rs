//! E29: where replies go.

use pontoon::Id;
use pontoon::generated::Command;

use crate::event_bridge::rig::{notes, post};
use crate::event_bridge::{Column, Rig, raw};
use crate::system::contract::Note;
use crate::topology::{back, front};

/// A request that names an address where no caller listens, of which the right to publish is the server's and not its
/// sender's: it is run, nothing is published there, and that is counted. The command is served as before.
///
/// # Panics
/// The adapter does not pass.
pub async fn e29_a_reply_goes_to_no_address_but_a_callers(rig: Rig) {
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    let (heard, subject) = (rig.ear("back"), rig.subject());
    // Where an event is published that units hear.
    let reply_to = match rig.column {
        Column::Amqp => format!("{subject}.back.v1.hear"),
        Column::Mqtt => subject.replace('.', "/"),
        _ => subject.to_owned(),
    };
    let id = Id::random().to_string();
    let attributes = [("specversion", "1.0"), ("id", &*id), ("source", "/elsewhere"), ("type", back::Answer::SUBJECT)];
    let readable = r#"{"key":"","number":1,"text":""}"#;
    for (attributes, body) in [(&attributes[..], readable), (&[][..], "no attributes"), (&attributes[..], "no JSON")] {
        let call = raw::Call { subject: back::Answer::SUBJECT, reply_to: &reply_to, attributes, body };
        raw::call(&rig, &call).await;
    }
    rig.until("the replies are refused", || back.counters().refused_replies == 3).await;
    rig.script.done("back.answer", 1).await;
    assert_eq!(back.counters().malformed, 1, "the request without attributes, and no reply where events are heard");

    let answer = front.client().invoke(front::Ask, Note::of(2)).await.expect("an answer");
    assert_eq!(answer, Note::of(2));
    // What comes there after the replies would have.
    post(&front, rig.event(), notes([3])).await;
    let runs = rig.script.done(&heard, 1).await;
    assert_eq!(runs.iter().map(|run| run.note.number).collect::<Vec<u64>>(), [3]);
    if !rig.column.is_at_most_once() {
        rig.dead(&back, 0).await;
    }
    assert_eq!((back.counters().malformed, back.counters().refused_replies), (1, 3));
    assert!(back.health().is_ready(), "{}", back.health());
    drop((front, back, side));
}

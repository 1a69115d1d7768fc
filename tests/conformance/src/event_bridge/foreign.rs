//! E37: messages of other programs.

use std::collections::BTreeSet;

use pontoon::Id;

use crate::event_bridge::{Cell, Rig, raw};

/// What a message says about itself.
type Attributes<'a> = &'a [(&'a str, &'a str)];

/// Whatever CloudEvents lets others write is handled; what it does not is given up at once, and says why.
///
/// # Panics
/// The adapter does not pass.
pub async fn e37_messages_of_other_programs(rig: Rig) {
    const STRUCTURED: (&str, &str) = (raw::CONTENT_TYPE, "application/cloudevents+json; charset=UTF-8");
    let (back, side) = (rig.back().await, rig.side().await);
    let note = |number: u64| format!(r#"{{"key":"","number":{number},"text":"Zoë"}}"#);
    let id = Id::random().to_string();
    let smallest =
        [("specversion", "1.0"), ("id", "order 7"), ("source", "/elsewhere"), ("type", "com.example.placed")];
    let optional = [
        ("subject", "orders/7"),
        ("dataschema", "https://example.com/note"),
        ("time", "2026-11-29T10:00:00.5+01:00"),
        ("expirytime", "2999-01-01T00:00:00+02:00"),
        ("correlationid", "checkout of order 7"),
        ("causationid", "42"),
        ("sequence", "0000a"),
        ("hops", "many"),
        ("attempt", "first"),
        ("timeoutms", "soon"),
        ("traceparent", "none"),
        ("partitionkey", "7"),
    ];
    let in_another_case =
        [("SpecVersion", "1.0"), ("ID", &*id), ("Source", "/elsewhere"), ("TYPE", "com.example.placed")];
    let together = |number: u64, more: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"s{number}","source":"/elsewhere","type":"com.example.placed",{more}"data":{}}}"#,
            note(number)
        )
    };
    let optional = [&smallest[..2], &[("source", "/elsewhere/else")], &smallest[3..], &optional].concat();
    let handled: [(Attributes<'_>, String); 5] = [
        (&smallest, note(1)),
        (&optional, note(2)),
        (&in_another_case, note(3)),
        (&[STRUCTURED], together(4, "")),
        (
            &[STRUCTURED],
            together(5, r#""correlationid":"checkout","sequence":7,"datacontenttype":"application/json","#),
        ),
    ];
    for (attributes, body) in &handled {
        raw::publish(&rig, attributes, body).await;
    }
    let ear = rig.ear("back");
    let runs = rig.script.done(&ear, handled.len()).await;
    let numbers: BTreeSet<u64> = runs.iter().map(|run| run.note.number).collect();
    assert!(numbers.iter().copied().eq(1..=5), "{numbers:?}");
    let of = |number: u64| runs.iter().find(|run| run.note.number == number).expect("it is handled");
    assert_eq!(of(3).id.to_string(), id);
    assert!(runs.iter().all(|run| run.attempt == 1 && run.note.text == "Zoë"), "{runs:?}");
    let ids: BTreeSet<Id> = runs.iter().map(|run| run.id).collect();
    assert_eq!(ids.len(), handled.len(), "each has an identifier of its own, by its source and id");

    // Of its own: the same source and id would be the same event.
    let another = [&smallest[..1], &[("id", "order 8")], &smallest[2..]].concat();
    let refused: [(Attributes<'_>, &str, &str); 6] = [
        (&[], &note(6), "specversion"),
        (&[], "not even JSON", "specversion"),
        (&another, "not even JSON", "malformed"),
        (&[STRUCTURED], "{", "cloudevents+json"),
        (&[STRUCTURED], &note(7), "specversion"),
        (&[(raw::CONTENT_TYPE, "application/cloudevents-batch+json")], "[]", "batch"),
    ];
    for (attributes, body, _) in &refused {
        raw::publish(&rig, attributes, body).await;
    }
    if rig.cell() == Cell::Counted {
        rig.until("they are counted", || back.counters().malformed == refused.len() as u64).await;
    } else {
        let letters = rig.dead(&back, refused.len()).await;
        for (_, body, says) in refused {
            let letter = letters.iter().find(|letter| *letter.json == *body && letter.reason.contains(says));
            assert!(letter.is_some_and(|letter| letter.attempts == 1), "{body}, {says}: {letters:?}");
        }
    }
    assert!(back.health().is_ready());
    assert_eq!(rig.script.runs(&ear).len(), handled.len(), "nothing comes again");
    drop((side, back));
}

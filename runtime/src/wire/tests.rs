//! What is written is what is read, and hostile attributes are malformed messages.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::bridge::{BridgeError, Reply};
use crate::fault::FaultClass;
use crate::id::Id;
use crate::message::Message;
use crate::metadata::{Metadata, Trace};

const SUBJECT: &str = "shop.event.user_signed_up.v1";

type Attributes = HashMap<&'static str, String>;

fn written(outgoing: &Outgoing<'_>) -> Attributes {
    let mut attributes = Attributes::new();
    outgoing.attributes(|attribute, text| {
        attributes.insert(attribute.mqtt, text.to_owned());
    });
    attributes
}

fn read(attributes: &Attributes) -> Result<Incoming, Malformed> {
    Incoming::read("7".into(), |attribute| attributes.get(attribute.mqtt).map(|text| Cow::Borrowed(&**text)))
}

#[test]
fn metadata_survive_the_wire() {
    let trace = Trace { id: Id::draw(), flags: 0, state: Some("vendor=1".into()) };
    let metadata = Metadata {
        causation: Some(Id::draw()),
        principal: Some("ada".into()),
        tenant: Some("acme".into()),
        hops: 3,
        trace: Some(Arc::new(trace.clone())),
        ..Metadata::fresh()
    };
    let message = Message::new(metadata.clone(), 7);
    let deadline = Some(Instant::now() + Duration::from_secs(60));
    let outgoing = Outgoing {
        attempt: 2,
        sequence: Some(9),
        deadline,
        dead: Some(("poison", 5)),
        ..Outgoing::new(SUBJECT, &message, "/shop/user/1")
    };
    assert_eq!(outgoing.body(1).unwrap(), "7");
    let incoming = read(&written(&outgoing)).unwrap();
    let back = incoming.message.metadata();
    assert_eq!((back.id, back.correlation, back.causation), (metadata.id, metadata.correlation, metadata.causation));
    assert_eq!((back.principal.as_deref(), back.tenant.as_deref(), back.hops), (Some("ada"), Some("acme"), 3));
    assert_eq!(back.trace.as_deref(), Some(&trace));
    assert!(back.deadline.is_some_and(|back| back > Instant::now() + Duration::from_secs(50)));
    assert_eq!((incoming.attempt, incoming.sequence), (2, Some(9)));
    assert_eq!(incoming.source, "/shop/user/1");
    assert_eq!(incoming.dead, Some(("poison".to_owned(), 5)));
    assert_eq!(incoming.message.decode::<u32>().unwrap(), 7);
}

/// The clock of the sender is nowhere in it.
#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_deadline_travels_as_a_duration() {
    let message = Message::new(Metadata::fresh(), 7);
    let deadline = Some(Instant::now() + Duration::from_secs(5));
    let mut attributes = written(&Outgoing { deadline, ..Outgoing::new(SUBJECT, &message, "/") });
    assert_eq!(attributes["timeoutms"], "5000");
    assert!(!attributes.contains_key("expirytime"));
    for time in ["1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z"] {
        attributes.insert("time", time.to_owned());
        let incoming = read(&attributes).unwrap();
        assert_eq!(incoming.message.metadata().deadline, deadline, "{time}");
        assert_eq!(incoming.patience, Some(Duration::from_secs(5)));
    }
    let arrived = Instant::now();
    tokio::time::advance(Duration::from_secs(3)).await;
    let get = |attribute: Attribute| attributes.get(attribute.mqtt).map(|text| Cow::Borrowed(&**text));
    let late = Incoming::read_at(arrived, "7".into(), get).unwrap();
    assert_eq!(late.message.metadata().deadline, deadline, "it has waited here");
    attributes.insert("timeoutms", u64::MAX.to_string());
    assert!(read(&attributes).is_ok());
}

#[test]
fn a_reason_is_kept_as_far_as_it_fits() {
    let (message, reason) = (Message::new(Metadata::fresh(), 7), "é".repeat(8 * 1024));
    let outgoing = Outgoing { dead: Some((&reason, 5)), ..Outgoing::new(SUBJECT, &message, "/") };
    let (kept, attempts) = read(&written(&outgoing)).unwrap().dead.unwrap();
    assert_eq!((kept.len(), attempts), (8 * 1024, 5));
}

#[test]
fn a_chain_of_our_own_is_traced_under_its_correlation() {
    let message = Message::new(Metadata::fresh(), 7);
    let attributes = written(&Outgoing::new(SUBJECT, &message, "/shop/user/1"));
    let correlation = message.metadata().correlation.to_string().replace('-', "");
    let span = message.metadata().id.to_string().replace('-', "")[16..].to_owned();
    assert_eq!(attributes["traceparent"], format!("00-{correlation}-{span}-01"));
    assert_eq!(read(&attributes).unwrap().message.metadata().trace, None);
}

#[test]
fn a_foreign_event_has_the_same_identifier_each_time() {
    let foreign = |source: &str, id: &str| {
        let text = [("specversion", "1.0"), ("id", id), ("source", source), ("type", "x")];
        let attributes = text.map(|(name, value)| (name, value.to_owned())).into();
        let metadata = read(&attributes).unwrap().message.metadata().clone();
        assert_eq!(metadata.correlation, metadata.id);
        metadata.id
    };
    assert_eq!(foreign("/a", "order 1"), foreign("/a", "order 1"));
    assert_ne!(foreign("/a", "order 1"), foreign("/b", "order 1"));
}

#[test]
fn what_cannot_be_understood_is_malformed() {
    let message = Message::new(Metadata::fresh(), 7);
    let sound = written(&Outgoing::new(SUBJECT, &message, "/shop/user/1"));
    for missing in ["specversion", "id", "source", "type"] {
        let mut attributes = sound.clone();
        attributes.remove(missing);
        assert!(read(&attributes).unwrap_err().to_string().contains(missing));
    }
    let wrong = [
        ("specversion", "0.3"),
        ("correlationid", "x"),
        ("hops", "-1"),
        ("attempt", "99999999999999999999"),
        ("sequence", ""),
        ("expirytime", "tomorrow"),
        ("timeoutms", "-1"),
        ("deadattempts", "many"),
    ];
    for (name, value) in wrong {
        let mut attributes = sound.clone();
        attributes.insert(name, value.to_owned());
        assert!(read(&attributes).is_err(), "{name}: {value}");
    }
    for parent in ["", "00", "00-0-0-00", "ff-00000000000000000000000000000001-0000000000000001-00", "é-é-é-é"] {
        let mut attributes = sound.clone();
        attributes.insert("traceparent", parent.to_owned());
        assert_eq!(read(&attributes).unwrap().message.metadata().trace, None, "{parent}");
    }
    for expiry in ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
        let mut attributes = sound.clone();
        attributes.insert("expirytime", expiry.to_owned());
        assert!(read(&attributes).is_ok(), "{expiry}");
    }
}

#[test]
fn a_payload_over_the_limit_is_not_sent() {
    let message = Message::new(Metadata::fresh(), "0123456789".to_owned());
    let refused = Outgoing::new(SUBJECT, &message, "/").body(11);
    assert!(matches!(refused, Err(BridgeError::TooLarge { size: 12, limit: 11, .. })));
}

#[test]
fn replies_survive_the_wire() {
    let id = Id::draw();
    let replies =
        [Reply::Output("1".into()), Reply::Rejection("2".into()), Reply::Fault { id, class: FaultClass::TimedOut }];
    let over = |reply: Reply, limit| {
        let mut attributes = Attributes::new();
        let body = write_reply(reply, SUBJECT, limit, |attribute, text| {
            attributes.insert(attribute.mqtt, text.to_owned());
        });
        read_reply(body, |attribute| attributes.get(attribute.mqtt).map(|text| Cow::Borrowed(&**text)))
    };
    for reply in replies {
        assert_eq!(over(reply.clone(), 1).unwrap(), reply);
    }
    let too_large = over(Reply::Output("12".into()), 1).unwrap();
    assert!(matches!(too_large, Reply::Fault { class: FaultClass::Malformed, .. }));
    let plain = read_reply("1".into(), |_| None);
    assert_eq!(plain.unwrap(), Reply::Output("1".into()), "of a program that knows nothing of us");
    assert!(read_reply("1".into(), |_| Some("maybe".into())).is_err());
}

#[test]
fn attributes_that_not_every_bridge_carries_are_refused_before_they_are_sent() {
    let body = |principal: String| {
        let message = Message::new(Metadata { principal: Some(principal.into()), ..Metadata::fresh() }, 7);
        Outgoing::new(SUBJECT, &message, "/").body(u64::MAX)
    };
    assert!(body("x".repeat(30 * 1024)).is_ok());
    // Percent-encoded, it is three times as long.
    for principal in ["x".repeat(37 * 1024), " ".repeat(13 * 1024), "é".repeat(7 * 1024)] {
        let Err(BridgeError::TooLarge { subject, .. }) = body(principal) else { panic!("it is sent") };
        assert_eq!(subject, format!("the attributes of {SUBJECT}"));
    }
}

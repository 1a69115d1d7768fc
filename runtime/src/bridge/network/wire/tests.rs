//! What is written is what is read, and hostile attributes are malformed messages.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::bridge::{BridgeError, Reply};
use crate::fault::FaultClass;
use crate::message::Message;
use crate::message::id::Id;
use crate::message::metadata::{Metadata, Trace};

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
    Incoming::read("7".into(), Some(CONTENT_TYPE), |attribute| {
        attributes.get(attribute.mqtt).map(|text| Cow::Borrowed(&**text))
    })
}

#[test]
fn metadata_survive_the_wire() {
    let trace = Trace { id: Id::random(), flags: 0, state: Some("vendor=1".into()) };
    let metadata = Metadata {
        causation: Some(Id::random()),
        principal: Some("ada".into()),
        tenant: Some("acme".into()),
        hops: 3,
        trace: Some(Arc::new(trace.clone())),
        ..Metadata::new()
    };
    let message = Message::new(metadata.clone(), 7);
    let deadline = Some(Instant::now() + Duration::from_secs(60));
    let outgoing = Outgoing {
        attempt: 2,
        sequence: Some(9),
        deadline,
        dead: Some(GivenUp { reason: "poison", attempts: 5 }),
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
    assert_eq!(incoming.dead, Some(GivenUp { reason: "poison".to_owned(), attempts: 5 }));
    assert_eq!(incoming.message.decode::<u32>().unwrap(), 7);
}

/// The clock of the sender is nowhere in it.
#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_deadline_travels_as_a_duration() {
    let message = Message::new(Metadata::new(), 7);
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
    let late = Incoming::read_at(arrived, "7".into(), None, get).unwrap();
    assert_eq!(late.message.metadata().deadline, deadline, "it has waited here");
    attributes.insert("timeoutms", u64::MAX.to_string());
    assert!(read(&attributes).is_ok());
}

#[test]
fn a_reason_is_kept_as_far_as_it_fits() {
    let (message, reason) = (Message::new(Metadata::new(), 7), "é".repeat(8 * 1024));
    let outgoing =
        Outgoing { dead: Some(GivenUp { reason: &reason, attempts: 5 }), ..Outgoing::new(SUBJECT, &message, "/") };
    let GivenUp { reason: kept, attempts } = read(&written(&outgoing)).unwrap().dead.unwrap();
    assert_eq!((kept.len(), attempts), (8 * 1024, 5));
}

#[test]
fn a_chain_of_our_own_is_traced_under_its_correlation() {
    let message = Message::new(Metadata::new(), 7);
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
    let message = Message::new(Metadata::new(), 7);
    let sound = written(&Outgoing::new(SUBJECT, &message, "/shop/user/1"));
    for missing in ["specversion", "id", "source", "type"] {
        let mut attributes = sound.clone();
        attributes.remove(missing);
        assert!(read(&attributes).unwrap_err().to_string().contains(missing));
    }
    let mut old = sound.clone();
    old.insert("specversion", "0.3".to_owned());
    assert!(read(&old).is_err());
    // What is optional, and written in another way than we would.
    let others = [
        ("correlationid", "x"),
        ("causationid", "order 7"),
        ("time", "yesterday"),
        ("hops", "-1"),
        ("attempt", "99999999999999999999"),
        ("sequence", ""),
        ("expirytime", "tomorrow"),
        ("timeoutms", "-1"),
        ("deadattempts", "many"),
    ];
    for (name, value) in others {
        let mut attributes = sound.clone();
        attributes.insert(name, value.to_owned());
        let incoming = read(&attributes).unwrap();
        assert_eq!(incoming.message.metadata().id, message.metadata().id, "{name}: {value}");
        assert!(incoming.attempt == 1 && incoming.patience.is_none() && incoming.sequence.is_none());
        let again = read(&attributes).unwrap();
        assert_eq!(incoming.message.metadata().correlation, again.message.metadata().correlation, "the same chain");
    }
    for parent in ["", "00", "00-0-0-00", "ff-00000000000000000000000000000001-0000000000000001-00", "é-é-é-é"] {
        let mut attributes = sound.clone();
        attributes.insert("traceparent", parent.to_owned());
        assert_eq!(read(&attributes).unwrap().message.metadata().trace, None, "{parent}");
    }
    let deadline = |expiry: &str| {
        let mut attributes = sound.clone();
        attributes.insert("expirytime", expiry.to_owned());
        read(&attributes).unwrap().message.metadata().deadline
    };
    for over in ["1970-01-01T00:00:00Z", "1970-01-01t00:00:00.5z", "1970-01-01T01:00:00+01:00"] {
        assert!(deadline(over).unwrap() <= Instant::now(), "{over}");
    }
    for far in ["9999-12-31T23:59:59Z", "2999-12-31T23:59:59.999999999-12:30"] {
        assert!(deadline(far).unwrap() > Instant::now(), "{far}");
    }
    assert_eq!(deadline("tomorrow"), None);
}

#[test]
fn a_payload_over_the_limit_is_not_sent() {
    let message = Message::new(Metadata::new(), "0123456789".to_owned());
    let refused = Outgoing::new(SUBJECT, &message, "/").body(11);
    assert!(matches!(refused, Err(BridgeError::TooLarge { size: 12, limit: 11, .. })));
}

#[test]
fn replies_survive_the_wire() {
    let id = Id::random();
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
        let message = Message::new(Metadata { principal: Some(principal.into()), ..Metadata::new() }, 7);
        Outgoing::new(SUBJECT, &message, "/").body(u64::MAX)
    };
    assert!(body("x".repeat(30 * 1024)).is_ok());
    // Percent-encoded, it is three times as long.
    for principal in ["x".repeat(37 * 1024), " ".repeat(13 * 1024), "é".repeat(7 * 1024)] {
        let Err(BridgeError::TooLarge { subject, .. }) = body(principal) else { panic!("it is sent") };
        assert_eq!(subject, format!("the attributes of {SUBJECT}"));
    }
}

#[test]
fn a_message_in_structured_mode_is_read() {
    let read = |kind: Option<&str>, body: &str| {
        let body = bytes::Bytes::copy_from_slice(body.as_bytes());
        Incoming::read(body, kind, |_| None).map(|incoming| {
            let metadata = incoming.message.metadata().clone();
            (incoming.message.json().unwrap(), metadata.tenant, metadata.hops)
        })
    };
    let event = |more: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"1","source":"/there","type":"x","Tenant":"acme","hops":4,"time":null{more}}}"#
        )
    };
    let tenant = Some(Arc::from("acme"));
    for kind in ["application/cloudevents+json", "Application/CloudEvents+JSON; charset=utf-8"] {
        let number = read(Some(kind), &event(r#","data": {"n": 1.50, "m": 123456789012345678901234567890}"#)).unwrap();
        assert_eq!(&*number.0, br#"{"n": 1.50, "m": 123456789012345678901234567890}"#, "as it was written");
        assert_eq!((number.1, number.2), (tenant.clone(), 4));
        assert_eq!(&*read(Some(kind), &event(r#","data_base64":"eyJuIjoxfQ==""#)).unwrap().0, br#"{"n":1}"#);
        assert_eq!(&*read(Some(kind), &event("")).unwrap().0, b"null");
    }
    // As the binding of NATS has it where there are no headers.
    assert_eq!(&*read(None, &event(r#","data":7"#)).unwrap().0, b"7");
    let structured = Some("application/cloudevents+json");
    for (kind, body, says) in [
        (structured, "7", "is none"),
        (structured, "{", "is none"),
        (structured, r#"{"specversion":"1.0"}"#, "no CloudEvents attribute"),
        (structured, &event(r#","data_base64":"?""#), "base64"),
        (structured, &event(r#","data_base64":7"#), "member"),
        (structured, &event(r#","data":7,"data_base64":"Nw==""#), "both"),
        (Some("application/cloudevents-batch+json"), "[]", "batch"),
        (None, r#"{"data":7}"#, "specversion"),
        (None, "not even JSON", "specversion"),
        (Some("application/json"), &event(r#","data":7"#), "specversion"),
    ] {
        let malformed = read(kind, body).unwrap_err().to_string();
        assert!(malformed.contains(says) || says == "base64" && malformed.contains("member"), "{body}: {malformed}");
    }
}

//! Replies as they are written and read.

use std::borrow::Cow;

use bytes::Bytes;

use super::outgoing::Writer;
use crate::bridge::{BridgeError, Reply};
use crate::fault::FaultClass;
use crate::id::Id;
use crate::wire::{Attribute, Malformed};

/// The payload of a reply; with `put` every attribute and its text. One that is larger than the bridge carries becomes a
/// fault: the caller has to hear something.
pub(crate) fn write_reply(
    reply: Reply,
    (subject, source): (&str, &str),
    limit: u64,
    put: impl FnMut(Attribute, &str),
) -> Bytes {
    let mut put = Writer { text: String::with_capacity(40), put };
    put.text(Attribute::SPECVERSION, "1.0");
    put.shown(Attribute::ID, Id::draw());
    put.text(Attribute::SOURCE, source);
    put.text(Attribute::TYPE, subject);
    let (outcome, body) = match reply {
        Reply::Output(body) => ("output", body),
        Reply::Rejection(body) => ("rejection", body),
        Reply::Fault { id, class } => return fault(&mut put, id, class),
    };
    if u64::try_from(body.len()).is_ok_and(|size| size <= limit) {
        put.text(Attribute::OUTCOME, outcome);
        return body;
    }
    let (id, size) = (Id::draw(), body.len());
    let error = BridgeError::TooLarge { subject: format!("the reply of {subject}"), size, limit };
    tracing::error!(target: "pontoon", fault = %id, %error, "a reply cannot be sent");
    fault(&mut put, id, FaultClass::Malformed)
}

fn fault(put: &mut Writer<impl FnMut(Attribute, &str)>, id: Id, class: FaultClass) -> Bytes {
    put.text(Attribute::OUTCOME, "fault");
    put.shown(Attribute::FAULT_ID, id);
    put.text(Attribute::FAULT_CLASS, class.as_str());
    Bytes::new()
}

/// Reads a reply of which `get` knows the attributes.
pub(crate) fn read_reply<'a>(body: Bytes, get: impl Fn(Attribute) -> Option<Cow<'a, str>>) -> Result<Reply, Malformed> {
    match get(Attribute::OUTCOME).as_deref() {
        Some("output") => Ok(Reply::Output(body)),
        Some("rejection") => Ok(Reply::Rejection(body)),
        Some("fault") => {
            let id = get(Attribute::FAULT_ID).and_then(|id| id.parse().ok()).unwrap_or_else(Id::draw);
            let class = get(Attribute::FAULT_CLASS).map_or(FaultClass::Failed, |class| FaultClass::named(&class));
            Ok(Reply::Fault { id, class })
        }
        other => Err(Malformed(format!("the `outcome` of a reply is {other:?}"))),
    }
}

//! Replies as they are written and read.

use std::borrow::Cow;

use bytes::Bytes;

use super::outgoing::Writer;
use crate::bridge::network::wire::{Attribute, Malformed};
use crate::bridge::{BridgeError, Reply};
use crate::fault::FaultClass;
use crate::message::id::Id;
use crate::one_line::OneLine;

/// The payload of a reply; with `put` what there is to say about it. One that is larger than the bridge carries becomes
/// a fault: the caller has to hear something.
///
/// An output is only its payload: it answers one request, goes to whoever asked, and has nothing to say beside that. So
/// a program that knows nothing of us can give one.
pub fn write_reply(reply: Reply, subject: &str, limit: u64, put: impl FnMut(Attribute, &str)) -> Bytes {
    let mut put = Writer { text: String::new(), put };
    let (outcome, body) = match reply {
        Reply::Output(body) => (None, body),
        Reply::Rejection(body) => (Some("rejection"), body),
        Reply::Fault { id, class } => return fault(&mut put, id, class),
    };
    if u64::try_from(body.len()).is_ok_and(|size| size <= limit) {
        if let Some(outcome) = outcome {
            put.text(Attribute::OUTCOME, outcome);
        }
        return body;
    }
    let (id, size) = (Id::random(), body.len());
    let error = BridgeError::TooLarge { subject: format!("the reply of {subject}"), size, limit };
    tracing::error!(target: "pontoon", fault = %id, error = %OneLine(&error), "a reply cannot be sent");
    fault(&mut put, id, FaultClass::Malformed)
}

fn fault(put: &mut Writer<impl FnMut(Attribute, &str)>, id: Id, class: FaultClass) -> Bytes {
    put.text(Attribute::OUTCOME, "fault");
    put.shown(Attribute::FAULT_ID, id);
    put.text(Attribute::FAULT_CLASS, class.as_str());
    Bytes::new()
}

/// Reads a reply of which `get` knows the attributes.
///
/// # Errors
/// Its outcome is none that is known.
pub fn read_reply<'a>(body: Bytes, get: impl Fn(Attribute) -> Option<Cow<'a, str>>) -> Result<Reply, Malformed> {
    match get(Attribute::OUTCOME).as_deref() {
        None | Some("output") => Ok(Reply::Output(body)),
        Some("rejection") => Ok(Reply::Rejection(body)),
        Some("fault") => {
            let id = get(Attribute::FAULT_ID).and_then(|id| id.parse().ok()).unwrap_or_else(Id::random);
            let class = get(Attribute::FAULT_CLASS).map_or(FaultClass::Failed, |class| FaultClass::named(&class));
            Ok(Reply::Fault { id, class })
        }
        Some(other) => Err(Malformed(format!("the `outcome` of a reply is {other:?}"))),
    }
}

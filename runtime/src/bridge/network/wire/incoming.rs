//! A message as it is read, with the attributes of CloudEvents. What comes over a network may say anything: what cannot
//! be understood is malformed, never a panic.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use crate::bridge::network::wire::structured::Structured;
use crate::bridge::network::wire::{Attribute, GivenUp, Malformed, trace};
use crate::message::Message;
use crate::message::id::Id;
use crate::message::metadata::Metadata;

/// A message as it was read.
#[derive(Debug)]
pub struct Incoming {
    /// The message.
    pub message: Message,
    /// Which attempt it is, by what its sender says; the first is 1.
    pub attempt: u32,
    /// Who sent it.
    pub source: String,
    /// Which one of its sender's events of this subject it is, where it says so.
    pub sequence: Option<u64>,
    /// When it was sent, by the clock of who sent it, where it says so.
    pub sent: Option<SystemTime>,
    /// Of a request: for how long its caller waited from then on.
    pub patience: Option<Duration>,
    /// Of a dead letter: why it was given up.
    pub dead: Option<GivenUp>,
}

impl Incoming {
    /// Reads a message that arrives now, of which `get` knows the attributes.
    ///
    /// # Errors
    /// It is no CloudEvent 1.0.
    pub fn read<'a>(
        body: Bytes,
        content_type: Option<&str>,
        get: impl Fn(Attribute) -> Option<Cow<'a, str>>,
    ) -> Result<Self, Malformed> {
        Self::read_at(Instant::now(), body, content_type, get)
    }

    /// Reads a message that arrived then, of which `get` knows the attributes; or of which they stand in its body,
    /// where its content type says so. What it has waited since in this process is taken from what is left of its
    /// deadline.
    ///
    /// # Errors
    /// It is no CloudEvent 1.0.
    pub fn read_at<'a>(
        arrived: Instant,
        body: Bytes,
        content_type: Option<&str>,
        get: impl Fn(Attribute) -> Option<Cow<'a, str>>,
    ) -> Result<Self, Malformed> {
        let unlabelled = content_type.is_none() && get(Attribute::SPECVERSION).is_none();
        let structured = if unlabelled { Structured::guess(&body) } else { Structured::read(content_type, &body)? };
        match structured {
            Some(event) => Self::of(arrived, event.data.clone(), |attribute| event.attribute(attribute)),
            None => Self::of(arrived, body, get),
        }
    }

    /// Only what CloudEvents requires is required. What is optional and means nothing to us, as other programs write
    /// it, is left out.
    fn of<'a>(
        arrived: Instant,
        body: Bytes,
        get: impl Fn(Attribute) -> Option<Cow<'a, str>>,
    ) -> Result<Self, Malformed> {
        let required = |attribute: Attribute| {
            let value = get(attribute).filter(|value| !value.is_empty());
            value.ok_or_else(|| Malformed(format!("no CloudEvents attribute `{}`", attribute.mqtt)))
        };
        let version = required(Attribute::SPECVERSION)?;
        if version != "1.0" {
            return Err(Malformed(format!("CloudEvents {version:?}, and only 1.0 is known")));
        }
        let (id, source) = (required(Attribute::ID)?, required(Attribute::SOURCE)?.into_owned());
        required(Attribute::TYPE)?;
        let id = id.parse().unwrap_or_else(|_| foreign(&source, &id));
        // Whoever names a chain in another way names the same one in all its messages.
        let correlation = identifier(&get, Attribute::CORRELATION, "").unwrap_or(id);
        let patience = parsed(&get, Attribute::TIMEOUT).map(Duration::from_millis);
        let deadline = match patience {
            // Later than the clock can say is as good as never.
            Some(patience) => arrived.checked_add(patience),
            None => get(Attribute::EXPIRY).and_then(|text| {
                let deadline = deadline(&text);
                if deadline.is_none() {
                    leave_out(Attribute::EXPIRY, &text);
                }
                deadline
            }),
        };
        let metadata = Metadata {
            id,
            correlation,
            causation: identifier(&get, Attribute::CAUSATION, &source),
            principal: get(Attribute::PRINCIPAL).map(Arc::from),
            tenant: get(Attribute::TENANT).map(Arc::from),
            deadline,
            hops: parsed(&get, Attribute::HOPS).unwrap_or(0),
            trace: trace::read(get(Attribute::TRACEPARENT).as_deref(), get(Attribute::TRACESTATE), correlation),
        };
        let dead = get(Attribute::DEAD_REASON).map(Cow::into_owned);
        let attempts = parsed(&get, Attribute::DEAD_ATTEMPTS).unwrap_or(0);
        Ok(Self {
            message: Message::received(metadata, body),
            attempt: parsed(&get, Attribute::ATTEMPT).unwrap_or(1).max(1),
            source,
            sequence: parsed(&get, Attribute::SEQUENCE),
            // Only to be compared: what it is, does not matter to anybody.
            sent: get(Attribute::TIME).and_then(|text| timestamp(&text)),
            patience,
            dead: dead.map(|reason| GivenUp { reason, attempts }),
        })
    }
}

fn parsed<'a, T: FromStr>(get: &impl Fn(Attribute) -> Option<Cow<'a, str>>, attribute: Attribute) -> Option<T> {
    let text = get(attribute)?;
    let read = text.parse().ok();
    if read.is_none() {
        leave_out(attribute, &text);
    }
    read
}

/// Says what is not taken into account. Whoever sends it may send it with every message.
fn leave_out(attribute: Attribute, text: &str) {
    tracing::debug!(target: "pontoon", attribute = attribute.mqtt, text, "an attribute that means nothing here is left out");
}

/// The identifier that an attribute is, or that stands for its text.
fn identifier<'a>(get: &impl Fn(Attribute) -> Option<Cow<'a, str>>, attribute: Attribute, source: &str) -> Option<Id> {
    let text = get(attribute).filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| foreign(source, &text)))
}

/// A time as RFC 3339 writes it, with whatever offset.
fn timestamp(text: &str) -> Option<SystemTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(SystemTime::from)
}

/// The instant of this process at which a time of day comes by its own clock; now, if it has gone by. Ours send a
/// duration.
fn deadline(text: &str) -> Option<Instant> {
    let left = timestamp(text)?.duration_since(SystemTime::now()).unwrap_or_default();
    // Later than the clock can say is as good as a year from now.
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    Some(Instant::now() + left.min(year))
}

/// The identifier of a message whose own one is no UUID, as CloudEvents allows: the same for the same source and id.
fn foreign(source: &str, id: &str) -> Id {
    // FNV-1a, 128 bits: https://datatracker.ietf.org/doc/html/draft-eastlake-fnv
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = source.bytes().chain([0]).chain(id.bytes());
    Id::from(bytes.fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME)))
}

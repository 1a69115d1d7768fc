//! A message as it is written.

use std::fmt::{self, Write};
use std::time::SystemTime;

use bytes::Bytes;
use humantime::format_rfc3339_millis;
use tokio::time::Instant;

use crate::bridge::BridgeError;
use crate::bridge::network::wire::{Attribute, GivenUp, trace};
use crate::message::Message;

/// How many bytes of a reason are kept with a dead letter: brokers bound what a message says about itself. The whole of
/// it stands in the log.
const REASON: usize = 8 * 1024;

/// How many bytes a message may say about itself, as it is written where that takes the most, so that all bridges carry
/// the same: NATS has 64 KiB for all headers of a message, RabbitMQ a frame of 128 KiB. The rest is for what every
/// message says, and for the reason of a dead letter, so that what was carried once can also be kept.
const ATTRIBUTES: usize = 36 * 1024;

/// A message as it is written: what it says about itself, and what is said about this sending of it.
pub struct Outgoing<'m> {
    /// Where it goes.
    pub subject: &'m str,
    /// What is sent.
    pub message: &'m Message,
    /// Who sends it.
    pub source: &'m str,
    /// Which attempt it is; the first is 1.
    pub attempt: u32,
    /// For events: which one of this sender's.
    pub sequence: Option<u64>,
    /// For requests: until when somebody waits for the reply.
    pub deadline: Option<Instant>,
    /// For dead letters: why it was given up.
    pub dead: Option<GivenUp<&'m str>>,
}

impl<'m> Outgoing<'m> {
    /// A message that is sent for the first time.
    #[must_use]
    pub fn new(subject: &'m str, message: &'m Message, source: &'m str) -> Self {
        Self { subject, message, source, attempt: 1, sequence: None, deadline: None, dead: None }
    }

    /// The payload as JSON, if neither it nor what the message says about itself is larger than the bridge carries.
    ///
    /// # Errors
    /// [`BridgeError::TooLarge`], [`BridgeError::Malformed`].
    pub fn body(&self, limit: u64) -> Result<Bytes, BridgeError> {
        let size = self.said();
        if size > ATTRIBUTES && self.dead.is_none() {
            let subject = format!("the attributes of {}", self.subject);
            return Err(BridgeError::TooLarge { subject, size, limit: ATTRIBUTES as u64 });
        }
        let body = self.message.json().map_err(BridgeError::Malformed)?;
        if u64::try_from(body.len()).is_ok_and(|size| size <= limit) {
            return Ok(body);
        }
        Err(BridgeError::TooLarge { subject: self.subject.to_owned(), size: body.len(), limit })
    }

    /// How many bytes those attributes are that may have any length.
    fn said(&self) -> usize {
        let metadata = self.message.metadata();
        let state = metadata.trace.as_ref().and_then(|trace| trace.state.as_deref());
        let texts =
            [Some(self.subject), Some(self.source), metadata.principal.as_deref(), metadata.tenant.as_deref(), state];
        texts.into_iter().flatten().map(written).sum()
    }

    /// Gives every attribute with its text.
    pub fn attributes(&self, put: impl FnMut(Attribute, &str)) {
        let mut put = Writer { text: String::with_capacity(64), put };
        let metadata = self.message.metadata();
        put.text(Attribute::SPECVERSION, "1.0");
        put.shown(Attribute::ID, metadata.id);
        put.text(Attribute::SOURCE, self.source);
        put.text(Attribute::TYPE, self.subject);
        put.shown(Attribute::TIME, format_rfc3339_millis(SystemTime::now()));
        put.shown(Attribute::CORRELATION, metadata.correlation);
        if let Some(causation) = metadata.causation {
            put.shown(Attribute::CAUSATION, causation);
        }
        if let Some(principal) = &metadata.principal {
            put.text(Attribute::PRINCIPAL, principal);
        }
        if let Some(tenant) = &metadata.tenant {
            put.text(Attribute::TENANT, tenant);
        }
        if metadata.hops > 0 {
            put.shown(Attribute::HOPS, metadata.hops);
        }
        if self.attempt > 1 {
            put.shown(Attribute::ATTEMPT, self.attempt);
        }
        if let Some(sequence) = self.sequence {
            put.shown(Attribute::SEQUENCE, sequence);
        }
        if let Some(deadline) = self.deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            put.shown(Attribute::TIMEOUT, left.as_millis());
        }
        put.shown(Attribute::TRACEPARENT, trace::Parent(metadata));
        if let Some(state) = metadata.trace.as_ref().and_then(|trace| trace.state.as_deref()) {
            put.text(Attribute::TRACESTATE, state);
        }
        if let Some(GivenUp { reason, attempts }) = self.dead {
            put.text(Attribute::DEAD_REASON, &reason[..reason.floor_char_boundary(REASON)]);
            put.shown(Attribute::DEAD_ATTEMPTS, attempts);
        }
    }
}

/// How many bytes a text is where all but what can be seen of ASCII is percent-encoded.
fn written(text: &str) -> usize {
    text.bytes().map(|byte| if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'%') { 1 } else { 3 }).sum()
}

/// Writes values that have no text yet, all into one buffer.
pub(super) struct Writer<F> {
    pub(super) text: String,
    pub(super) put: F,
}

impl<F: FnMut(Attribute, &str)> Writer<F> {
    pub(super) fn text(&mut self, attribute: Attribute, text: &str) {
        (self.put)(attribute, text);
    }

    pub(super) fn shown(&mut self, attribute: Attribute, value: impl fmt::Display) {
        self.text.clear();
        // A string takes whatever is written into it.
        let _ = write!(self.text, "{value}");
        (self.put)(attribute, &self.text);
    }
}

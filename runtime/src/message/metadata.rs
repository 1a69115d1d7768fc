//! What a message says about itself, beside its payload.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::message::id::Id;

/// What a message says about itself. It survives retry, dead letter and replay.
#[derive(Clone, Debug)]
pub struct Metadata {
    /// Names the message; the same for every attempt.
    pub id: Id,
    /// Names the chain of messages that this one belongs to: the same from the first caller on.
    pub correlation: Id,
    /// The message whose handling caused this one.
    pub causation: Option<Id>,
    /// On whose behalf.
    pub principal: Option<Arc<str>>,
    /// For which tenant.
    pub tenant: Option<Arc<str>>,
    /// When nobody waits for an answer any more. Events and jobs have none: they outlive the call that caused them.
    pub deadline: Option<Instant>,
    /// How many events and jobs led to this one, itself counted.
    pub hops: u32,
    /// The trace that a caller outside began. Chains that begin here are traced under their correlation.
    pub trace: Option<Arc<Trace>>,
}

/// A trace that was begun elsewhere: what of W3C Trace Context goes from message to message.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Trace {
    /// Names the trace.
    pub id: Id,
    /// The flags of `traceparent`.
    pub flags: u8,
    /// `tracestate`, as it came.
    pub state: Option<String>,
}

impl Metadata {
    /// The metadata of a message that nothing caused.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "no two of them are the same: each names a message of its own")]
    pub fn new() -> Self {
        Self {
            id: Id::random(),
            correlation: Id::random(),
            causation: None,
            principal: None,
            tenant: None,
            deadline: None,
            hops: 0,
            trace: None,
        }
    }
}

/// Metadata as the outbox keeps it. A deadline is an instant of this process, and is not kept.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MetadataRecord {
    id: Id,
    correlation: Id,
    causation: Option<Id>,
    principal: Option<String>,
    tenant: Option<String>,
    hops: u32,
    #[serde(default)]
    trace: Option<Trace>,
}

impl From<&Metadata> for MetadataRecord {
    fn from(metadata: &Metadata) -> Self {
        Self {
            id: metadata.id,
            correlation: metadata.correlation,
            causation: metadata.causation,
            principal: metadata.principal.as_deref().map(str::to_owned),
            tenant: metadata.tenant.as_deref().map(str::to_owned),
            hops: metadata.hops,
            trace: metadata.trace.as_deref().cloned(),
        }
    }
}

impl From<MetadataRecord> for Metadata {
    fn from(kept: MetadataRecord) -> Self {
        Self {
            id: kept.id,
            correlation: kept.correlation,
            causation: kept.causation,
            principal: kept.principal.map(Arc::from),
            tenant: kept.tenant.map(Arc::from),
            deadline: None,
            hops: kept.hops,
            trace: kept.trace.map(Arc::new),
        }
    }
}

//! Where in a chain of calls a handler runs: metadata that is worked out only when somebody asks.

use std::sync::{Arc, OnceLock};

use tokio::time::Instant;

use crate::core::Core;
use crate::id::Id;
use crate::metadata::Metadata;
use crate::outbox::Stage;

/// Where a chain of local calls begins: a call from outside, or a message from a bridge.
pub(crate) struct Origin<'c> {
    pub(crate) core: &'c Core,
    pub(crate) id: Option<Id>,
    pub(crate) correlation: OnceLock<Id>,
    pub(crate) causation: Option<Id>,
    pub(crate) principal: Option<&'c Arc<str>>,
    pub(crate) tenant: Option<&'c Arc<str>>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) attempt: u32,
    pub(crate) hops: u32,
    /// Whether it runs in a task of the user's, which nobody but itself can end.
    pub(crate) outside: bool,
}

impl<'c> Origin<'c> {
    /// A chain that nothing caused.
    pub(crate) fn new(core: &'c Core) -> Self {
        Self {
            core,
            id: None,
            correlation: OnceLock::new(),
            causation: None,
            principal: None,
            tenant: None,
            deadline: None,
            attempt: 1,
            hops: 0,
            outside: false,
        }
    }

    /// A chain that a message begins.
    pub(crate) fn of(core: &'c Core, message: &'c Metadata, attempt: u32) -> Self {
        Self {
            core,
            id: Some(message.id),
            correlation: OnceLock::from(message.correlation),
            causation: message.causation,
            principal: message.principal.as_ref(),
            tenant: message.tenant.as_ref(),
            deadline: message.deadline,
            attempt,
            hops: message.hops,
            outside: false,
        }
    }
}

/// One invocation in a chain of local calls.
pub(crate) struct Scope<'c> {
    pub(crate) origin: &'c Origin<'c>,
    parent: Option<&'c Scope<'c>>,
    /// What the handler sends and writes is held back here, with `outbox: true`.
    pub(crate) stage: Option<&'c Stage>,
    id: OnceLock<Id>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) attempt: u32,
}

impl<'c> Scope<'c> {
    pub(crate) fn new(origin: &'c Origin<'c>, parent: Option<&'c Scope<'c>>, stage: Option<&'c Stage>) -> Self {
        let (id, deadline, attempt) = match parent {
            Some(parent) => (OnceLock::new(), parent.deadline, 1),
            None => (origin.id.map_or_else(OnceLock::new, OnceLock::from), origin.deadline, origin.attempt),
        };
        Self { origin, parent, stage, id, deadline, attempt }
    }

    pub(crate) fn id(&self) -> Id {
        *self.id.get_or_init(Id::draw)
    }

    pub(crate) fn correlation(&self) -> Id {
        *self.origin.correlation.get_or_init(Id::draw)
    }

    pub(crate) fn causation(&self) -> Option<Id> {
        self.parent.map_or(self.origin.causation, |parent| Some(parent.id()))
    }

    pub(crate) fn principal(&self) -> Option<&str> {
        self.origin.principal.map(|name| &**name)
    }

    pub(crate) fn tenant(&self) -> Option<&str> {
        self.origin.tenant.map(|name| &**name)
    }

    /// The metadata of a message that this invocation sends.
    pub(crate) fn next(&self) -> Metadata {
        Metadata {
            id: Id::draw(),
            correlation: self.correlation(),
            causation: Some(self.id()),
            principal: self.origin.principal.cloned(),
            tenant: self.origin.tenant.cloned(),
            deadline: None,
            hops: self.origin.hops + 1,
        }
    }

    /// The span of the handler. Nothing of it is worked out unless somebody listens.
    pub(crate) fn span(&self, handler: &'static str) -> tracing::Span {
        tracing::info_span!(
            target: "pontoon",
            "handler",
            handler,
            id = %self.id(),
            correlation = %self.correlation(),
            causation = self.causation().map(tracing::field::display),
            principal = self.principal(),
            tenant = self.tenant(),
            deadline = self.deadline.map(|at| millis(at.saturating_duration_since(Instant::now()))),
            attempt = self.attempt,
        )
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

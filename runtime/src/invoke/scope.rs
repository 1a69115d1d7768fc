//! Where in a chain of calls a handler runs: metadata that is worked out only when somebody asks.

use std::sync::{Arc, OnceLock};

use tokio::time::Instant;
use tracing::Span;

use crate::fault::Attempt;
use crate::invoke::caller::Caller;
use crate::invoke::outbox::unit_of_work::UnitOfWork;
use crate::message::id::Id;
use crate::message::metadata::{Metadata, Trace};
use crate::unit::shared::RunningUnit;
use crate::unit::shared::Shared;

/// Where a chain of local calls begins.
pub(crate) struct Origin<'c, U> {
    pub(crate) unit: &'c U,
    pub(crate) shared: &'c Shared,
    pub(crate) source: Source<'c>,
    /// Borrowed: copied, it would cost as much as the rest of a call.
    deadline: &'c Option<Instant>,
    correlation: OnceLock<Id>,
}

/// What begins a chain of local calls.
#[derive(Clone, Copy)]
pub(crate) enum Source<'c> {
    /// A call from outside, which runs in a task of the user's.
    Client(&'c Caller),
    /// A message, and which attempt this is of how many.
    Message(&'c Metadata, Attempt),
    /// A request over a bridge, and which of its caller's attempts this is.
    Request(&'c Metadata, u32),
    /// The clock.
    Clock,
}

impl<'c, U> Origin<'c, U> {
    #[inline]
    pub(crate) fn new(running: &'c RunningUnit<U>, source: Source<'c>, deadline: &'c Option<Instant>) -> Self {
        Self { unit: &running.unit, shared: &running.shared, source, deadline, correlation: OnceLock::new() }
    }

    fn correlation(&self) -> Id {
        let known = match self.source {
            Source::Client(caller) => caller.correlation,
            Source::Message(message, _) | Source::Request(message, _) => Some(message.correlation),
            Source::Clock => None,
        };
        known.unwrap_or_else(|| *self.correlation.get_or_init(Id::random))
    }

    fn principal(&self) -> Option<&'c Arc<str>> {
        match self.source {
            Source::Client(caller) => caller.principal.as_ref(),
            Source::Message(message, _) | Source::Request(message, _) => message.principal.as_ref(),
            Source::Clock => None,
        }
    }

    fn tenant(&self) -> Option<&'c Arc<str>> {
        match self.source {
            Source::Client(caller) => caller.tenant.as_ref(),
            Source::Message(message, _) | Source::Request(message, _) => message.tenant.as_ref(),
            Source::Clock => None,
        }
    }

    fn trace(&self) -> Option<&'c Arc<Trace>> {
        match self.source {
            Source::Message(message, _) | Source::Request(message, _) => message.trace.as_ref(),
            Source::Client(_) | Source::Clock => None,
        }
    }
}

/// One invocation in a chain of local calls; or the place before the first one, which has no parent.
///
/// Of what the chain shares it has one pointer: each word more would be copied, and waited for, at each call.
pub(crate) struct Scope<'c, U> {
    pub(crate) origin: &'c Origin<'c, U>,
    parent: Option<&'c Self>,
    own: Option<&'c Own<'c>>,
    id: OnceLock<Id>,
}

/// What an invocation has only where a policy asks for it.
pub(crate) struct Own<'c> {
    /// The same for every attempt, where there may be several.
    pub(crate) id: Option<Id>,
    pub(crate) deadline: Option<Instant>,
    /// Which attempt it is, where it may be tried again from here.
    pub(crate) attempt: Option<u32>,
    /// What the handler sends and writes is held back here, with `outbox: true`.
    pub(crate) unit_of_work: Option<&'c UnitOfWork>,
}

impl<'c, U> Scope<'c, U> {
    /// The place before the first invocation.
    #[inline]
    pub(crate) fn before(origin: &'c Origin<'c, U>) -> Self {
        Self { origin, parent: None, own: None, id: OnceLock::new() }
    }

    #[inline]
    pub(crate) fn new(parent: &'c Scope<'c, U>, own: Option<&'c Own<'c>>) -> Self {
        Self { origin: parent.origin, parent: Some(parent), own, id: OnceLock::new() }
    }

    fn is_first(&self) -> bool {
        self.parent.is_some_and(|parent| parent.parent.is_none())
    }

    /// The message that begins the chain, if this is the one that handles it.
    fn message(&self) -> Option<(&'c Metadata, u32)> {
        match self.origin.source {
            Source::Message(message, Attempt { number, .. }) | Source::Request(message, number) if self.is_first() => {
                Some((message, number))
            }
            _ => None,
        }
    }

    pub(crate) fn id(&self) -> Id {
        let known = self.own.and_then(|own| own.id).or_else(|| self.message().map(|(message, _)| message.id));
        known.unwrap_or_else(|| *self.id.get_or_init(Id::random))
    }

    pub(crate) fn correlation(&self) -> Id {
        self.origin.correlation()
    }

    pub(crate) fn causation(&self) -> Option<Id> {
        if self.is_first() {
            return self.message().and_then(|(message, _)| message.causation);
        }
        self.parent.map(Scope::id)
    }

    pub(crate) fn principal(&self) -> Option<&str> {
        self.origin.principal().map(|name| &**name)
    }

    pub(crate) fn tenant(&self) -> Option<&str> {
        self.origin.tenant().map(|name| &**name)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match (self.own, self.parent) {
            (Some(own), _) => own.deadline,
            (None, Some(parent)) => parent.deadline(),
            (None, None) => *self.origin.deadline,
        }
    }

    pub(crate) fn attempt(&self) -> u32 {
        let own = self.own.and_then(|own| own.attempt);
        own.or_else(|| self.message().map(|(_, attempt)| attempt)).unwrap_or(1)
    }

    pub(crate) fn hops(&self) -> u32 {
        match self.origin.source {
            Source::Message(message, _) | Source::Request(message, _) => message.hops,
            Source::Client(_) | Source::Clock => 0,
        }
    }

    pub(crate) fn unit_of_work(&self) -> Option<&'c UnitOfWork> {
        self.own.and_then(|own| own.unit_of_work)
    }

    /// Whether a fault of this invocation is carried to a caller, who may not see its cause.
    pub(crate) fn has_caller(&self) -> bool {
        !self.is_first() || matches!(self.origin.source, Source::Client(_) | Source::Request(..))
    }

    /// Which attempt this belongs to, where it handles an event or a job, or is called by what does: whoever delivers
    /// it says when it is given up.
    pub(crate) fn delivery(&self) -> Option<Attempt> {
        match self.origin.source {
            Source::Message(_, attempt) => Some(attempt),
            _ => None,
        }
    }

    /// Whether it handles an event or a job, for which nobody waits.
    pub(crate) fn is_delivered(&self) -> bool {
        self.is_first() && matches!(self.origin.source, Source::Message(..))
    }

    /// Whether its caller is in another unit, and tries again from there.
    pub(crate) fn is_asked(&self) -> bool {
        self.is_first() && matches!(self.origin.source, Source::Request(..))
    }

    /// The metadata of an event or a job that this invocation sends.
    pub(crate) fn next(&self) -> Metadata {
        Metadata { hops: self.hops().saturating_add(1), ..self.asking() }
    }

    /// The metadata of a command that this invocation sends: it goes no hop further, as a call in the process does not.
    pub(crate) fn asking(&self) -> Metadata {
        Metadata {
            id: Id::random(),
            correlation: self.correlation(),
            causation: Some(self.id()),
            principal: self.origin.principal().cloned(),
            tenant: self.origin.tenant().cloned(),
            deadline: None,
            hops: self.hops(),
            trace: self.origin.trace().cloned(),
        }
    }

    /// The span of the handler.
    pub(crate) fn span(&self, handler: &'static str) -> Span {
        self.span_of(handler, None)
    }

    /// The span of a handler that gets so many messages.
    pub(crate) fn span_of_batch(&self, handler: &'static str, messages: usize) -> Span {
        self.span_of(handler, Some(messages))
    }

    /// Nothing of it is worked out unless somebody listens.
    fn span_of(&self, handler: &'static str, messages: Option<usize>) -> Span {
        tracing::info_span!(
            target: "pontoon",
            "handler",
            handler,
            id = %self.id(),
            correlation = %self.correlation(),
            causation = self.causation().map(tracing::field::display),
            principal = self.principal(),
            tenant = self.tenant(),
            deadline = self.deadline().map(|at| millis(at.saturating_duration_since(Instant::now()))),
            attempt = self.attempt(),
            messages,
        )
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

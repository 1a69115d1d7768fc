//! Who calls from outside a unit.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::invoke::round_trip::RoundTrips;
use crate::message::id::Id;

/// Who calls.
#[derive(Clone, Default)]
pub(crate) struct Caller {
    pub(crate) principal: Option<Arc<str>>,
    pub(crate) tenant: Option<Arc<str>>,
    pub(crate) correlation: Option<Id>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) round_trips: RoundTrips,
}

impl Caller {
    /// When it waits no more, for a call that begins now.
    pub(crate) fn patience(&self) -> Option<Instant> {
        let timeout = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        self.deadline.into_iter().chain(timeout).min()
    }
}

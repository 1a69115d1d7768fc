//! What every part of a running unit shares: its adapters and how far it is.

use crate::invoke::idempotency::waits::Waits;
use crate::invoke::outbox::state::{Outbox, OutboxContext};
use crate::invoke::round_trip::RoundTrips;
use crate::listen::lanes::Lanes;
use crate::unit::adapters::Adapters;
use crate::unit::lifecycle::Lifecycle;
use crate::unit::wall_clock::WallClock;

pub(crate) struct Shared {
    pub(crate) lifecycle: Lifecycle,
    pub(crate) lanes: Lanes,
    pub(crate) adapters: Adapters,
    pub(crate) outbox: Outbox,
    pub(crate) wall: WallClock,
    pub(crate) waits: Waits,
    pub(crate) round_trips: RoundTrips,
}

/// A unit that runs: its handlers, and what they share.
pub(crate) struct RunningUnit<U> {
    pub(crate) unit: U,
    pub(crate) shared: Shared,
}

impl Shared {
    pub(crate) fn new(adapters: Adapters, outbox: Outbox, wall: WallClock, round_trips: RoundTrips) -> Self {
        let (lifecycle, lanes, waits) = (Lifecycle::new(), Lanes::default(), Waits::default());
        Self { lifecycle, lanes, adapters, outbox, wall, waits, round_trips }
    }

    /// What the outbox works with.
    pub(crate) fn outbox_context(&self) -> OutboxContext<'_> {
        OutboxContext { outbox: &self.outbox, store: &*self.adapters.state, lifecycle: &self.lifecycle }
    }
}

//! Where the events of one subject are published: an exchange.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::outlet::Outlet;
use super::properties;
use crate::bridge::remote::Flights;
use crate::bridge::{BridgeError, Topic};
use crate::health::Health;
use crate::message::Message;
use crate::soon::Soon;
use crate::wire::Outgoing;

/// Where the events of one subject are published.
pub(super) struct Event {
    pub(super) subject: &'static str,
    pub(super) source: Arc<str>,
    pub(super) sequence: AtomicU64,
    pub(super) outlet: Arc<Outlet>,
    pub(super) flights: Arc<Flights>,
}

impl Event {
    /// Whether events can be published.
    pub(super) fn health(&self) -> Health {
        self.outlet.health()
    }

    async fn publish(&self, event: &Message) -> Result<(), BridgeError> {
        let _flight = self.flights.begin()?;
        let mut outgoing = Outgoing::new(self.subject, event, &self.source);
        let body = outgoing.body(self.outlet.limit.bytes())?;
        outgoing.sequence = Some(self.sequence.fetch_add(1, Ordering::Relaxed) + 1);
        self.outlet.publish(&body, || properties::kept(&outgoing)).await
    }
}

impl Topic for Event {
    fn publish(&self, event: Message) -> Soon<'_, Result<(), BridgeError>> {
        Soon::later(async move { Self::publish(self, &event).await })
    }
}

//! Where the events of one subject are published: an exchange.

use std::sync::Arc;

use super::outlet::Outlet;
use super::properties;
use crate::bridge::remote::{Flights, Numbering};
use crate::bridge::{BridgeError, Topic};
use crate::health::Health;
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::wire::Outgoing;

/// Where the events of one subject are published.
pub(super) struct Event {
    pub(super) subject: &'static str,
    pub(super) source: Arc<str>,
    pub(super) numbering: Numbering,
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
        let numbered = self.numbering.number(event.metadata().id);
        outgoing.sequence = Some(numbered.sequence);
        self.outlet.publish(&body, || properties::kept(&outgoing)).await?;
        numbered.settle();
        Ok(())
    }
}

impl Topic for Event {
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(async move { Self::publish(self, &event).await })
    }

    fn check(&self, event: &Message) -> Result<(), BridgeError> {
        Outgoing::new(self.subject, event, &self.source).body(self.outlet.limit.bytes()).map(drop)
    }

    fn is_away(&self) -> bool {
        self.outlet.is_away()
    }
}

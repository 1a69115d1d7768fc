//! Where the events of one subject are published.

use std::sync::Arc;

use bytes::Bytes;

use super::outlet::{Outlet, Parcel};
use super::properties::Properties;
use crate::bridge::remote::{Flights, Numbering};
use crate::bridge::{BridgeError, Topic};
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::wire::Outgoing;

/// Where the events of one subject are published.
pub(super) struct Published {
    pub(super) subject: &'static str,
    pub(super) topic: Bytes,
    pub(super) source: Arc<str>,
    /// In bytes.
    pub(super) largest: u64,
    pub(super) numbering: Numbering,
    pub(super) outlet: Outlet,
    pub(super) flights: Arc<Flights>,
}

impl Published {
    async fn publish(&self, event: &Message) -> Result<(), BridgeError> {
        let _flight = self.flights.begin()?;
        let mut outgoing = Outgoing::new(self.subject, event, &self.source);
        let body = outgoing.body(self.largest)?;
        let numbered = self.numbering.number(event.metadata().id);
        outgoing.sequence = Some(numbered.sequence);
        let packet = || Properties::of(&outgoing).publish(self.topic.clone(), body.clone());
        self.outlet.publish(Parcel { subject: self.subject, packet }).await?;
        numbered.settle();
        Ok(())
    }
}

impl Topic for Published {
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(async move { Self::publish(self, &event).await })
    }

    fn check(&self, event: &Message) -> Result<(), BridgeError> {
        // The largest number has as many digits as any.
        let outgoing = Outgoing { sequence: Some(u64::MAX), ..Outgoing::new(self.subject, event, &self.source) };
        let body = outgoing.body(self.largest)?;
        self.outlet.fits(&Properties::of(&outgoing).publish(self.topic.clone(), body), self.subject)
    }

    fn is_away(&self) -> bool {
        self.outlet.is_away()
    }
}

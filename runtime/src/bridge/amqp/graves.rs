//! The dead letters of a subscription: a queue that nobody consumes.

use std::sync::Arc;

use lapin::message::BasicGetMessage;
use lapin::options::BasicGetOptions;
use lapin::types::ShortString;
use lapin::{Channel, Connection};
use tokio::time::timeout;

use super::line::Line;
use super::outlet::Outlet;
use super::properties;
use super::receipt::Receipt;
use super::tap::ANSWER;
use super::trouble::Trouble;
use crate::bridge::remote::{Buried, Flights, Look, PATIENCE, Page, dead};
use crate::bridge::{BridgeError, DeadMessage};
use crate::wire::Outgoing;

/// The dead letters of a subscription.
pub(super) struct Graves {
    /// Where the messages came from.
    pub(super) subject: &'static str,
    pub(super) queue: ShortString,
    pub(super) source: Arc<str>,
    pub(super) outlet: Arc<Outlet>,
    pub(super) line: Arc<Line>,
    pub(super) flights: Arc<Flights>,
}

impl Graves {
    /// Keeps a dead letter; done once it is safe.
    pub(super) async fn bury(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        let _flight = self.flights.begin()?;
        let mut outgoing = Outgoing::new(self.subject, &dead.message, &self.source);
        outgoing.dead = Some((&dead.reason, dead.attempts));
        let body = outgoing.body(self.outlet.limit.bytes())?;
        self.outlet.publish(&body, || properties::kept(&outgoing)).await
    }

    /// Dead letters, oldest first. Nobody else sees one while its receipt is there.
    pub(super) async fn look(&self, look: Look) -> Result<Vec<Buried<Receipt>>, BridgeError> {
        let connected = self.line.ready(PATIENCE).await?;
        self.page(&connected.connection, look).await.map_err(BridgeError::from)
    }

    async fn page(&self, connection: &Connection, look: Look) -> Result<Vec<Buried<Receipt>>, Trouble> {
        let channel = Arc::new(connection.create_channel().await?);
        // What is passed over is on loan until the end: the queue would hand it out again.
        let (mut page, mut passed) = (Page::new(look), Vec::new());
        while !page.is_full()
            && let Some(got) = self.get(&channel).await?
        {
            let (token, bytes) = (Receipt::on_loan(&channel, got.delivery.delivery_tag), got.delivery.data.len());
            let dead = dead(properties::read(&got.delivery.properties, got.delivery.data.into()));
            passed.extend(page.add(dead, bytes, token));
        }
        Ok(page.into_found())
    }

    async fn get(&self, channel: &Channel) -> Result<Option<BasicGetMessage>, Trouble> {
        let got = channel.basic_get(self.queue.clone(), BasicGetOptions::default());
        match timeout(ANSWER, got).await {
            Ok(got) => Ok(got?),
            // Its replicas are away.
            Err(_) => Err(Trouble::Away(format!("`{}` does not answer", self.queue))),
        }
    }
}

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
use crate::bridge::remote::{Buried, Flights, PATIENCE, dead};
use crate::bridge::{BridgeError, Dead};
use crate::wire::Outgoing;

/// How many dead letters are looked at in one go, and how many bytes of them. Those behind have their turn when the ones
/// before are gone.
const AT_A_TIME: usize = 10_000;
const BYTES_AT_A_TIME: usize = 64 * 1024 * 1024;

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
    pub(super) async fn bury(&self, dead: &Dead) -> Result<(), BridgeError> {
        let _flight = self.flights.begin()?;
        let mut outgoing = Outgoing::new(self.subject, &dead.message, &self.source);
        outgoing.dead = Some((&dead.reason, dead.attempts));
        let body = outgoing.body(self.outlet.limit.bytes())?;
        self.outlet.publish(&body, || properties::kept(&outgoing)).await
    }

    /// The dead letters, oldest first. Nobody else sees one while its receipt is there.
    pub(super) async fn all(&self) -> Result<Vec<Buried<Receipt>>, BridgeError> {
        let connected = self.line.ready(PATIENCE).await?;
        self.look(&connected.connection).await.map_err(BridgeError::from)
    }

    async fn look(&self, connection: &Connection) -> Result<Vec<Buried<Receipt>>, Trouble> {
        let channel = Arc::new(connection.create_channel().await?);
        let (mut buried, mut bytes) = (Vec::new(), 0);
        while let Some(got) = self.get(&channel).await? {
            let token = Receipt::on_loan(&channel, got.delivery.delivery_tag);
            bytes += got.delivery.data.len();
            buried.push(Buried {
                dead: dead(properties::read(&got.delivery.properties, got.delivery.data.into())),
                token,
            });
            if buried.len() == AT_A_TIME || bytes >= BYTES_AT_A_TIME {
                tracing::warn!(target: "pontoon", queue = %self.queue, seen = buried.len(), "more dead letters than are looked at in one go");
                break;
            }
        }
        Ok(buried)
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

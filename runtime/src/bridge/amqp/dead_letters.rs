//! The dead letters of a subscription: a quorum queue that nobody consumes.

use std::sync::Arc;

use lapin::Channel;
use lapin::message::BasicGetMessage;
use lapin::options::BasicGetOptions;
use lapin::types::ShortString;
use tokio::time::timeout;

use super::ack_tag::AckTag;
use super::attributes;
use super::connection::Connection;
use super::error::AmqpError;
use super::publisher::AmqpPublisher;
use super::queue_consumer::ANSWER;
use crate::bridge::network::wire::{GivenUp, Outgoing};
use crate::bridge::network::{DeadLetterPage, DeadLetterQuery, FoundDeadLetter, InFlight, WAIT_LIMIT, dead};
use crate::bridge::{BridgeError, DeadMessage};

/// The dead letters of a subscription, in a queue of their own.
pub(super) struct DeadLetterStore {
    /// The subject of the event that they were.
    pub(super) subject: &'static str,
    pub(super) queue: ShortString,
    pub(super) source: Arc<str>,
    pub(super) publisher: Arc<AmqpPublisher>,
    pub(super) connection: Arc<Connection>,
    pub(super) in_flight: Arc<InFlight>,
}

impl DeadLetterStore {
    /// Keeps a dead letter; done once it is safe.
    pub(super) async fn dead_letter(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        let _in_flight = self.in_flight.begin()?;
        let mut outgoing = Outgoing::new(self.subject, &dead.message, &self.source);
        outgoing.dead = Some(GivenUp { reason: &dead.reason, attempts: dead.attempts });
        let body = outgoing.body(self.publisher.limit.bytes())?;
        self.publisher.publish(&body, || attributes::persistent(&outgoing)).await
    }

    /// Dead letters, oldest first. Nobody else sees one while its delivery tag is there.
    pub(super) async fn look(&self, query: DeadLetterQuery) -> Result<Vec<FoundDeadLetter<AckTag>>, BridgeError> {
        let live = self.connection.ready(WAIT_LIMIT).await?;
        self.page(&live.connection, query).await.map_err(BridgeError::from)
    }

    async fn page(
        &self,
        connection: &lapin::Connection,
        query: DeadLetterQuery,
    ) -> Result<Vec<FoundDeadLetter<AckTag>>, AmqpError> {
        let channel = Arc::new(connection.create_channel().await?);
        // What is passed over is unacknowledged until the end: the queue would hand it out again.
        let (mut page, mut passed) = (DeadLetterPage::new(query), Vec::new());
        while !page.is_full()
            && let Some(got) = self.get(&channel).await?
        {
            let (token, bytes) = (AckTag::peeked(&channel, got.delivery.delivery_tag), got.delivery.data.len());
            let dead = dead(attributes::read(&got.delivery.properties, got.delivery.data.into()));
            passed.extend(page.add(dead, bytes, token));
        }
        Ok(page.into_found())
    }

    async fn get(&self, channel: &Channel) -> Result<Option<BasicGetMessage>, AmqpError> {
        let got = channel.basic_get(self.queue.clone(), BasicGetOptions::default());
        match timeout(ANSWER, got).await {
            Ok(got) => Ok(got?),
            // Its replicas are away.
            Err(_) => Err(AmqpError::Away(format!("`{}` does not answer", self.queue))),
        }
    }
}

//! A queue of jobs: a quorum queue, bound by its name to the exchange of all jobs of the topology.

use std::sync::Arc;
use std::time::Duration;

use lapin::options::QueueDeclareOptions;
use lapin::types::{FieldTable, ShortString};
use tokio::time::timeout;

use super::attributes;
use super::connection::Connection;
use super::error::AmqpError;
use super::publisher::AmqpPublisher;
use super::queue_consumer::ANSWER;
use crate::bridge::network::wire::Outgoing;
use crate::bridge::network::{BrokerQueue, InFlight, WAIT_LIMIT};
use crate::bridge::{BridgeError, Depth, Job};
use crate::message::Message;

/// The queue of a queue's jobs, as those see it who put them in.
pub(super) struct AmqpQueue {
    pub(super) subject: &'static str,
    pub(super) queue: ShortString,
    pub(super) source: Arc<str>,
    pub(super) publisher: Arc<AmqpPublisher>,
    /// The connection on which queues are declared.
    pub(super) declaring: Arc<Connection>,
    pub(super) in_flight: Arc<InFlight>,
}

impl AmqpQueue {
    /// How many messages are ready: a declaration that creates nothing tells.
    async fn ready(&self, connection: &lapin::Connection) -> Result<u32, AmqpError> {
        let channel = connection.create_channel().await?;
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = channel.queue_declare(self.queue.clone(), options, FieldTable::default()).await?;
        channel.close(200, "OK".into()).await?;
        Ok(queue.message_count())
    }
}

impl BrokerQueue for AmqpQueue {
    async fn push(&self, job: &Job) -> Result<(), BridgeError> {
        let Job { message, delay, deduplication } = job;
        let unsupported = match (delay, deduplication) {
            (Some(_), _) => Some("jobs for later: RabbitMQ cannot hold one back without delaying those behind it"),
            (None, Some(_)) => Some("deduplication ids: RabbitMQ does not know a message that it has had before"),
            (None, None) => None,
        };
        if let Some(what) = unsupported {
            return Err(BridgeError::Unsupported { at: self.subject, what });
        }
        let _in_flight = self.in_flight.begin()?;
        let outgoing = Outgoing::new(self.subject, message, &self.source);
        let body = outgoing.body(self.publisher.limit.bytes())?;
        self.publisher.publish(&body, || attributes::persistent(&outgoing)).await
    }

    fn check(&self, job: &Message) -> Result<(), BridgeError> {
        Outgoing::new(self.subject, job, &self.source).body(self.publisher.limit.bytes()).map(drop)
    }

    async fn depth(&self) -> Result<Depth, BridgeError> {
        let live = self.declaring.ready(WAIT_LIMIT).await?;
        let late = |_| AmqpError::Away(format!("`{}` does not answer", self.queue));
        let ready = timeout(ANSWER, self.ready(&live.connection)).await.map_err(late).flatten()?;
        let waiting = usize::try_from(ready).unwrap_or(usize::MAX);
        // The protocol tells no more than that; of an empty queue, nothing waits.
        let age = (waiting == 0).then_some(Duration::ZERO);
        Ok(Depth { waiting, delayed: None, leased: None, age })
    }

    fn is_away(&self) -> bool {
        self.publisher.is_away()
    }
}

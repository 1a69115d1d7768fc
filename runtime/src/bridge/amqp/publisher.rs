//! The publisher to one destination: an exchange, and perhaps a routing key. It has a channel of its own, which the
//! broker closes where it refuses one message: that is an error of this one, and the others are published again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lapin::message::BasicReturnMessage;
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::{Instant, sleep, timeout_at};

use super::confirm::{Confirm, Destination, Publication, Returns};
use super::connection::Connection;
use super::declarations::Declarations;
use super::error::AmqpError;
use super::payload_limit::PayloadLimit;
use super::publish_channel::PublishChannel;
use super::subscribers::{NackedPublish, Subscribers};
use crate::bridge::BridgeError;
use crate::bridge::network::{CircuitBreaker, WAIT_LIMIT};
use crate::contract::policy::Backoff;
use crate::health::Health;
use crate::net::io_thread;
use crate::one_line::OneLine;

/// Between two attempts at one message.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));

/// The connections that all publishers of an adapter publish and declare on.
pub(super) struct PublisherContext {
    /// The connection on which messages are published.
    pub(super) publishing: Arc<Connection>,
    /// The connection on which exchanges and queues are declared: not the one that an alarm blocks.
    pub(super) declaring: Arc<Connection>,
    pub(super) declarations: Arc<Declarations>,
    pub(super) limit: Arc<PayloadLimit>,
}

/// The publisher to one exchange and routing key, which waits for publisher confirms.
pub(super) struct AmqpPublisher {
    channel: PublishChannel,
    /// For one message at a time: of several on one channel, the broker does not say which one it refused.
    suspects: AsyncMutex<PublishChannel>,
    declarations: Arc<Declarations>,
    declaring: Arc<Connection>,
    destination: Destination,
    subscribers: Arc<Subscribers>,
    pub(super) limit: Arc<PayloadLimit>,
    circuit_breaker: CircuitBreaker,
}

/// The outcome of a publisher confirm.
enum ConfirmOutcome {
    /// Acked: the broker has it.
    Acked,
    /// Mandatory, and no queue took it.
    Returned,
    /// The client library had another one to give back in its place: what became of it is not known.
    Unknown,
    /// No queue had room, or one cannot take anything now.
    Nacked,
}

impl AmqpPublisher {
    pub(super) fn new(
        context: &PublisherContext,
        destination: Destination,
        subscribers: Arc<Subscribers>,
    ) -> Arc<Self> {
        let PublisherContext { publishing, declaring, declarations, limit } = context;
        Arc::new(Self {
            channel: PublishChannel::new(publishing),
            suspects: AsyncMutex::new(PublishChannel::new(publishing)),
            declarations: Arc::clone(declarations),
            declaring: Arc::clone(declaring),
            destination,
            subscribers,
            limit: Arc::clone(limit),
            circuit_breaker: CircuitBreaker::new(),
        })
    }

    /// Publishes a message until it is safe; for so long at most. With `properties` it is written anew for each
    /// attempt.
    pub(super) async fn publish(
        self: &Arc<Self>,
        body: &Bytes,
        properties: impl Fn() -> BasicProperties + Send + Sync,
    ) -> Result<(), BridgeError> {
        let deadline = Instant::now() + WAIT_LIMIT;
        let mut last = None;
        let attempts = self.attempts(body, properties, &mut last);
        let ended = tokio::select! {
            biased;
            ended = timeout_at(deadline, attempts) => ended,
            () = self.channel.connection.state.closed() => return Err(BridgeError::Closed),
        };
        let silent = || BridgeError::Unavailable(format!("no word from the broker within {WAIT_LIMIT:?}").into());
        ended.unwrap_or_else(|_| Err(last.unwrap_or_else(silent)))
    }

    async fn attempts(
        self: &Arc<Self>,
        body: &Bytes,
        properties: impl Fn() -> BasicProperties + Send + Sync,
        last: &mut Option<BridgeError>,
    ) -> Result<(), BridgeError> {
        let mut failures = 0;
        let mut returned = false;
        // Whether this one may be what the broker has refused.
        let mut suspect = false;
        loop {
            self.circuit_breaker.pass()?;
            let begun = Instant::now();
            let sent = if suspect {
                let channel = self.suspects.lock().await;
                self.once(&*channel.channel().await?, properties(), body).await
            } else {
                self.once(&*self.channel.channel().await?, properties(), body).await
            };
            let error = match sent {
                Ok(ConfirmOutcome::Acked) => {
                    self.circuit_breaker.taken();
                    return Ok(());
                }
                Ok(ConfirmOutcome::Returned) if returned => return Err(BridgeError::Mismatch(self.unbound())),
                Ok(ConfirmOutcome::Returned) => match self.restore(begun).await {
                    Ok(()) => {
                        returned = true;
                        continue;
                    }
                    Err(error) if error.is_permanent() => return Err(error.into()),
                    Err(error) => error.into(),
                },
                // Twice is allowed, not at all is not.
                Ok(ConfirmOutcome::Unknown) => continue,
                Ok(ConfirmOutcome::Nacked) => match self.subscribers.nacked() {
                    NackedPublish { error, again: true } => error,
                    NackedPublish { error, again: false } => return Err(error),
                },
                Err(AmqpError::Denied(why)) => {
                    self.circuit_breaker.refused(&why);
                    return Err(BridgeError::Denied(why.into()));
                }
                Err(AmqpError::TooLarge(why, sizes)) => {
                    let size = u64::try_from(body.len()).unwrap_or(u64::MAX);
                    let limit = sizes.map(|sizes| sizes.limit);
                    if let Some(limit) = limit {
                        self.limit.learn(limit);
                    }
                    if suspect || limit.is_some_and(|limit| size > limit) {
                        let limit = limit.unwrap_or_else(|| size.saturating_sub(1));
                        return Err(BridgeError::TooLarge { subject: self.place(), size: body.len(), limit });
                    }
                    suspect |= limit.is_none();
                    BridgeError::Unavailable(why.into())
                }
                Err(AmqpError::Mismatch(why)) if suspect => return Err(BridgeError::Mismatch(why)),
                Err(AmqpError::Mismatch(why)) => {
                    suspect = true;
                    BridgeError::Unavailable(why.into())
                }
                // The exchange is gone.
                Err(error @ AmqpError::Absent(_)) => match self.restore(begun).await {
                    Ok(()) => error.into(),
                    Err(error) if error.is_permanent() => return Err(error.into()),
                    Err(error) => error.into(),
                },
                Err(error) => error.into(),
            };
            // Not logged for each message: the connection says when it is lost, and the sender hears of it in the end.
            tracing::debug!(target: "pontoon", error = %OneLine(&error), "a message is published once more");
            *last = Some(error);
            failures += 1;
            sleep(BACKOFF.after(failures)).await;
        }
    }

    async fn once(
        self: &Arc<Self>,
        channel: &Channel,
        properties: BasicProperties,
        body: &[u8],
    ) -> Result<ConfirmOutcome, AmqpError> {
        let id = properties.message_id().clone();
        let (destination, mandatory) = (self.destination.clone(), self.subscribers.is_somebody());
        let publication = Publication { destination, mandatory, properties, body };
        match Confirm::publish(self, channel, publication).await?.confirmed().await? {
            Confirmation::Ack(None) | Confirmation::NotRequested => Ok(ConfirmOutcome::Acked),
            Confirmation::Nack(None) => Ok(ConfirmOutcome::Nacked),
            Confirmation::Ack(Some(message)) | Confirmation::Nack(Some(message)) => {
                if *message.properties.message_id() == id {
                    return Ok(ConfirmOutcome::Returned);
                }
                Arc::clone(self).returned(message);
                Ok(ConfirmOutcome::Unknown)
            }
        }
    }

    /// Has the exchanges, queues and bindings declared or verified once more, unless that has been done since.
    async fn restore(&self, since: Instant) -> Result<(), AmqpError> {
        let away = |error: BridgeError| AmqpError::Away(error.to_string());
        let live = self.declaring.ready(WAIT_LIMIT).await.map_err(away)?;
        if self.declarations.restore(&live.connection, since).await? {
            self.subscribers.renew();
        }
        Ok(())
    }

    fn place(&self) -> String {
        let Destination { exchange, key } = &self.destination;
        (if key.as_str().is_empty() { exchange } else { key }).to_string()
    }

    fn unbound(&self) -> String {
        let Destination { exchange, key } = &self.destination;
        match key.as_str() {
            "" => format!(
                "a message was returned: no queue is bound to the exchange `{exchange}`, though this unit knows of a \
                 subscription: bind its queue"
            ),
            _ => format!(
                "a message was returned: no queue is bound to the exchange `{exchange}` by the key `{key}`: bind the queue \
                 of this name"
            ),
        }
    }

    /// Whether the connection that it publishes on is down.
    pub(super) fn is_away(&self) -> bool {
        !self.channel.connection.state.is_up()
    }

    /// Whether it may publish.
    pub(super) fn health(&self) -> Health {
        self.circuit_breaker.health()
    }
}

impl Returns for AmqpPublisher {
    /// Publishes it again, for its sender may have been told that it is safe.
    fn returned(self: Arc<Self>, message: BasicReturnMessage) {
        let delivery = message.delivery;
        io_thread::spawn(async move {
            let body = Bytes::from(delivery.data);
            if let Err(error) = self.publish(&body, || delivery.properties.clone()).await {
                let (id, destination) = (delivery.properties.message_id(), &self.destination);
                tracing::error!(target: "pontoon", ?id, ?destination, error = %OneLine(&error), "a message that no queue took is lost");
            }
        });
    }
}

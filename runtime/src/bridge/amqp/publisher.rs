//! Where messages for one place are published and confirmed: an exchange, and perhaps a key. It has a channel of its own, which
//! the broker closes where it refuses one message: that is an error of this one, and the others are published again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lapin::message::BasicReturnMessage;
use lapin::{BasicProperties, Channel, Confirmation};
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::{Instant, sleep, timeout_at};

use super::confirm::{Confirm, Destination, Returns};
use super::connection::Connection;
use super::declarations::Declarations;
use super::error::AmqpError;
use super::payload_limit::PayloadLimit;
use super::publish_channel::PublishChannel;
use super::subscribers::Subscribers;
use crate::bridge::BridgeError;
use crate::bridge::network::{CircuitBreaker, WAIT_LIMIT};
use crate::contract::policy::Backoff;
use crate::health::Health;
use crate::net::io_thread;
use crate::one_line::OneLine;

/// Between two attempts at one message.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));

/// Publishes to one place.
pub(super) struct AmqpPublisher {
    pipe: PublishChannel,
    /// For one message at a time: of several on one channel, the broker does not say which one it refused.
    alone: AsyncMutex<PublishChannel>,
    /// What has to be there, and the line that it is made on: not the one that an alarm blocks.
    objects: Arc<Declarations>,
    making: Arc<Connection>,
    route: Destination,
    known: Arc<Subscribers>,
    pub(super) limit: Arc<PayloadLimit>,
    bar: CircuitBreaker,
}

/// How a message fared.
enum ConfirmOutcome {
    Safe,
    /// No queue took it.
    Returned,
    /// The client library had another one to give back in its place: what became of it is not known.
    Unknown,
    /// No queue had room, or one cannot take anything now.
    Refused,
}

impl AmqpPublisher {
    /// `publishing` publishes; `consuming` is the line on which objects are made.
    pub(super) fn new(
        (publishing, consuming): (&Arc<Connection>, &Arc<Connection>),
        objects: &Arc<Declarations>,
        limit: &Arc<PayloadLimit>,
        (route, known): (Destination, Arc<Subscribers>),
    ) -> Arc<Self> {
        let (objects, making, limit) = (Arc::clone(objects), Arc::clone(consuming), Arc::clone(limit));
        let (pipe, alone) =
            (PublishChannel::new(publishing, true), AsyncMutex::new(PublishChannel::new(publishing, true)));
        Arc::new(Self { pipe, alone, objects, making, route, known, limit, bar: CircuitBreaker::new() })
    }

    /// Publishes a message until it is safe; for so long at most. With `properties` it is written anew for each attempt.
    pub(super) async fn publish(
        self: &Arc<Self>,
        body: &Bytes,
        properties: impl Fn() -> Result<BasicProperties, BridgeError> + Send + Sync,
    ) -> Result<(), BridgeError> {
        let deadline = Instant::now() + WAIT_LIMIT;
        let mut last = None;
        let attempts = self.attempts(body, properties, &mut last);
        let ended = tokio::select! {
            biased;
            ended = timeout_at(deadline, attempts) => ended,
            () = self.pipe.line.link.closed() => return Err(BridgeError::Closed),
        };
        let silent = || BridgeError::Unavailable(format!("no word from the broker within {WAIT_LIMIT:?}").into());
        ended.unwrap_or_else(|_| Err(last.unwrap_or_else(silent)))
    }

    async fn attempts(
        self: &Arc<Self>,
        body: &Bytes,
        properties: impl Fn() -> Result<BasicProperties, BridgeError> + Send + Sync,
        last: &mut Option<BridgeError>,
    ) -> Result<(), BridgeError> {
        let mut failures = 0;
        let mut returned = false;
        // Whether this one may be what the broker has refused.
        let mut suspect = false;
        loop {
            self.bar.pass()?;
            let begun = Instant::now();
            let sent = if suspect {
                let pipe = self.alone.lock().await;
                self.once(&*pipe.channel().await?, properties()?, body).await
            } else {
                self.once(&*self.pipe.channel().await?, properties()?, body).await
            };
            let error = match sent {
                Ok(ConfirmOutcome::Safe) => {
                    self.bar.taken();
                    return Ok(());
                }
                Ok(ConfirmOutcome::Returned) if returned => return Err(BridgeError::Mismatch(self.unbound())),
                Ok(ConfirmOutcome::Returned) => match self.restore(begun).await {
                    Ok(()) => {
                        returned = true;
                        continue;
                    }
                    Err(trouble) if trouble.is_permanent() => return Err(trouble.into()),
                    Err(trouble) => trouble.into(),
                },
                // Twice is allowed, not at all is not.
                Ok(ConfirmOutcome::Unknown) => continue,
                Ok(ConfirmOutcome::Refused) => match self.known.refused() {
                    (error, true) => error,
                    (error, false) => return Err(error),
                },
                Err(AmqpError::Denied(why)) => {
                    self.bar.refused(&why);
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
                Err(trouble @ AmqpError::Absent(_)) => match self.restore(begun).await {
                    Ok(()) => trouble.into(),
                    Err(trouble) if trouble.is_permanent() => return Err(trouble.into()),
                    Err(trouble) => trouble.into(),
                },
                Err(trouble) => trouble.into(),
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
        let confirm = {
            let mandatory = self.known.is_somebody();
            Confirm::publish((self, channel), self.route.clone(), mandatory, (properties, body)).await?
        };
        match confirm.word().await? {
            Confirmation::Ack(None) | Confirmation::NotRequested => Ok(ConfirmOutcome::Safe),
            Confirmation::Nack(None) => Ok(ConfirmOutcome::Refused),
            Confirmation::Ack(Some(message)) | Confirmation::Nack(Some(message)) => {
                if *message.properties.message_id() == id {
                    return Ok(ConfirmOutcome::Returned);
                }
                Arc::clone(self).returned(message);
                Ok(ConfirmOutcome::Unknown)
            }
        }
    }

    /// Has the objects made or checked once more, unless that has been done since.
    async fn restore(&self, since: Instant) -> Result<(), AmqpError> {
        let away = |error: BridgeError| AmqpError::Away(error.to_string());
        let connected = self.making.ready(WAIT_LIMIT).await.map_err(away)?;
        if self.objects.restore(&connected.connection, since).await? {
            self.known.renew();
        }
        Ok(())
    }

    fn place(&self) -> String {
        let Destination { exchange, key } = &self.route;
        (if key.as_str().is_empty() { exchange } else { key }).to_string()
    }

    fn unbound(&self) -> String {
        let Destination { exchange, key } = &self.route;
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
        !self.pipe.line.link.is_up()
    }

    /// Whether it may publish.
    pub(super) fn health(&self) -> Health {
        self.bar.health()
    }
}

impl Returns for AmqpPublisher {
    /// Publishes it again, for its sender may have been told that it is safe.
    fn returned(self: Arc<Self>, message: BasicReturnMessage) {
        let delivery = message.delivery;
        io_thread::spawn(async move {
            let body = Bytes::from(delivery.data);
            if let Err(error) = self.publish(&body, || Ok(delivery.properties.clone())).await {
                let (id, route) = (delivery.properties.message_id(), &self.route);
                tracing::error!(target: "pontoon", ?id, ?route, error = %OneLine(&error), "a message that no queue took is lost");
            }
        });
    }
}

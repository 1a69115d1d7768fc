//! The publisher of a topic: publishes with QoS 1 until a message is safe, over as many connections as it takes.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::mqttbytes::v5::Publish;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout_at};

use super::attributes::attribute;
use super::connection::Connection;
use super::error::MqttError;
use super::live_connection::{LiveConnection, PublishNotify, PublishOutcome};
use super::subscribers::{SubscriberPresence, Subscribers};
use crate::bridge::BridgeError;
use crate::bridge::network::wire::Attribute;
use crate::bridge::network::{CircuitBreaker, WAIT_LIMIT};
use crate::health::Health;

/// Between two attempts at what the broker does not take now.
const PAUSE: Duration = Duration::from_millis(500);

/// We may be the first to notice that a connection is lost.
const NOTICE: Duration = Duration::from_millis(1);

/// After how many connections that broke while it was in flight something is published alone.
pub(super) const SUSPECT: u32 = 2;

/// How often the connection may break while it is asked who has to be there.
const QUESTIONS: u32 = 2;

/// The publisher of a topic, which waits for PUBACK.
pub(super) struct MqttPublisher {
    connection: Arc<Connection>,
    /// Who has to be there before.
    subscribers: Arc<Subscribers>,
    circuit_breaker: CircuitBreaker,
}

/// A publish; its packet is written anew for each attempt.
pub(super) struct OutgoingPublish<'p, F> {
    /// The topic in error messages.
    pub(super) subject: &'p str,
    /// As the packet has it.
    pub(super) packet: F,
}

impl MqttPublisher {
    pub(super) fn new(connection: &Arc<Connection>, subscribers: &Arc<Subscribers>) -> Self {
        Self {
            connection: Arc::clone(connection),
            subscribers: Arc::clone(subscribers),
            circuit_breaker: CircuitBreaker::new(),
        }
    }

    /// Whether the connection that it publishes on is down.
    pub(super) fn is_away(&self) -> bool {
        !self.connection.state.is_up()
    }

    /// Whether a message is no larger than the broker takes, as far as it has said.
    pub(super) fn fits(&self, publish: &Publish, subject: &str) -> Result<(), BridgeError> {
        self.connection.current().map_or(Ok(()), |live| fits(publish, &live, subject))
    }

    /// Publishes until it is on the broker's disk.
    pub(super) async fn publish<F: Fn() -> Publish + Send + Sync>(
        &self,
        outgoing: OutgoingPublish<'_, F>,
    ) -> Result<(), BridgeError> {
        self.circuit_breaker.pass()?;
        match deliver(&self.connection, Some(&self.subscribers), outgoing, PublishNotify::Safe).await {
            Ok(()) => {
                self.circuit_breaker.taken();
                Ok(())
            }
            Err(PublishError::Refused(error)) => {
                if let MqttError::Denied(why) = &error {
                    self.circuit_breaker.refused(why);
                }
                Err(error.into())
            }
            Err(PublishError::Failed(error)) => Err(error),
        }
    }

    /// An error where nothing is published any more.
    pub(super) fn closed(&self) -> Result<(), BridgeError> {
        if self.connection.state.is_closed() { Err(BridgeError::Closed) } else { Ok(()) }
    }

    /// Done once nothing is published any more.
    pub(super) async fn ended(&self) {
        self.connection.state.closed().await;
    }

    /// Whether there is a connection now.
    pub(super) fn is_up(&self) -> bool {
        self.connection.state.is_up()
    }

    /// Whether the broker lets us publish.
    pub(super) fn health(&self) -> Health {
        self.circuit_breaker.health()
    }
}

/// Why a publish failed: by its reason code, or before there was one.
pub(super) enum PublishError {
    /// The broker does not take it.
    Refused(MqttError),
    Failed(BridgeError),
}

impl From<PublishError> for BridgeError {
    fn from(undelivered: PublishError) -> Self {
        match undelivered {
            PublishError::Refused(error) => error.into(),
            PublishError::Failed(error) => error,
        }
    }
}

impl From<BridgeError> for PublishError {
    fn from(error: BridgeError) -> Self {
        Self::Failed(error)
    }
}

/// Publishes until the broker has it; for so long at most as a bridge has patience.
pub(super) async fn deliver<F: Fn() -> Publish + Send + Sync>(
    connection: &Connection,
    subscribers: Option<&Subscribers>,
    outgoing: OutgoingPublish<'_, F>,
    notify: fn(oneshot::Sender<PublishOutcome>) -> PublishNotify,
) -> Result<(), PublishError> {
    let until = Instant::now() + WAIT_LIMIT;
    let subscribers = subscribers.filter(|subscribers| !subscribers.is_empty());
    let (mut breaks, mut questions) = (0, 0);
    loop {
        let live = connection.ready(until).await?;
        if let Some(subscribers) = subscribers {
            match subscribers.present(&live, until).await {
                SubscriberPresence::All => {}
                SubscriberPresence::Lost if Instant::now() < until => {
                    sleep(NOTICE).await;
                    continue;
                }
                // A broker that does not let us ask may end the connection instead of saying so.
                SubscriberPresence::Broken if questions < QUESTIONS && Instant::now() < until => {
                    questions += 1;
                    sleep(NOTICE).await;
                    continue;
                }
                SubscriberPresence::Lost | SubscriberPresence::Broken => return Err(unasked(outgoing.subject).into()),
                SubscriberPresence::Missing(who) => return Err(unheard(who).into()),
                SubscriberPresence::Refused(error) => return Err(PublishError::Refused(error)),
            }
        }
        let publish = (outgoing.packet)();
        fits(&publish, &live, outgoing.subject)?;
        let late = |_| BridgeError::Unavailable(format!("the broker has not taken it within {WAIT_LIMIT:?}").into());
        let outcome = if breaks < SUSPECT {
            timeout_at(until, live.publish(publish, notify)).await.map_err(late)?
        } else {
            let probed = connection.probe.publish(&publish, until).await;
            probed.map_err(|error| refused(outgoing.subject, &publish, error))?
        };
        let error = match outcome {
            PublishOutcome::Acked => return Ok(()),
            PublishOutcome::Lost | PublishOutcome::Broken => {
                breaks += u32::from(outcome == PublishOutcome::Broken);
                sleep(NOTICE).await;
                continue;
            }
            PublishOutcome::NoSubscribers => match subscribers {
                None => return Ok(()),
                Some(subscribers) => {
                    subscribers.doubt();
                    MqttError::Away(format!("nobody has subscribed to `{}` any more", outgoing.subject))
                }
            },
            PublishOutcome::Refused(reason) => MqttError::unpublished(outgoing.subject, reason),
            PublishOutcome::Unwritable(why) => MqttError::Unsendable(why),
        };
        if error.is_permanent() || Instant::now() + PAUSE >= until {
            return Err(refused(outgoing.subject, &(outgoing.packet)(), error));
        }
        sleep(PAUSE).await;
    }
}

/// What is not taken for good is put aside: its publisher has to know, and who looks for it.
pub(super) fn refused(subject: &str, publish: &Publish, error: MqttError) -> PublishError {
    if let MqttError::Unsendable(why) = &error {
        let id = attribute(publish, Attribute::ID).unwrap_or_default();
        let bytes = publish.payload.len();
        tracing::error!(target: "pontoon", subject, message = %id, bytes, why, "a message is never taken: it is put aside");
    }
    PublishError::Refused(error)
}

fn unasked(subject: &str) -> BridgeError {
    let why = format!(
        "the connection is lost each time that the broker is asked who has subscribed to `{subject}`; the event would be \
         missed"
    );
    BridgeError::Unavailable(why.into())
}

fn unheard(subscription: &str) -> BridgeError {
    let why = format!(
        "`{subscription}` has not subscribed yet, or not since the broker was restarted; it would miss the event"
    );
    BridgeError::Unavailable(why.into())
}

/// Whether the broker takes a packet of this size. Others would end the connection.
pub(super) fn fits(publish: &Publish, live: &LiveConnection, subject: &str) -> Result<(), BridgeError> {
    /// The packet identifier.
    const LATER: usize = 2;
    let (size, largest) = (publish.size() + LATER, usize::try_from(live.largest).unwrap_or(usize::MAX));
    if size <= largest {
        return Ok(());
    }
    let (body, subject): (&Bytes, _) = (&publish.payload, subject.to_owned());
    let limit = largest.saturating_sub(size - body.len()) as u64;
    Err(BridgeError::TooLarge { subject, size: body.len(), limit })
}

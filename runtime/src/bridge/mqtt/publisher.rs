//! Where something is published until it is safe, over as many connections as it takes.

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

/// After how many connections that broke while it was under way something is published alone.
pub(super) const SUSPECT: u32 = 2;

/// How often the connection may break while it is asked who has to be there.
const QUESTIONS: u32 = 2;

/// Publishes to one place.
pub(super) struct MqttPublisher {
    connection: Arc<Connection>,
    /// Who has to be there before.
    audience: Arc<Subscribers>,
    bar: CircuitBreaker,
}

/// Something that is to be published; written anew for each attempt.
pub(super) struct OutgoingPublish<'p, F> {
    /// Where, for messages.
    pub(super) subject: &'p str,
    /// As the packet has it.
    pub(super) packet: F,
}

impl MqttPublisher {
    pub(super) fn new(connection: &Arc<Connection>, audience: &Arc<Subscribers>) -> Self {
        Self { connection: Arc::clone(connection), audience: Arc::clone(audience), bar: CircuitBreaker::new() }
    }

    /// Whether the connection that it publishes on is down.
    pub(super) fn is_away(&self) -> bool {
        !self.connection.link.is_up()
    }

    /// Whether a message is no larger than the broker takes, as far as it has said.
    pub(super) fn fits(&self, publish: &Publish, subject: &str) -> Result<(), BridgeError> {
        self.connection.current().map_or(Ok(()), |line| fits(publish, &line, subject))
    }

    /// Publishes until it is on the broker's disk.
    pub(super) async fn publish<F: Fn() -> Publish + Send + Sync>(
        &self,
        parcel: OutgoingPublish<'_, F>,
    ) -> Result<(), BridgeError> {
        self.bar.pass()?;
        match deliver(&self.connection, Some(&self.audience), parcel, PublishNotify::Safe).await {
            Ok(()) => {
                self.bar.taken();
                Ok(())
            }
            Err(PublishError::Refused(trouble)) => {
                if let MqttError::Denied(why) = &trouble {
                    self.bar.refused(why);
                }
                Err(trouble.into())
            }
            Err(PublishError::Failed(error)) => Err(error),
        }
    }

    /// An error where nothing is published any more.
    pub(super) fn closed(&self) -> Result<(), BridgeError> {
        if self.connection.link.is_closed() { Err(BridgeError::Closed) } else { Ok(()) }
    }

    /// Done once nothing is published any more.
    pub(super) async fn ended(&self) {
        self.connection.link.closed().await;
    }

    /// Whether there is a connection now.
    pub(super) fn is_up(&self) -> bool {
        self.connection.link.is_up()
    }

    /// Whether the broker lets us publish.
    pub(super) fn health(&self) -> Health {
        self.bar.health()
    }
}

/// Why something could not be published.
pub(super) enum PublishError {
    /// The broker does not take it.
    Refused(MqttError),
    Failed(BridgeError),
}

impl From<PublishError> for BridgeError {
    fn from(undelivered: PublishError) -> Self {
        match undelivered {
            PublishError::Refused(trouble) => trouble.into(),
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
    audience: Option<&Subscribers>,
    parcel: OutgoingPublish<'_, F>,
    word: fn(oneshot::Sender<PublishOutcome>) -> PublishNotify,
) -> Result<(), PublishError> {
    let until = Instant::now() + WAIT_LIMIT;
    let audience = audience.filter(|audience| !audience.is_empty());
    let (mut breaks, mut questions) = (0, 0);
    loop {
        let line = connection.line(until).await?;
        if let Some(audience) = audience {
            match audience.present(&line, until).await {
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
                SubscriberPresence::Lost | SubscriberPresence::Broken => return Err(unasked(parcel.subject).into()),
                SubscriberPresence::Missing(who) => return Err(unheard(who).into()),
                SubscriberPresence::Refused(trouble) => return Err(PublishError::Refused(trouble)),
            }
        }
        let publish = (parcel.packet)();
        fits(&publish, &line, parcel.subject)?;
        let late = |_| BridgeError::Unavailable(format!("the broker has not taken it within {WAIT_LIMIT:?}").into());
        let verdict = if breaks < SUSPECT {
            timeout_at(until, line.publish(publish, word)).await.map_err(late)?
        } else {
            let probed = connection.probe.publish(&publish, until).await;
            probed.map_err(|trouble| refused(parcel.subject, &publish, trouble))?
        };
        let trouble = match verdict {
            PublishOutcome::TakenMessage => return Ok(()),
            PublishOutcome::Lost | PublishOutcome::Broken => {
                breaks += u32::from(verdict == PublishOutcome::Broken);
                sleep(NOTICE).await;
                continue;
            }
            PublishOutcome::Nobody => match audience {
                None => return Ok(()),
                Some(audience) => {
                    audience.doubt();
                    MqttError::Away(format!("nobody has subscribed to `{}` any more", parcel.subject))
                }
            },
            PublishOutcome::Refused(reason) => MqttError::unpublished(parcel.subject, reason),
            PublishOutcome::Unwritable(why) => MqttError::Unsendable(why),
        };
        if trouble.is_permanent() || Instant::now() + PAUSE >= until {
            return Err(refused(parcel.subject, &(parcel.packet)(), trouble));
        }
        sleep(PAUSE).await;
    }
}

/// What is not taken for good is put aside: its publisher has to know, and who looks for it.
pub(super) fn refused(subject: &str, publish: &Publish, trouble: MqttError) -> PublishError {
    if let MqttError::Unsendable(why) = &trouble {
        let id = attribute(publish, Attribute::ID).unwrap_or_default();
        let bytes = publish.payload.len();
        tracing::error!(target: "pontoon", subject, message = %id, bytes, why, "a message is never taken: it is put aside");
    }
    PublishError::Refused(trouble)
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
pub(super) fn fits(publish: &Publish, line: &LiveConnection, subject: &str) -> Result<(), BridgeError> {
    /// The packet identifier.
    const LATER: usize = 2;
    let (size, largest) = (publish.size() + LATER, usize::try_from(line.largest).unwrap_or(usize::MAX));
    if size <= largest {
        return Ok(());
    }
    let (body, subject): (&Bytes, _) = (&publish.payload, subject.to_owned());
    let limit = largest.saturating_sub(size - body.len()) as u64;
    Err(BridgeError::TooLarge { subject, size: body.len(), limit })
}

//! The publisher: publishes until the stream has stored a message, or the server has it where there is no stream.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use serde::Deserialize;
use serde::de::Error as _;
use tokio::sync::RwLock;
use tokio::time::{Duration, Instant, sleep, timeout};

use crate::bridge::BridgeError;
use crate::bridge::nats::attributes;
use crate::bridge::nats::client::NatsMessage;
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::error::{ApiError, ErrorCode};
use crate::bridge::nats::event_stream::{EventStream, StreamPresence};
use crate::bridge::nats::live_connection::LiveConnection;
use crate::bridge::network::WAIT_LIMIT;
use crate::bridge::network::wire::Outgoing;
use crate::contract::policy::Backoff;
use crate::message::Message;
use crate::one_line::OneLine;

/// Between two attempts.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));

/// How many bytes the headers of a message have at most beside its attributes: its sequence, its `Nats-Msg-Id`, and,
/// once it is a dead letter, why it was given up, in short.
const MORE: usize = 512;

/// Of how many bytes the attributes of a message certainly are less, encoded and all.
const ATTRIBUTES: usize = 64 * 1024;

/// How long a bridge that closes waits for what is in flight.
const FLUSH: Duration = Duration::from_secs(5);

/// The publisher of events and dead letters, which waits for the PubAck of the stream that stores them.
pub(super) struct NatsPublisher {
    pub(super) connection: Arc<Connection>,
    event_stream: Arc<EventStream>,
    /// Read by each publish for as long as it is in flight.
    in_flight: RwLock<()>,
    failures: AtomicU64,
}

/// A message to publish, with its subject and how safe it has to be.
pub(super) struct OutgoingPublish<'p> {
    pub(super) subject: &'p str,
    /// Whether a stream has to have it. Otherwise one has it if there is one.
    pub(super) durable: bool,
    pub(super) body: Bytes,
    /// The block of its headers.
    pub(super) headers: Vec<u8>,
    /// The queue that it is a job of, whose bound its sender feels.
    pub(super) queue: Option<&'static str>,
}

/// The answer of a stream to a publish: a PubAck, or an error.
#[derive(Deserialize)]
struct PublishAnswer {
    #[serde(default)]
    error: Option<ApiError>,
    /// The sequence of the message in its stream.
    #[serde(default, rename = "seq")]
    sequence: Option<u64>,
}

/// The answer to a publish: a PubAck, or no responders.
enum StoreOutcome {
    /// The stream has stored the message.
    Stored,
    /// There is no stream, and nobody who listens.
    NoResponders,
    /// The stream has as many messages as it may have.
    Full(ApiError),
}

impl NatsPublisher {
    pub(super) fn new(connection: &Arc<Connection>, event_stream: &Arc<EventStream>) -> Self {
        Self {
            connection: Arc::clone(connection),
            event_stream: Arc::clone(event_stream),
            in_flight: RwLock::new(()),
            failures: AtomicU64::new(0),
        }
    }

    /// Whether a message to this subject can ever be carried, as far as is known without asking the server.
    pub(super) fn check(&self, subject: &str, message: &Message) -> Result<(), BridgeError> {
        let connection = &*self.connection;
        let outgoing = Outgoing::new(subject, message, &connection.source);
        let body = outgoing.body(connection.largest)?;
        let Some(live) = connection.current() else { return Ok(()) };
        // What the server takes may be less than we think, and counts the headers, of which a message has two more.
        let (limit, size) =
            (live.client.max_payload(), body.len() + attributes::write(&outgoing).finish().len() + MORE);
        if size <= limit {
            return Ok(());
        }
        Err(BridgeError::TooLarge { subject: subject.to_owned(), size, limit: limit as u64 })
    }

    /// The body of a message that the server will take, as far as we know.
    pub(super) fn body(&self, outgoing: &Outgoing<'_>, message: &Message) -> Result<Bytes, BridgeError> {
        let connection = &*self.connection;
        let body = outgoing.body(connection.largest)?;
        let announced = connection.current().map(|live| live.client.max_payload());
        if announced.is_some_and(|limit| body.len() + ATTRIBUTES > limit) {
            self.check(outgoing.subject, message)?;
        }
        Ok(body)
    }

    /// Publishes a message; done once it is safe.
    ///
    /// Where a subscription of this deployment must not miss it, that is once the stream has confirmed it. Otherwise
    /// there may be one that this unit knows nothing of: in another deployment, or in a version to come. The stream
    /// takes in whatever is published on its subjects, whether its publisher asks for a confirmation or not. So the
    /// publisher always asks: where there is a stream, it answers, and is waited for; where there is none, the message
    /// is safe once the server has it, which the PONG to a PING tells. A stream that comes later gives itself away by
    /// confirming the first message that it takes in, after the PONG; from the next one on it is waited for.
    pub(super) async fn publish(&self, publication: OutgoingPublish<'_>) -> Result<(), BridgeError> {
        let connection = &*self.connection;
        if connection.state.is_closed() {
            return Err(BridgeError::Closed);
        }
        let _in_flight = self.in_flight.read().await;
        let until = Instant::now() + WAIT_LIMIT;
        let mut failures = 0;
        loop {
            let live = connection.ready(until).await?;
            let error = match self.attempt(&live, &publication).await {
                Ok(()) => return Ok(()),
                Err(error @ BridgeError::Unavailable(_)) => error,
                Err(error) => return Err(error),
            };
            failures += 1;
            let pause = BACKOFF.after(failures);
            if Instant::now() + pause >= until {
                return Err(error);
            }
            // A lost connection is waited for, and no failure of its own.
            if connection.state.is_up() {
                self.failed(publication.subject, &error);
                sleep(pause).await;
            }
        }
    }

    async fn attempt(&self, live: &LiveConnection, publication: &OutgoingPublish<'_>) -> Result<(), BridgeError> {
        let OutgoingPublish { subject, durable, body, headers, queue } = publication;
        let (connection, event_stream) = (&*self.connection, &*self.event_stream);
        let has_stream = event_stream.is_known();
        let sent = connection.confirmations.request(live, subject, headers, body).await?;
        if *durable || has_stream {
            let answer = sent.answer().await.inspect_err(|error| {
                if matches!(error, BridgeError::Unavailable(_)) && connection.state.is_up() {
                    connection.doubt();
                }
            })?;
            return match stored(&answer)? {
                StoreOutcome::Full(refusal) => Err(full(*queue, &refusal)),
                StoreOutcome::NoResponders if *durable => {
                    connection.doubt();
                    Err(BridgeError::Unavailable(format!("no stream takes in `{subject}`").into()))
                }
                StoreOutcome::NoResponders => self.unanswered(live, subject).await,
                StoreOutcome::Stored => {
                    connection.refusals.lift(subject);
                    Ok(())
                }
            };
        }
        let refusal = sent.refusal.clone();
        tokio::select! {
            biased;
            answer = sent.answer() => {
                match stored(&answer?)? {
                    StoreOutcome::Stored => event_stream.found(),
                    StoreOutcome::NoResponders => {}
                    StoreOutcome::Full(refusal) => return Err(full(*queue, &refusal)),
                }
                Ok(())
            }
            gone_through = live.round_trip() => {
                gone_through?;
                // What the server refuses, it has said before it answers the PING.
                refusal.seen().map_or(Ok(()), Err)?;
                connection.refusals.lift(subject);
                Ok(())
            }
        }
    }

    /// There was a stream, and nobody answers for it. It may be gone, and the message with it that no subscription
    /// waits for; or it is between two leaders, and takes in nothing until it has another one.
    async fn unanswered(&self, live: &LiveConnection, subject: &str) -> Result<(), BridgeError> {
        let stream = &self.event_stream.name;
        match self.event_stream.look(live).await? {
            StreamPresence::Absent => {
                self.event_stream.gone();
                Ok(())
            }
            StreamPresence::Present => Err(BridgeError::Unavailable(
                format!("the stream `{stream}` has no leader to take in `{subject}`").into(),
            )),
            StreamPresence::Unknown => Err(BridgeError::Unavailable(
                format!(
                    "nobody answers for the stream `{stream}`, which has taken in events before: it has no leader, or is \
                     gone; to tell, this user needs the right to publish `$JS.API.STREAM.INFO.{stream}`"
                )
                .into(),
            )),
        }
    }

    /// Counts a failure that is tried again. Says so the 1st, 2nd, 4th, 8th… time.
    fn failed(&self, subject: &str, error: &BridgeError) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if failures.is_power_of_two() {
            let error = OneLine(&error);
            tracing::warn!(target: "pontoon", subject, %error, failures, "publishing fails, and is tried again");
        }
    }

    /// Waits for what is in flight; not for long.
    pub(super) async fn flush(&self) {
        let _ = timeout(FLUSH, self.in_flight.write()).await;
    }
}

/// Whether the stream would refuse the same message again: for its size, that of its headers, or what it asks for.
fn is_for_good(error: &ApiError) -> bool {
    let codes = [
        ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM,
        ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM,
        ErrorCode::STREAM_SEALED,
        ErrorCode::BAD_REQUEST,
    ];
    codes.contains(&error.error_code())
}

/// A stream has no room: an error of the queue that it is, or one that may be over soon.
fn full(queue: Option<&'static str>, refusal: &ApiError) -> BridgeError {
    match queue {
        Some(at) => BridgeError::Full { at },
        None => BridgeError::Unavailable(format!("the stream refuses: {refusal}").into()),
    }
}

/// What the answer to a message says.
fn stored(answer: &NatsMessage) -> Result<StoreOutcome, BridgeError> {
    if answer.is_no_responders() {
        return Ok(StoreOutcome::NoResponders);
    }
    match serde_json::from_slice(&answer.payload) {
        Ok(PublishAnswer { error: None, sequence: Some(_) }) => Ok(StoreOutcome::Stored),
        Ok(PublishAnswer { error: Some(error), .. }) if is_for_good(&error) => {
            Err(BridgeError::Mismatch(format!("the stream does not take this message, and will not: {error}")))
        }
        Ok(PublishAnswer { error: Some(error), .. }) if error.is_full() => Ok(StoreOutcome::Full(error)),
        Ok(PublishAnswer { error: Some(error), .. }) => {
            Err(BridgeError::Unavailable(format!("the stream refuses: {error}").into()))
        }
        Ok(PublishAnswer { error: None, sequence: None }) => {
            Err(BridgeError::Malformed(serde_json::Error::custom("a PubAck without a sequence")))
        }
        Err(error) => Err(BridgeError::Malformed(error)),
    }
}

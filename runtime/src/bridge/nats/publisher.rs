//! Publishing, until it is safe.

use std::sync::atomic::{AtomicU64, Ordering};

use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::response::Response;
use async_nats::jetstream::{Error, ErrorCode};
use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use tokio::time::{Duration, Instant, sleep};

use crate::bridge::BridgeError;
use crate::bridge::nats::connection::{Connection, is_no_responders};
use crate::bridge::nats::live_connection::LiveConnection;
use crate::bridge::nats::objects::events;
use crate::bridge::network::WAIT_LIMIT;
use crate::contract::policy::Backoff;
use crate::one_line::OneLine;

/// Between two attempts.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));

/// What is to be published.
pub(super) struct OutgoingPublish<'p, H> {
    pub(super) subject: &'p str,
    /// Whether a stream has to have it. Otherwise one has it if there is one.
    pub(super) durable: bool,
    /// The client that was last permitted to publish there.
    pub(super) permitted: &'p AtomicU64,
    pub(super) body: Bytes,
    /// The headers, made anew for each attempt: there is seldom a second one.
    pub(super) headers: H,
}

/// How an attempt ended that did not fail.
enum StoreOutcome {
    Yes,
    /// There is no stream, and nobody who listens.
    Nowhere,
}

impl Connection {
    /// Publishes a message; done once it is safe.
    ///
    /// Where a subscription of this deployment must not miss it, that is once the stream has confirmed it. Otherwise there may
    /// be one that this unit knows nothing of: in another deployment, or in a version to come. The stream takes in whatever is
    /// published on its subjects, whether its publisher asks for a confirmation or not. So the publisher always asks: where
    /// there is a stream, it answers, and is waited for; where there is none, the message is safe once the server has it,
    /// which an echo tells. A stream that comes later gives itself away by confirming the first message that it takes in,
    /// after the echo; from the next one on it is waited for.
    pub(super) async fn publish<H: Fn() -> HeaderMap>(
        &self,
        publication: OutgoingPublish<'_, H>,
    ) -> Result<(), BridgeError> {
        if self.link.is_closed() {
            return Err(BridgeError::Closed);
        }
        let _under_way = self.under_way.read().await;
        let until = Instant::now() + WAIT_LIMIT;
        let mut failures = 0;
        loop {
            let session = self.session(until).await?;
            let error = match self.attempt(&session, &publication).await {
                Ok(()) => return Ok(()),
                Err(error @ BridgeError::Unavailable(_)) => error,
                Err(error) => return Err(error),
            };
            failures += 1;
            let pause = BACKOFF.after(failures);
            if Instant::now() + pause >= until {
                return Err(error);
            }
            // A lost connection is waited for, and no trouble of its own.
            if self.link.is_up() {
                self.trouble(publication.subject, &error);
                sleep(pause).await;
            }
        }
    }

    async fn attempt<H: Fn() -> HeaderMap>(
        &self,
        session: &LiveConnection,
        publication: &OutgoingPublish<'_, H>,
    ) -> Result<(), BridgeError> {
        let OutgoingPublish { subject, durable, permitted, body, headers } = publication;
        let has_stream = self.has_stream.load(Ordering::Relaxed);
        let asked = self.ask(session, subject, (Some(headers()), body.clone())).await?;
        if *durable || has_stream {
            let answer = asked.answer().await.inspect_err(|error| {
                if matches!(error, BridgeError::Unavailable(_)) && self.link.is_up() {
                    self.doubt.notify_one();
                }
            })?;
            return match stored(&answer)? {
                StoreOutcome::Nowhere if *durable => {
                    self.doubt.notify_one();
                    Err(BridgeError::Unavailable(format!("no stream takes in `{subject}`").into()))
                }
                StoreOutcome::Nowhere => self.unanswered(session, subject).await,
                StoreOutcome::Yes => {
                    self.refusals.lift(subject);
                    Ok(())
                }
            };
        }
        let refusal = asked.refusal.clone();
        tokio::select! {
            biased;
            answer = asked.answer() => {
                if let StoreOutcome::Yes = stored(&answer?)? {
                    self.has_stream.store(true, Ordering::Relaxed);
                }
                Ok(())
            }
            gone_through = self.round_trip(session) => {
                gone_through?;
                if permitted.load(Ordering::Relaxed) != session.number {
                    self.flush_refusals(session).await?;
                    refusal.seen().map_or(Ok(()), Err)?;
                    permitted.store(session.number, Ordering::Relaxed);
                    self.refusals.lift(subject);
                }
                Ok(())
            }
        }
    }

    /// There was a stream, and nobody answers for it. It may be gone, and the message with it that no subscription waits for; or
    /// it is between two leaders, and takes in nothing until it has another one.
    async fn unanswered(&self, session: &LiveConnection, subject: &str) -> Result<(), BridgeError> {
        let stream = events(self.instance.topology).name;
        match self.is_there(session, &stream).await? {
            Some(false) => {
                self.has_stream.store(false, Ordering::Relaxed);
                Ok(())
            }
            Some(true) => {
                Err(BridgeError::Unavailable(format!("the stream `{stream}` has no leader to take in `{subject}`").into()))
            }
            None => Err(BridgeError::Unavailable(
                format!(
                    "nobody answers for the stream `{stream}`, which has taken in events before: it has no leader, or is gone; to \
                     tell, this user needs the right to publish `$JS.API.STREAM.INFO.{stream}`"
                )
                .into(),
            )),
        }
    }

    /// Something goes wrong that is tried again. Says so the 1st, 2nd, 4th, 8th… time.
    fn trouble(&self, subject: &str, error: &BridgeError) {
        let troubles = self.troubles.fetch_add(1, Ordering::Relaxed) + 1;
        if troubles.is_power_of_two() {
            tracing::warn!(target: "pontoon", subject, error = %OneLine(&error), troubles, "publishing fails, and is tried again");
        }
    }
}

/// Whether the stream would refuse the same message again: for its size, that of its headers, or what it asks for.
fn is_for_good(error: &Error) -> bool {
    let codes = [
        ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM,
        ErrorCode::STREAM_HEADER_EXCEEDS_MAXIMUM,
        ErrorCode::STREAM_SEALED,
        ErrorCode::BAD_REQUEST,
    ];
    codes.contains(&error.error_code())
}

/// What the answer to a message says.
fn stored(answer: &Message) -> Result<StoreOutcome, BridgeError> {
    if is_no_responders(answer) {
        return Ok(StoreOutcome::Nowhere);
    }
    match serde_json::from_slice(&answer.payload) {
        Ok(Response::<PublishAck>::Ok(_)) => Ok(StoreOutcome::Yes),
        Ok(Response::Err { error }) if is_for_good(&error) => {
            Err(BridgeError::Mismatch(format!("the stream does not take this message, and will not: {error}")))
        }
        // Full, mostly. It may have room again soon.
        Ok(Response::Err { error }) => Err(BridgeError::Unavailable(format!("the stream refuses: {error}").into())),
        Err(error) => Err(BridgeError::Malformed(error)),
    }
}

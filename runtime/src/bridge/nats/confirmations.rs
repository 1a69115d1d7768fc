//! The answers on our inbox beside replies: PubAcks, responses of JetStream's API, and our own echoes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use tokio::sync::Mutex;
use tokio::time::{Duration, sleep, timeout};

use crate::bridge::BridgeError;
use crate::bridge::nats::address::ANSWER;
use crate::bridge::nats::live_connection::{Expected, LiveConnection, WireMessage};
use crate::bridge::nats::refusals::{PROBE_SUBJECT, RefusalWatch, Refusals};
use crate::bridge::pending::{Pending, PendingRequest};

/// How long it may take to hear everything.
const HEARING: Duration = Duration::from_secs(1);

/// The PubAcks, API responses and echoes that are awaited on our inbox.
pub(super) struct Confirmations {
    pending: Pending<Message>,
    refusals: Arc<Refusals>,
    /// Whether we may publish to our own inbox.
    may_echo: AtomicBool,
    /// Held by whoever waits until everything is heard.
    hearing: Mutex<()>,
}

/// A message that the server is to answer on our inbox.
pub(super) struct SentRequest<'c> {
    waiting: PendingRequest<'c, Message>,
    /// Whether it was refused, as far as we have heard.
    pub(super) refusal: RefusalWatch<'c>,
}

impl Confirmations {
    pub(super) fn new(refusals: &Arc<Refusals>) -> Self {
        Self {
            pending: Pending::default(),
            refusals: Arc::clone(refusals),
            may_echo: AtomicBool::new(true),
            hearing: Mutex::new(()),
        }
    }

    /// Sends a message that a stream or the server is to answer: at least that there are no responders.
    pub(super) async fn request<'c>(
        &'c self,
        live: &LiveConnection,
        subject: &'c str,
        headers: Option<HeaderMap>,
        body: Bytes,
    ) -> Result<SentRequest<'c>, BridgeError> {
        let waiting = self.pending.begin();
        let refusal = self.refusals.watch(subject);
        let reply = Some(live.reply_to(Expected::Confirmation, waiting.key));
        live.send(WireMessage { subject: subject.into(), reply, headers, body }).await?;
        Ok(SentRequest { waiting, refusal })
    }

    /// Waits until the server has everything that was sent so far: until a message to ourselves has come back. The
    /// `flush` of this client only writes to the socket; that is what remains where we may not publish to our own
    /// inbox.
    pub(super) async fn round_trip(&self, live: &LiveConnection) -> Result<(), BridgeError> {
        if self.may_echo.load(Ordering::Relaxed) {
            let waiting = self.pending.begin();
            let refusal = self.refusals.watch(&live.inbox);
            let subject = live.reply_to(Expected::Confirmation, waiting.key);
            live.send(WireMessage { subject, reply: None, headers: None, body: Bytes::new() }).await?;
            let subscription = self.refusals.watch_subscription(&live.inbox);
            let echoed = tokio::select! {
                biased;
                answer = (SentRequest { waiting, refusal }).answer() => answer,
                error = subscription.refused() => return Err(error),
            };
            match echoed {
                Err(BridgeError::Denied(_)) => {
                    self.may_echo.store(false, Ordering::Relaxed);
                    self.refusals.lift(&live.inbox);
                }
                answer => return answer.map(drop),
            }
        }
        live.client.flush().await.map_err(|error| BridgeError::Unavailable(error.into()))
    }

    /// Waits until all refusals have been heard that the server has sent by now.
    pub(super) async fn flush_refusals(&self, live: &LiveConnection) -> Result<(), BridgeError> {
        let _one_at_a_time = self.hearing.lock().await;
        let before = self.refusals.answers();
        let probe = live.client.subscribe(format!("{}{PROBE_SUBJECT}", live.inbox)).await;
        probe.map_err(|error| BridgeError::Unavailable(error.into()))?;
        // A server that does not answer to it says nothing of refusals, either.
        let _ = timeout(HEARING, self.refusals.answered(before)).await;
        Ok(())
    }

    /// Hands an answer to whoever waits for it. Says whether somebody did.
    pub(super) fn answer(&self, key: u64, message: Message) -> bool {
        self.pending.hand(key, Ok(message))
    }

    /// Ends the waiting of all: their answers cannot come any more.
    pub(super) fn fail(&self, error: impl Fn() -> BridgeError) {
        self.pending.fail(error);
    }
}

impl SentRequest<'_> {
    /// Waits for the answer.
    pub(super) async fn answer(self) -> Result<Message, BridgeError> {
        let Self { waiting, refusal } = self;
        tokio::select! {
            biased;
            answer = waiting.answer() => answer,
            error = refusal.refused() => Err(error),
            () = sleep(ANSWER) => Err(BridgeError::Unavailable("the NATS server does not answer".into())),
        }
    }
}

//! The answers on our inbox beside replies: PubAcks, and responses of JetStream's API.

use std::sync::Arc;

use tokio::time::sleep;

use crate::bridge::BridgeError;
use crate::bridge::nats::address::ANSWER;
use crate::bridge::nats::client::{NatsMessage, OutboundMessage};
use crate::bridge::nats::live_connection::{Expected, LiveConnection};
use crate::bridge::nats::refusals::{RefusalWatch, Refusals};
use crate::bridge::pending::{Pending, PendingRequest};

/// The PubAcks and API responses that are awaited on our inbox.
pub(super) struct Confirmations {
    pending: Pending<NatsMessage>,
    refusals: Arc<Refusals>,
}

/// A message that the server is to answer on our inbox.
pub(super) struct SentRequest<'c> {
    waiting: PendingRequest<'c, NatsMessage>,
    /// Whether it was refused, as far as we have heard.
    pub(super) refusal: RefusalWatch<'c>,
}

impl Confirmations {
    pub(super) fn new(refusals: &Arc<Refusals>) -> Self {
        Self { pending: Pending::default(), refusals: Arc::clone(refusals) }
    }

    /// Sends a message that a stream or the server is to answer: at least that there are no responders.
    pub(super) async fn request<'c>(
        &'c self,
        live: &LiveConnection,
        subject: &'c str,
        headers: &[u8],
        payload: &[u8],
    ) -> Result<SentRequest<'c>, BridgeError> {
        let waiting = self.pending.begin();
        let refusal = self.refusals.watch(subject);
        let reply = live.answers.reply_to(Expected::Confirmation, waiting.key);
        live.send_request(OutboundMessage { subject, reply: Some(&reply), headers, payload }).await?;
        Ok(SentRequest { waiting, refusal })
    }

    /// Hands an answer to whoever waits for it. Says whether somebody did.
    pub(super) fn answer(&self, key: u64, message: NatsMessage) -> bool {
        self.pending.hand(key, Ok(message))
    }

    /// Ends the waiting of all: their answers cannot come any more.
    pub(super) fn fail(&self, error: impl Fn() -> BridgeError) {
        self.pending.fail(error);
    }
}

impl SentRequest<'_> {
    /// Waits for the answer.
    pub(super) async fn answer(self) -> Result<NatsMessage, BridgeError> {
        let Self { waiting, refusal } = self;
        tokio::select! {
            biased;
            answer = waiting.answer() => answer,
            error = refusal.refused() => Err(error),
            () = sleep(ANSWER) => Err(BridgeError::Unavailable("the NATS server does not answer".into())),
        }
    }
}

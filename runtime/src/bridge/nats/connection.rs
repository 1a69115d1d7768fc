//! The connection to NATS, across all its losses: what every part of the adapter sends through, and waits on.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex};

use async_nats::{HeaderMap, Message, StatusCode};
use bytes::Bytes;
use pontoon_schema::capability::{Adapter, event_bridge};
use tokio::sync::{Mutex, Notify, RwLock, watch};
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant, sleep, timeout};

use crate::bridge::BridgeError;
use crate::bridge::nats::address::{ANSWER, Address};
use crate::bridge::nats::declared::Declared;
use crate::bridge::nats::live_connection::{Expected, LiveConnection, WireMessage};
use crate::bridge::nats::refusals::{PROBE_SUBJECT, RefusalWatch, Refusals};
use crate::bridge::network::{AtomicCounters, ConnectionState};
use crate::bridge::pending::{Pending, PendingRequest};
use crate::environment::Instance;
use crate::one_line::OneLine;

/// The connection to NATS.
pub(super) struct Connection {
    pub(super) instance: Instance,
    /// Who we are in messages.
    pub(super) source: String,
    /// Whether objects are only checked.
    pub(super) verify: bool,
    pub(super) access: Address,
    /// The largest payload in bytes, as the compiler knows it. The server may take less.
    pub(super) largest: u64,
    pub(super) declared: Declared,
    pub(super) link: ConnectionState,
    /// The client of now, while there is one.
    pub(super) sessions: watch::Sender<Option<Arc<LiveConnection>>>,
    /// Requests that wait for their replies.
    pub(super) replies: Pending<Message>,
    /// What waits for another answer: of a stream, of the server, or for its own echo.
    pub(super) confirms: Pending<Message>,
    pub(super) refusals: Arc<Refusals>,
    pub(super) tally: Arc<AtomicCounters>,
    /// Whether the stream of events is known to be there.
    pub(super) has_stream: AtomicBool,
    /// Whether we may publish to our own inbox.
    may_echo: AtomicBool,
    /// Held by whoever waits until everything is heard.
    hearing: Mutex<()>,
    /// Somebody doubts that the server has what it has to have.
    pub(super) doubt: Notify,
    /// Held by everything that is being published.
    pub(super) under_way: RwLock<()>,
    pub(super) troubles: AtomicU64,
    /// The streams of which was said that they are kept on few servers.
    pub(super) few_replicas: StdMutex<BTreeSet<String>>,
    /// Whether was said that the server loses events when it is killed.
    pub(super) old_server: AtomicBool,
    /// The consumers that were there before.
    pub(super) consumers_seen: StdMutex<BTreeSet<String>>,
    clients: AtomicU64,
    pub(super) supervisor: StdMutex<Option<JoinHandle<()>>>,
}

impl Connection {
    pub(super) fn new(instance: Instance, verify: bool, access: Address) -> Self {
        let refusals = Arc::new(Refusals::new(access.inbox.prefix()));
        Self {
            source: instance.source(),
            instance,
            verify,
            access,
            largest: event_bridge(Adapter::Nats).map_or(u64::MAX, |bridge| bridge.largest_payload),
            declared: Declared::default(),
            link: ConnectionState::new(),
            sessions: watch::Sender::new(None),
            replies: Pending::default(),
            confirms: Pending::default(),
            refusals,
            tally: Arc::default(),
            has_stream: AtomicBool::new(false),
            may_echo: AtomicBool::new(true),
            hearing: Mutex::new(()),
            doubt: Notify::new(),
            under_way: RwLock::new(()),
            troubles: AtomicU64::new(0),
            few_replicas: StdMutex::default(),
            old_server: AtomicBool::new(false),
            consumers_seen: StdMutex::default(),
            clients: AtomicU64::new(0),
            supervisor: StdMutex::new(None),
        }
    }

    /// A number for one more client.
    pub(super) fn next_number(&self) -> u64 {
        self.clients.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The client of now, once there is one.
    pub(super) async fn session(&self, until: Instant) -> Result<Arc<LiveConnection>, BridgeError> {
        loop {
            if !self.link.is_up() {
                self.link.ready(until.saturating_duration_since(Instant::now())).await?;
            }
            let session = self.sessions.borrow().clone();
            // Where there is none, it was lost in between: the link is down by now.
            if let Some(session) = session {
                return Ok(session);
            }
        }
    }

    /// The client of now, also while the server has not got all that it has to have: what asks nothing of a stream need not
    /// wait for one.
    pub(super) async fn client(&self, until: Instant) -> Result<Arc<LiveConnection>, BridgeError> {
        let session = self.sessions.borrow().clone();
        match session {
            Some(session) => Ok(session),
            None => self.session(until).await,
        }
    }

    /// Sends a message that is to be answered: by whoever is asked, or by the server, that nobody is there.
    pub(super) async fn ask<'c>(
        &'c self,
        session: &LiveConnection,
        subject: &'c str,
        (headers, body): (Option<HeaderMap>, Bytes),
    ) -> Result<SentRequest<'c>, BridgeError> {
        let waiting = self.confirms.begin();
        let refusal = self.refusals.watch(subject);
        let reply = Some(session.reply_to(Expected::Confirmation, waiting.key));
        session.send(WireMessage { subject: subject.into(), reply, headers, body }).await?;
        Ok(SentRequest { waiting, refusal })
    }

    /// Waits until the server has everything that was sent so far: until a message to ourselves has come back. The `flush`
    /// of this client only writes to the socket; that is what remains where we may not publish to our own inbox.
    pub(super) async fn round_trip(&self, session: &LiveConnection) -> Result<(), BridgeError> {
        if self.may_echo.load(Ordering::Relaxed) {
            let waiting = self.confirms.begin();
            let refusal = self.refusals.watch(&session.inbox);
            let subject = session.reply_to(Expected::Confirmation, waiting.key);
            session.send(WireMessage { subject, reply: None, headers: None, body: Bytes::new() }).await?;
            let heard = self.refusals.watch_subscription(&session.inbox);
            let echoed = tokio::select! {
                biased;
                answer = (SentRequest { waiting, refusal }).answer() => answer,
                error = heard.refused() => return Err(error),
            };
            match echoed {
                Err(BridgeError::Denied(_)) => {
                    self.may_echo.store(false, Ordering::Relaxed);
                    self.refusals.lift(&session.inbox);
                }
                answer => return answer.map(drop),
            }
        }
        session.client.flush().await.map_err(|error| BridgeError::Unavailable(error.into()))
    }

    /// Waits until all has been heard that the server has said by now.
    pub(super) async fn flush_refusals(&self, session: &LiveConnection) -> Result<(), BridgeError> {
        let _one_at_a_time = self.hearing.lock().await;
        let before = self.refusals.answers();
        let nonsense = session.client.subscribe(format!("{}{PROBE_SUBJECT}", session.inbox)).await;
        nonsense.map_err(|error| BridgeError::Unavailable(error.into()))?;
        // A server that does not answer to it says nothing of refusals, either.
        let _ = timeout(HEARING, self.refusals.answered(before)).await;
        Ok(())
    }

    /// Takes in an answer.
    pub(super) fn answered(&self, session: &LiveConnection, message: Message) {
        match session.answered(&message.subject) {
            Some((Expected::Reply, key)) => self.replies.answer(key, Ok(message)),
            Some((Expected::Confirmation, key)) => {
                // Nobody but a stream says more than the echo has: there is one, since not long ago.
                let is_stream = message.status.is_none() && !message.payload.is_empty();
                if !self.confirms.hand(key, Ok(message)) && is_stream {
                    self.has_stream.store(true, Ordering::Relaxed);
                }
            }
            None => {
                tracing::debug!(target: "pontoon", subject = %OneLine(&message.subject), "not an answer to anything of ours");
            }
        }
    }

    /// Ends the waiting of all who wait for an answer that cannot come any more.
    pub(super) fn lost(&self, reason: &'static str) {
        self.link.down(reason);
        self.replies.fail(|| BridgeError::Unavailable(reason.into()));
        self.confirms.fail(|| BridgeError::Unavailable(reason.into()));
    }
}

/// A message that is to be answered.
pub(super) struct SentRequest<'c> {
    waiting: PendingRequest<'c, Message>,
    /// Whether it was refused, as far as we have heard.
    pub(super) refusal: RefusalWatch<'c>,
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

/// How long it may take to hear everything.
const HEARING: Duration = Duration::from_secs(1);

/// Whether the server says that nobody is there to answer.
pub(super) fn is_no_responders(message: &Message) -> bool {
    message.status == Some(StatusCode::NO_RESPONDERS)
}

/// How long something that is over may still take.
pub(super) const ENDING: Duration = Duration::from_secs(2);

//! A durable pull consumer, as one process takes from it: how many messages it asks for, what it holds, what it gives back.
//!
//! The protocol is spoken here and not by the client's own stream of messages, which hides what it holds: that has to be
//! kept alive while it waits for a handler, and given back when the unit stops.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::{Message, StatusCode, Subject, Subscriber};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{Mutex, watch};
use tokio::task::unconstrained;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::bridge::BridgeError;
use crate::bridge::nats::connection::{Connection, ENDING};
use crate::bridge::nats::live_connection::{LiveConnection, ServerProcess, WireMessage};
use crate::bridge::nats::objects::LEASE;
use crate::bridge::network::PREFETCH;
use crate::contract::policy::Backoff;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::one_line::OneLine;

/// How long the server remembers that we have asked for messages.
const EXPIRES: Duration = Duration::from_secs(30);

/// How often it says so while there are none.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// After how long without a word it does not remember.
const SILENCE: Duration = Duration::from_secs(12);

/// How many messages are taken out of the client at once. Whoever has handled one finds the next without waiting for its turn
/// with the client, and what is said of them goes out together.
const HANDFUL: usize = 32;

/// How long nothing has come when nothing more is to come.
const QUIET: Duration = Duration::from_millis(100);

/// Between two attempts at a consumer that is not there.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));

/// How many messages a process has of a consumer, at most, as long as it does not hand out more at a time: what a second instance
/// waits for where handlers are slow.
const MOST: usize = 64;

/// Between two words for what is held.
pub(super) const HOLD: Duration = Duration::from_secs(LEASE.as_secs() / 3);

/// What is said of a message. The server hears it, or delivers the message again: that is what at least once means, and a
/// confirmation of every word would cost a round trip each.
pub(super) enum AckKind {
    /// It is done.
    Done,
    /// Somebody else may have it.
    Back,
    /// It is to come again, after a pause.
    Again(Duration),
    /// It is still being worked on.
    Holding,
}

impl AckKind {
    pub(super) fn parcel(&self, tag: Subject) -> WireMessage {
        let body = match self {
            Self::Done => Bytes::from_static(b"+ACK"),
            Self::Back => Bytes::from_static(b"-NAK"),
            Self::Again(pause) => format!("-NAK {{\"delay\":{}}}", pause.as_nanos()).into(),
            Self::Holding => Bytes::from_static(b"+WPI"),
        };
        WireMessage { subject: tag, reply: None, headers: None, body }
    }
}

/// Where something is said of a message, and the server process that hears it: the one that has delivered it.
#[derive(Clone)]
pub(super) struct AckSubject {
    pub(super) subject: Subject,
    server: Arc<ServerProcess>,
}

/// A message, and the server process that has delivered it.
pub(super) struct PulledMessage {
    pub(super) message: Message,
    server: Arc<ServerProcess>,
}

impl PulledMessage {
    /// What the message is acknowledged by, if that is so.
    pub(super) fn tag(&self) -> Option<AckSubject> {
        Some(AckSubject { subject: self.message.reply.clone()?, server: Arc::clone(&self.server) })
    }
}

/// A durable pull consumer.
pub(super) struct PullConsumer {
    /// Where messages are asked for.
    next: String,
    /// What stands in the subject on which a message of this consumer is acknowledged.
    tags: String,
    /// How many this process wants to hold. It begins with few and grows with each that is done: a message that ends the
    /// process does not take hundreds with it, which then count as delivered although nobody has looked at them.
    window: AtomicUsize,
    /// Whether it has one message at a time: then nothing lies between those of which the server hears.
    is_ordered: bool,
    ended: watch::Sender<bool>,
    /// Taken out of the client already.
    here: StdMutex<VecDeque<PulledMessage>>,
    /// By where they are acknowledged: those that were handed out, and of which nothing was said yet.
    handed: StdMutex<HashSet<String>>,
    state: Mutex<PullState>,
}

struct PullState {
    sessions: watch::Receiver<Option<Arc<LiveConnection>>>,
    source: Option<ClientPull>,
    failures: u32,
}

/// Where messages come from, on one client.
struct ClientPull {
    session: Arc<LiveConnection>,
    inbox: Subject,
    subscriber: Subscriber,
    /// How many messages the server may still send of those that we have asked for.
    owed: usize,
    /// When it last said anything, or was asked. Whoever waits may be dropped, and the next one goes on waiting from there.
    heard: Instant,
}

/// What the server has sent.
enum PullResponse {
    Message(PulledMessage),
    /// Something about what we have asked for.
    News,
    /// It does not serve us.
    Refused,
}

impl PullConsumer {
    pub(super) fn new(connection: &Connection, stream: &str, consumer: &str, policy: &SubscriptionPolicy) -> Self {
        let sessions = connection.sessions.subscribe();
        let state = PullState { sessions, source: None, failures: 0 };
        Self {
            next: format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"),
            tags: format!("{stream}.{consumer}."),
            window: AtomicUsize::new((policy.concurrency.max(1) as usize).min(PREFETCH.into())),
            is_ordered: policy.ordered,
            ended: watch::Sender::new(false),
            here: StdMutex::default(),
            handed: StdMutex::default(),
            state: Mutex::new(state),
        }
    }

    /// Whether a message is acknowledged there: `$JS.ACK.<stream>.<consumer>.…`, with a domain and an account before the stream
    /// where there are such. Whoever knows our inbox can send there what it likes, with any reply subject.
    pub(super) fn is_ticket(&self, tag: &str) -> bool {
        let Some(rest) = tag.strip_prefix("$JS.ACK.") else { return false };
        rest.starts_with(&*self.tags) || rest.splitn(3, '.').nth(2).is_some_and(|rest| rest.starts_with(&*self.tags))
    }

    /// The next message; `None` once it has ended, or the bridge is closed.
    pub(super) async fn next(&self, connection: &Connection) -> Option<PulledMessage> {
        if let Some(at_hand) = self.at_hand(connection) {
            return at_hand;
        }
        let mut state = self.state.lock().await;
        let PullState { sessions, source, failures } = &mut *state;
        loop {
            if let Some(at_hand) = self.at_hand(connection) {
                return at_hand;
            }
            let ready = match self.prepare(sessions, source).await {
                Ok(ready) => ready,
                Err(error) => {
                    tracing::debug!(target: "pontoon", error = %OneLine(&error), "no messages can be asked for");
                    None
                }
            };
            let Some(ready) = ready else {
                // A client that is lost, or none: the next one is told of.
                tokio::select! {
                    _ = sessions.changed() => {}
                    () = self.stopped(connection) => return None,
                }
                continue;
            };
            tokio::select! {
                biased;
                message = ready.subscriber.next() => match message.map(|message| ready.take(message)) {
                    Some(PullResponse::Message(taken)) => {
                        *failures = 0;
                        ready.empty(&mut self.here(), HANDFUL);
                        return Some(taken);
                    }
                    Some(PullResponse::News) => {}
                    Some(PullResponse::Refused) => {
                        *failures += 1;
                        connection.doubt.notify_one();
                        tokio::select! {
                            () = sleep(BACKOFF.after(*failures)) => {}
                            () = self.stopped(connection) => return None,
                        }
                    }
                    None => *source = None,
                },
                _ = sessions.changed() => {}
                () = self.stopped(connection) => return None,
                () = sleep_until(ready.heard + SILENCE) => {
                    tracing::debug!(target: "pontoon", owed = ready.owed, "no word of a consumer: it is asked again");
                    ready.owed = 0;
                    ready.heard = Instant::now();
                }
            }
        }
    }

    /// What need not be waited for: a message that is here, or the end.
    fn at_hand(&self, connection: &Connection) -> Option<Option<PulledMessage>> {
        if *self.ended.borrow() || connection.link.is_closed() {
            return Some(None);
        }
        self.here().pop_front().map(Some)
    }

    fn here(&self) -> MutexGuard<'_, VecDeque<PulledMessage>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that the client of now has been asked for messages. Nothing where there is no client.
    async fn prepare<'s>(
        &self,
        sessions: &mut watch::Receiver<Option<Arc<LiveConnection>>>,
        source: &'s mut Option<ClientPull>,
    ) -> Result<Option<&'s mut ClientPull>, BridgeError> {
        let Some(session) = sessions.borrow_and_update().clone() else { return Ok(None) };
        if source.as_ref().is_none_or(|source| !Arc::ptr_eq(&source.session, &session)) {
            if let Some(source) = source {
                source.empty(&mut self.here(), usize::MAX);
            }
            *source = None;
            *source = Some(ClientPull::open(session).await?);
        }
        let Some(source) = source else { return Ok(None) };
        let window = self.window.load(Ordering::Relaxed);
        if source.owed * 2 <= window {
            source.ask(&self.next, window - source.owed).await?;
        }
        Ok(Some(source))
    }

    /// A message is done: there may be more at a time.
    pub(super) fn done(&self) {
        let window = self.window.load(Ordering::Relaxed);
        if window < MOST {
            self.window.store(window + 1, Ordering::Relaxed);
        }
    }

    fn handed(&self) -> MutexGuard<'_, HashSet<String>> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing may be said of a message to the server of now: it would take it for word of others as well. The message comes
    /// again from there.
    pub(super) fn is_void(&self, tag: &AckSubject, session: &LiveConnection) -> bool {
        !self.is_ordered && session.server.is_misled_about(&tag.server)
    }

    /// A message is handed out: it is held from now on.
    pub(super) fn hand_out(&self, tag: &Subject) {
        self.handed().insert(tag.to_string());
    }

    /// Something is said of a message that was handed out: it is not held any more.
    pub(super) fn let_go(&self, tag: &Subject) {
        self.handed().remove(tag.as_str());
    }

    /// Tells the server that what waits here, or is being handled, is not lost. On the thread of the connection: a handler that
    /// computes without yielding could not say so itself.
    pub(super) async fn hold(&self, connection: &Connection) {
        let session = connection.sessions.borrow().clone();
        let handed: Vec<String> = self.handed().iter().cloned().collect();
        if let Some(session) = session {
            for tag in handed {
                // It may have been settled meanwhile: then the server passes over this.
                if session.send(AckKind::Holding.parcel(tag.into())).await.is_err() {
                    return;
                }
            }
        }
        // Who has it for longer waits for a message: there is none here.
        let Ok(mut state) = timeout(Duration::from_millis(100), self.state.lock()).await else { return };
        let Some(source) = &mut state.source else { return };
        let tags: Vec<_> = {
            let mut here = self.here();
            source.empty(&mut here, usize::MAX);
            here.iter().filter_map(|taken| taken.message.reply.clone()).collect()
        };
        for tag in tags {
            if source.session.send(AckKind::Holding.parcel(tag)).await.is_err() {
                return;
            }
        }
    }

    /// Takes nothing new, and gives back what nobody has been handed.
    pub(super) async fn drain(&self, connection: &Connection) {
        self.ended.send_replace(true);
        let mut state = self.state.lock().await;
        if let Some(mut source) = state.source.take() {
            // What the server owes us by now comes soon, if it has it. Where it does not answer, it is gone.
            let _ = timeout(ENDING, connection.round_trip(&source.session)).await;
            source.empty(&mut self.here(), usize::MAX);
            while source.owed > 0
                && let Ok(Some(message)) = timeout(QUIET, source.subscriber.next()).await
            {
                if let PullResponse::Message(taken) = source.take(message) {
                    self.here().push_back(taken);
                }
            }
            // First, or it would send us again what we give back.
            let _ = source.subscriber.unsubscribe().await;
            let here = std::mem::take(&mut *self.here());
            for taken in here {
                if let Some(tag) = taken.message.reply
                    && source.session.send(AckKind::Back.parcel(tag)).await.is_err()
                {
                    // The client is gone: it all goes back when its lease ends.
                    return;
                }
            }
        }
    }

    async fn stopped(&self, connection: &Connection) {
        let mut ended = self.ended.subscribe();
        tokio::select! {
            // The sender lives in `self`: there is always one.
            _ = ended.wait_for(|ended| *ended) => {}
            () = connection.link.closed() => {}
        }
    }
}

impl ClientPull {
    async fn open(session: Arc<LiveConnection>) -> Result<Self, BridgeError> {
        let inbox = session.another_inbox();
        let subscriber = session.client.subscribe(inbox.clone()).await;
        let subscriber = subscriber.map_err(|error| BridgeError::Unavailable(error.into()))?;
        Ok(Self { session, inbox, subscriber, owed: 0, heard: Instant::now() })
    }

    /// Asks for so many messages more.
    async fn ask(&mut self, next: &str, messages: usize) -> Result<(), BridgeError> {
        let (expires, heartbeat) = (EXPIRES.as_nanos(), HEARTBEAT.as_nanos());
        let body = format!(r#"{{"batch":{messages},"expires":{expires},"idle_heartbeat":{heartbeat}}}"#);
        let reply = Some(self.inbox.clone());
        self.session.send(WireMessage { subject: next.into(), reply, headers: None, body: body.into() }).await?;
        self.owed += messages;
        self.heard = Instant::now();
        Ok(())
    }

    /// Takes in what the server has sent.
    fn take(&mut self, message: Message) -> PullResponse {
        self.heard = Instant::now();
        match message.status {
            None | Some(StatusCode::OK) => {
                self.owed = self.owed.saturating_sub(1);
                PullResponse::Message(PulledMessage { message, server: Arc::clone(&self.session.server) })
            }
            Some(StatusCode::IDLE_HEARTBEAT) => PullResponse::News,
            Some(StatusCode::TIMEOUT | StatusCode::REQUEST_TERMINATED) if unsent(&message).is_some() => {
                self.owed = self.owed.saturating_sub(unsent(&message).unwrap_or_default());
                PullResponse::News
            }
            Some(status) => {
                self.owed = 0;
                if status == StatusCode::TIMEOUT { PullResponse::News } else { PullResponse::Refused }
            }
        }
    }

    /// Takes out of the client what is there; so much at most.
    fn empty(&mut self, here: &mut VecDeque<PulledMessage>, most: usize) {
        while here.len() < most
            && let Some(Some(message)) = unconstrained(self.subscriber.next()).now_or_never()
        {
            if let PullResponse::Message(taken) = self.take(message) {
                here.push_back(taken);
            }
        }
    }
}

/// How many of the messages that were asked for are not sent any more.
fn unsent(message: &Message) -> Option<usize> {
    message.headers.as_ref()?.get("Nats-Pending-Messages")?.as_str().parse().ok()
}

//! A durable pull consumer, as one process takes from it: how many messages it asks for, what it holds, what it gives
//! back.
//!
//! The protocol is spoken here and not by the client's own stream of messages, which hides what it holds: that has to
//! be kept alive while it waits for a handler, and given back when the unit stops.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::bridge::BridgeError;
use crate::bridge::nats::ack_subject::{AckKind, AckSubject, PulledMessage, stored_at};
use crate::bridge::nats::client::Subject;
use crate::bridge::nats::client_pull::{ClientPull, PullResponse};
use crate::bridge::nats::connection::{Connection, ENDING};
use crate::bridge::nats::live_connection::LiveConnection;
use crate::bridge::nats::recently_done::RecentlyDone;
use crate::bridge::network::PREFETCH;
use crate::contract::policy::Backoff;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::one_line::OneLine;
use crate::sync::{Mutex, MutexGuard};

/// After how long without a heartbeat the server does not remember our pull requests.
const SILENCE: Duration = Duration::from_secs(12);

/// How many messages are taken out of the client at once. Whoever has handled one finds the next without waiting for
/// its turn with the client, and their acknowledgements go out together.
const BATCH: usize = 32;

/// How long nothing has come when nothing more is to come.
const QUIET: Duration = Duration::from_millis(100);

/// Between two attempts at a consumer that is not there.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));

/// How many messages a process has of a consumer, at most, as long as it does not hand out more at a time: what a
/// second instance waits for where handlers are slow.
const MOST: usize = 64;

/// A durable pull consumer at the server.
pub(super) struct ConsumerAt<'c> {
    pub(super) stream: &'c str,
    pub(super) consumer: &'c str,
    /// The `ack_wait` of its deliveries.
    pub(super) lease: Duration,
}

/// A durable pull consumer, and the deliveries that this process has of it.
pub(super) struct PullConsumer {
    /// Where pull requests go.
    next: String,
    /// What stands in the ack subject of a message of this consumer.
    acks: String,
    /// How many messages this process wants to hold. It begins with few and grows with each that is done: a message
    /// that ends the process does not take hundreds with it, which then count as delivered although nobody has looked
    /// at them.
    window: AtomicUsize,
    /// For how long a delivery is ours (`ack_wait`), unless we say that it is in progress.
    pub(super) lease: Duration,
    /// Whether it has one message at a time: then nothing lies between those of which the server hears.
    is_ordered: bool,
    ended: watch::Sender<bool>,
    /// Taken out of the client already.
    buffer: Mutex<VecDeque<PulledMessage>>,
    /// The ack subjects of deliveries that were handed out and are not settled yet.
    handed: Mutex<HashSet<Subject>>,
    recently_done: RecentlyDone,
    has_workers: AtomicBool,
    state: AsyncMutex<PullState>,
}

/// The pull requests of a consumer, across the live connections that it has one after the other.
struct PullState {
    connections: watch::Receiver<Option<Arc<LiveConnection>>>,
    pull: Option<ClientPull>,
    failures: u32,
}

/// The next message of a consumer, as far as that needs no waiting.
enum BufferedNext {
    Message(PulledMessage),
    Empty,
    /// The consumer has ended, or the bridge is closed.
    Ended,
}

impl PullConsumer {
    pub(super) fn new(connection: &Connection, at: &ConsumerAt<'_>, policy: &SubscriptionPolicy) -> Self {
        let ConsumerAt { stream, consumer, lease } = at;
        let state = PullState { connections: connection.subscribe(), pull: None, failures: 0 };
        Self {
            next: format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"),
            acks: format!("{stream}.{consumer}."),
            window: AtomicUsize::new((policy.in_flight().max(1) as usize).min(PREFETCH.into())),
            lease: *lease,
            is_ordered: policy.ordered,
            ended: watch::Sender::new(false),
            buffer: Mutex::default(),
            handed: Mutex::default(),
            recently_done: RecentlyDone::default(),
            has_workers: AtomicBool::new(false),
            state: AsyncMutex::new(state),
        }
    }

    /// Whether this is an ack subject of this consumer: `$JS.ACK.<stream>.<consumer>.…`, with a domain and an account
    /// before the stream where there are such. Whoever knows our inbox can send there what it likes, with any reply
    /// subject.
    pub(super) fn is_ack_subject(&self, subject: &str) -> bool {
        let Some(rest) = subject.strip_prefix("$JS.ACK.") else { return false };
        rest.starts_with(&*self.acks) || rest.splitn(3, '.').nth(2).is_some_and(|rest| rest.starts_with(&*self.acks))
    }

    /// The next message; `None` once it has ended, or the bridge is closed.
    pub(super) async fn next(&self, connection: &Connection) -> Option<PulledMessage> {
        match self.buffered(connection) {
            BufferedNext::Message(pulled) => return Some(pulled),
            BufferedNext::Ended => return None,
            BufferedNext::Empty => {}
        }
        let mut state = self.state.lock().await;
        let PullState { connections, pull, failures } = &mut *state;
        loop {
            match self.buffered(connection) {
                BufferedNext::Message(pulled) => return Some(pulled),
                BufferedNext::Ended => return None,
                BufferedNext::Empty => {}
            }
            let ready = match self.prepare(connections, pull).await {
                Ok(ready) => ready,
                Err(error) => {
                    tracing::debug!(target: "pontoon", error = %OneLine(&error), "no messages can be asked for");
                    None
                }
            };
            let Some(ready) = ready else {
                // A client that is lost, or none: the next one is told of.
                tokio::select! {
                    _ = connections.changed() => {}
                    () = self.stopped(connection) => return None,
                }
                continue;
            };
            tokio::select! {
                biased;
                message = ready.subscriber.next() => match message.map(|message| ready.receive(message)) {
                    Some(PullResponse::Message(pulled)) => {
                        *failures = 0;
                        ready.drain_into(&mut self.buffer(), BATCH);
                        return Some(pulled);
                    }
                    Some(PullResponse::Status) => {}
                    Some(PullResponse::Refused) => {
                        *failures += 1;
                        connection.doubt();
                        tokio::select! {
                            () = sleep(BACKOFF.after(*failures)) => {}
                            () = self.stopped(connection) => return None,
                        }
                    }
                    None => *pull = None,
                },
                _ = connections.changed() => {}
                () = self.stopped(connection) => return None,
                () = sleep_until(ready.heard + SILENCE) => {
                    tracing::debug!(target: "pontoon", owed = ready.owed, "no word of a consumer: it is asked again");
                    ready.owed = 0;
                    ready.heard = Instant::now();
                }
            }
        }
    }

    fn buffered(&self, connection: &Connection) -> BufferedNext {
        if *self.ended.borrow() || connection.state.is_closed() {
            return BufferedNext::Ended;
        }
        self.buffer().pop_front().map_or(BufferedNext::Empty, BufferedNext::Message)
    }

    fn buffer(&self) -> MutexGuard<'_, VecDeque<PulledMessage>> {
        self.buffer.lock()
    }

    /// Sees to it that the client of now has been asked for messages. Nothing where there is no client.
    async fn prepare<'s>(
        &self,
        connections: &mut watch::Receiver<Option<Arc<LiveConnection>>>,
        pull: &'s mut Option<ClientPull>,
    ) -> Result<Option<&'s mut ClientPull>, BridgeError> {
        let Some(live) = connections.borrow_and_update().clone() else { return Ok(None) };
        if pull.as_ref().is_none_or(|pull| !Arc::ptr_eq(&pull.live, &live)) {
            if let Some(pull) = pull {
                pull.drain_into(&mut self.buffer(), usize::MAX);
            }
            *pull = None;
            *pull = Some(ClientPull::open(live).await?);
        }
        let Some(pull) = pull else { return Ok(None) };
        let window = self.window.load(Ordering::Relaxed);
        if pull.owed * 2 <= window {
            pull.request(&self.next, window - pull.owed).await?;
        }
        Ok(Some(pull))
    }

    /// Whether this process has workers of the queue with this stream.
    pub(super) fn has_workers_of(&self, stream: &str) -> bool {
        let is_of = self.acks.strip_prefix(stream).is_some_and(|rest| rest.starts_with('.'));
        is_of && self.has_workers.load(Ordering::Relaxed)
    }

    /// So many more take messages at the same time.
    pub(super) fn add_workers(&self, in_flight: u32) {
        self.has_workers.store(true, Ordering::Relaxed);
        let more = usize::try_from(in_flight).unwrap_or(usize::MAX);
        let window = self.window.load(Ordering::Relaxed).saturating_add(more);
        self.window.store(window.min(PREFETCH.into()), Ordering::Relaxed);
    }

    /// Whether this process is done with a message, and has told the server so.
    pub(super) fn is_done(&self, ack: &Subject) -> bool {
        stored_at(ack).is_some_and(|message| self.recently_done.has(&message))
    }

    /// A message is done: there may be more at a time.
    pub(super) fn done(&self, ack: &Subject) {
        if let Some(message) = stored_at(ack) {
            self.recently_done.add(message);
        }
        let window = self.window.load(Ordering::Relaxed);
        if window < MOST {
            self.window.store(window + 1, Ordering::Relaxed);
        }
    }

    fn handed(&self) -> MutexGuard<'_, HashSet<Subject>> {
        self.handed.lock()
    }

    /// Whether the server of now must not hear an acknowledgement: it would take it for one of others as well. The
    /// message comes again from there.
    pub(super) fn is_void(&self, ack: &AckSubject, live: &LiveConnection) -> bool {
        !self.is_ordered && live.server.is_misled_about(&ack.server)
    }

    /// A message is handed out: it is held from now on.
    pub(super) fn hand_out(&self, ack: &Subject) {
        self.handed().insert(ack.clone());
    }

    /// A message that was handed out is settled: it is not held any more.
    pub(super) fn let_go(&self, ack: &Subject) {
        self.handed().remove(ack);
    }

    /// Tells the server that what waits here, or is being handled, is in progress. On the thread of the connection: a
    /// handler that computes without yielding could not say so itself.
    pub(super) async fn hold(&self, connection: &Connection) {
        let handed: Vec<Subject> = self.handed().iter().cloned().collect();
        if let Some(live) = connection.current() {
            for ack in handed {
                // It may have been settled meanwhile: then the server passes over this.
                if live.acknowledge(&AckKind::InProgress, &ack).await.is_err() {
                    return;
                }
            }
        }
        // Who has it for longer waits for a message: there is none here.
        let Ok(mut state) = timeout(Duration::from_millis(100), self.state.lock()).await else { return };
        let Some(pull) = &mut state.pull else { return };
        let acks: Vec<_> = {
            let mut buffer = self.buffer();
            pull.drain_into(&mut buffer, usize::MAX);
            buffer.iter().filter_map(|pulled| pulled.message.reply.clone()).collect()
        };
        for ack in acks {
            if pull.live.acknowledge(&AckKind::InProgress, &ack).await.is_err() {
                return;
            }
        }
    }

    /// Takes nothing new, and gives back what nobody has been handed.
    pub(super) async fn drain(&self) {
        self.ended.send_replace(true);
        let mut state = self.state.lock().await;
        let Some(mut pull) = state.pull.take() else { return };
        // What the server owes us by now comes soon, if it has it. Where it does not answer, it is gone.
        let _ = timeout(ENDING, pull.live.round_trip()).await;
        pull.drain_into(&mut self.buffer(), usize::MAX);
        while pull.owed > 0
            && let Ok(Some(message)) = timeout(QUIET, pull.subscriber.next()).await
        {
            if let PullResponse::Message(pulled) = pull.receive(message) {
                self.buffer().push_back(pulled);
            }
        }
        // First, or it would send us again what we give back.
        pull.subscriber.unsubscribe();
        let buffer = std::mem::take(&mut *self.buffer());
        for pulled in buffer {
            if let Some(ack) = pulled.message.reply
                && pull.live.acknowledge(&AckKind::Nak(None), &ack).await.is_err()
            {
                // The client is gone: it all goes back when its lease ends.
                return;
            }
        }
    }

    async fn stopped(&self, connection: &Connection) {
        let mut ended = self.ended.subscribe();
        tokio::select! {
            // The sender lives in `self`: there is always one.
            _ = ended.wait_for(|ended| *ended) => {}
            () = connection.state.closed() => {}
        }
    }
}

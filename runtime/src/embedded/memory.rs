//! What of a backlog is in memory: the head of what waits, and what is handed out.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use crate::bridge::Delivery;
use crate::contract::queue_policy::QueuePolicy;
use crate::contract::subscription_policy::{SubscriptionPolicy, WhenFull};
use crate::embedded::message::{BacklogMessage, Place};

/// How many messages of a backlog are in memory before somebody takes them.
pub(super) const WINDOW: usize = 256;

/// How many bytes of them; one is always there.
const WINDOW_BYTES: usize = 1 << 20;

/// The limits of a backlog that somebody takes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredLimits {
    /// What errors call it.
    pub(super) at: &'static str,
    pub(super) bound: Option<usize>,
    pub(super) when_full: WhenFull,
    /// There for jobs.
    pub(super) lease: Option<Duration>,
    pub(super) remember: Duration,
    /// What is to be tried again stays in its place.
    pub(super) is_ordered: bool,
}

impl StoredLimits {
    pub(super) fn of_subscription(at: &'static str, policy: SubscriptionPolicy) -> Self {
        let SubscriptionPolicy { bound, when_full, ordered, .. } = policy;
        let bound = bound.map(|bound| bound as usize);
        Self { at, bound, when_full, lease: None, remember: Duration::ZERO, is_ordered: ordered }
    }

    pub(super) fn of_queue(at: &'static str, policy: QueuePolicy) -> Self {
        let QueuePolicy { bound, when_full, lease, remember, .. } = policy;
        Self {
            at,
            bound: Some(bound as usize),
            when_full,
            lease: Some(lease),
            remember: remember.unwrap_or_default(),
            is_ordered: false,
        }
    }
}

/// A message that a reader has.
pub(super) struct HandedOut {
    pub(super) stored: BacklogMessage,
    /// When others may have it; never, for events.
    pub(super) until: Option<Instant>,
    /// Through which port the reader has it.
    pub(super) port: u64,
}

/// What of a backlog is in memory. The rest of it is on the disk, behind the two cursors.
pub(super) struct BacklogMemory {
    /// Nothing where nobody takes from it, as far as this process knows.
    pub(super) limits: Option<StoredLimits>,
    /// How many consumers of this process take from it.
    pub(super) consumers: usize,
    /// Messages that were being tried when an earlier process ended. One of them may have ended it: each is tried while
    /// none of the others is.
    suspects: VecDeque<BacklogMessage>,
    /// The one of them that is being tried.
    suspected: Option<Place>,
    /// Messages that were given back, or have waited for their time: before those of the window.
    pub(super) again: VecDeque<BacklogMessage>,
    /// The head of what is due at once.
    pub(super) window: VecDeque<BacklogMessage>,
    pub(super) window_bytes: usize,
    /// Messages whose attempt is counted, for the readers that wait.
    pub(super) out: VecDeque<BacklogMessage>,
    pub(super) handed: HashMap<u64, HandedOut>,
    /// The last message due at once that was in the window.
    pub(super) loaded: i64,
    /// The last of the others that was read.
    pub(super) loaded_due: Place,
    /// Whether nothing that is due at once is behind the window.
    pub(super) is_whole: bool,
    /// When the next of the others is due.
    pub(super) next_due: Option<i64>,
    /// How many messages the database has, those that are handed out included.
    pub(super) total: usize,
    /// How many are about to be added.
    pub(super) adding: usize,
    /// How many readers and writers wait.
    pub(super) readers: usize,
    pub(super) writers: usize,
    /// Whether messages are being counted for the readers.
    pub(super) is_handing_out: bool,
    pub(super) tags: u64,
    pub(super) dropped: u64,
}

impl BacklogMemory {
    /// Of a backlog that has so many messages.
    pub(super) fn new(total: usize) -> Self {
        Self {
            limits: None,
            consumers: 0,
            suspects: VecDeque::new(),
            suspected: None,
            again: VecDeque::new(),
            window: VecDeque::new(),
            window_bytes: 0,
            out: VecDeque::new(),
            handed: HashMap::new(),
            loaded: 0,
            loaded_due: Place { due: 0, number: i64::MAX },
            is_whole: total == 0,
            // Whatever it has may be due.
            next_due: (total > 0).then_some(0),
            total,
            adding: 0,
            readers: 0,
            writers: 0,
            is_handing_out: false,
            tags: 0,
            dropped: 0,
        }
    }

    /// Forgets all messages: the database has none any more.
    pub(super) fn clear(&mut self) {
        *self = Self { limits: self.limits, consumers: self.consumers, readers: self.readers, ..Self::new(0) };
    }

    /// How many messages there are that nobody has, with those that are about to be added.
    pub(super) fn len(&self) -> usize {
        (self.total + self.adding).saturating_sub(self.handed.len())
    }

    pub(super) fn has_room(&self) -> bool {
        self.limits.and_then(|limits| limits.bound).is_none_or(|bound| self.len() < bound)
    }

    /// Whether something could be handed out by a commit.
    pub(super) fn has_some(&self, now: i64) -> bool {
        self.suspected.is_none() && !self.suspects.is_empty()
            || !self.again.is_empty()
            || !self.window.is_empty()
            || !self.is_whole
            || self.next_due.is_some_and(|due| due <= now)
    }

    /// Whether the window takes another message.
    pub(super) fn window_takes(&self, size: usize) -> bool {
        self.window.is_empty() || self.window.len() < WINDOW && self.window_bytes + size <= WINDOW_BYTES
    }

    /// A message at the end of what is due at once. It stays on the disk alone where the window has no room for it, or
    /// others are between them.
    pub(super) fn append(&mut self, stored: BacklogMessage) {
        if stored.place.number <= self.loaded {
            return;
        }
        self.is_whole &= self.window_takes(stored.size);
        if self.is_whole {
            self.load(stored);
        }
    }

    /// The next message of those due at once, in the window.
    pub(super) fn load(&mut self, stored: BacklogMessage) {
        self.loaded = stored.place.number;
        if self.is_suspect(&stored) {
            self.suspects.push_back(stored);
            return;
        }
        self.window_bytes += stored.size;
        self.window.push_back(stored);
    }

    /// Whether a message due at once was being tried when an earlier process ended: one that has failed waits for a
    /// time. With an order, it has nothing beside it.
    fn is_suspect(&self, stored: &BacklogMessage) -> bool {
        stored.tries > 0 && self.limits.is_none_or(|limits| !limits.is_ordered)
    }

    /// The next message to be handed out.
    pub(super) fn pop(&mut self) -> Option<BacklogMessage> {
        if self.suspected.is_none()
            && let Some(suspect) = self.suspects.pop_front()
        {
            self.suspected = Some(suspect.place);
            return Some(suspect);
        }
        self.pop_other()
    }

    /// The oldest message that nobody has, to be removed.
    pub(super) fn pop_oldest(&mut self) -> Option<BacklogMessage> {
        self.suspects.pop_front().or_else(|| self.pop_other())
    }

    fn pop_other(&mut self) -> Option<BacklogMessage> {
        if let Some(again) = self.again.pop_front() {
            return Some(again);
        }
        let stored = self.window.pop_front()?;
        self.window_bytes -= stored.size;
        Some(stored)
    }

    /// A message that was handed out is settled. Says whether another can be tried for that.
    pub(super) fn clear_of_suspicion(&mut self, place: Place) -> bool {
        let was_suspected = self.suspected.take_if(|suspected| *suspected == place).is_some();
        was_suspected && !self.suspects.is_empty()
    }

    /// Hands a message out whose attempt is counted.
    pub(super) fn hand(&mut self, port: u64) -> Option<Delivery> {
        let stored = self.out.pop_front()?;
        self.tags += 1;
        let tag = self.tags;
        let until = self.limits.and_then(|limits| limits.lease).map(|lease| Instant::now() + lease);
        let delivery = Delivery { message: stored.message.clone(), attempt: stored.tries, tag };
        self.handed.insert(tag, HandedOut { stored, until, port });
        Some(delivery)
    }

    /// Brings back what was leased for too long. Says when the next lease ends.
    pub(super) fn bring_back(&mut self, now: Instant) -> Option<Instant> {
        let is_over = |handed: &HandedOut| handed.until.is_some_and(|until| until <= now);
        if self.handed.values().any(is_over) {
            let over: Vec<_> = self.handed.extract_if(|_, handed| is_over(handed)).collect();
            over.into_iter().for_each(|(_, handed)| self.give_back(handed.stored));
        }
        self.handed.values().filter_map(|handed| handed.until).min()
    }

    /// Brings back what a port has that is closed.
    pub(super) fn bring_back_from(&mut self, port: u64) {
        let left: Vec<_> = self.handed.extract_if(|_, handed| handed.port == port).collect();
        left.into_iter().for_each(|(_, handed)| self.give_back(handed.stored));
    }

    /// A message that was handed out, or has waited for its time: the oldest first.
    pub(super) fn give_back(&mut self, stored: BacklogMessage) {
        if self.suspected.take_if(|suspected| *suspected == stored.place).is_some() {
            return self.suspects.push_front(stored);
        }
        let place = self.again.partition_point(|other| other.place.number < stored.place.number);
        self.again.insert(place, stored);
    }

    /// How long the oldest message in memory has been there, by when it was put in.
    pub(super) fn oldest(&self) -> Option<i64> {
        self.suspects
            .iter()
            .chain(&self.again)
            .chain(&self.out)
            .chain(self.window.front())
            .map(|stored| stored.since)
            .min()
    }
}

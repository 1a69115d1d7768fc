//! The messages of a backlog: ready, delayed, leased, dead letters.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::bridge::DeadMessage;
use crate::contract::queue_policy::QueuePolicy;
use crate::contract::subscription_policy::{SubscriptionPolicy, WhenFull};
use crate::message::Message;

/// How many dead letters are kept; the oldest make room.
const DEAD_LETTERS: usize = 10_000;

/// How many deduplication ids are remembered; the oldest make room.
const REMEMBERED: usize = 1_000_000;

/// The bounds and the lease of a backlog.
#[derive(Clone, Copy, Debug)]
pub(super) struct BacklogLimits {
    pub(super) bound: usize,
    pub(super) when_full: WhenFull,
    /// There for jobs.
    pub(super) lease: Option<Duration>,
    pub(super) remember: Duration,
}

impl From<SubscriptionPolicy> for BacklogLimits {
    fn from(policy: SubscriptionPolicy) -> Self {
        let bound = policy.bound.unwrap_or(SubscriptionPolicy::IN_MEMORY) as usize;
        Self { bound, when_full: policy.when_full, lease: None, remember: Duration::ZERO }
    }
}

impl From<QueuePolicy> for BacklogLimits {
    fn from(policy: QueuePolicy) -> Self {
        let QueuePolicy { bound, when_full, lease, remember, .. } = policy;
        Self { bound: bound as usize, when_full, lease: Some(lease), remember: remember.unwrap_or_default() }
    }
}

/// The messages of a backlog: ready, delayed, leased or given up.
#[derive(Default)]
pub(super) struct BacklogContents {
    pub(super) ready: VecDeque<BacklogItem>,
    /// What waits for its time: delayed, or to be tried again.
    pub(super) delayed: BTreeMap<(Instant, u64), BacklogItem>,
    /// Who has which job, and until when.
    pub(super) leased: HashMap<u64, LeasedItem>,
    pub(super) dead: VecDeque<DeadMessage>,
    /// The deduplication ids that count, and until when: the first to be forgotten first.
    remembered: HashSet<Arc<str>>,
    forgotten: VecDeque<RememberedId>,
    pub(super) tags: u64,
    /// How many were in `taken` when somebody last looked: since then some may have gone.
    pub(super) over: usize,
    pub(super) dropped: u64,
    pub(super) closed: bool,
}

/// A job that is leased to a worker.
pub(super) struct LeasedItem {
    pub(super) until: Instant,
    pub(super) item: BacklogItem,
}

/// A deduplication id, and until when it counts.
struct RememberedId {
    until: Instant,
    id: Arc<str>,
}

/// A message of a backlog.
pub(super) struct BacklogItem {
    pub(super) message: Message,
    pub(super) attempt: u32,
    /// Since when it waits, where somebody may ask: for jobs.
    pub(super) since: Option<Instant>,
}

impl BacklogContents {
    pub(super) fn len(&self) -> usize {
        self.ready.len() + self.delayed.len()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.delayed.is_empty() && self.leased.is_empty()
    }

    /// When something comes back by itself, if it does.
    pub(super) fn next_time(&self) -> Option<Instant> {
        let delayed = self.delayed.keys().next().map(|(due, _)| *due);
        let leases = self.leased.values().map(|leased| leased.until).min();
        delayed.into_iter().chain(leases).min()
    }

    pub(super) fn remembers(&mut self, id: &str, now: Instant) -> bool {
        while let Some(over) = self.forgotten.pop_front_if(|remembered| remembered.until <= now) {
            self.remembered.remove(&over.id);
        }
        self.remembered.contains(id)
    }

    /// Remembers an id that is not remembered yet.
    pub(super) fn remember(&mut self, id: &str, until: Instant) {
        if self.forgotten.len() >= REMEMBERED
            && let Some(oldest) = self.forgotten.pop_front()
        {
            self.remembered.remove(&oldest.id);
        }
        let id: Arc<str> = id.into();
        self.forgotten.push_back(RememberedId { until, id: Arc::clone(&id) });
        self.remembered.insert(id);
    }

    pub(super) fn drop_oldest(&mut self, name: &'static str) {
        if self.ready.pop_front().is_none() {
            self.delayed.pop_first();
        }
        self.dropped += 1;
        // The 1st, 2nd, 4th, 8th…: a log that is of use and does not flood.
        if self.dropped.is_power_of_two() {
            tracing::warn!(target: "pontoon", at = name, dropped = self.dropped, "full: the oldest message is gone");
        }
    }

    /// Keeps a message that was given up.
    pub(super) fn dead_letter(&mut self, dead: DeadMessage, name: &'static str) {
        if self.dead.len() >= DEAD_LETTERS {
            self.dead.pop_front();
            tracing::warn!(target: "pontoon", at = name, "too many dead letters: the oldest is gone");
        }
        self.dead.push_back(dead);
    }

    pub(super) fn delay_until(&mut self, due: Instant, item: BacklogItem) {
        self.tags += 1;
        self.delayed.insert((due, self.tags), item);
    }

    /// Brings back what is due, and what was leased for too long.
    pub(super) fn bring_back(&mut self, now: Instant) {
        while let Some(due) = self.delayed.first_entry().filter(|due| due.key().0 <= now) {
            let item = due.remove();
            self.ready.push_back(item);
        }
        if self.leased.values().any(|leased| leased.until <= now) {
            let over = self.leased.extract_if(|_, leased| leased.until <= now);
            let over = over.map(|(_, LeasedItem { item, .. })| BacklogItem { attempt: item.attempt + 1, ..item });
            self.ready.extend(over);
        }
    }
}

//! What a backlog holds: ready, aside, leased, dead.

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

/// What holds for one backlog.
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
        Self { bound: bound as usize, when_full, lease: Some(lease), remember }
    }
}

#[derive(Default)]
pub(super) struct BacklogContents {
    pub(super) ready: VecDeque<BacklogItem>,
    /// What waits for its time: delayed, or to be tried again.
    pub(super) aside: BTreeMap<(Instant, u64), BacklogItem>,
    /// Who has which job, and until when.
    pub(super) leased: HashMap<u64, (Instant, BacklogItem)>,
    pub(super) dead: VecDeque<DeadMessage>,
    /// The deduplication ids that count, and until when: the first to be forgotten first.
    remembered: HashSet<Arc<str>>,
    forgotten: VecDeque<(Instant, Arc<str>)>,
    pub(super) tags: u64,
    /// How many were in `taken` when somebody last looked: since then some may have gone.
    pub(super) over: usize,
    pub(super) dropped: u64,
    pub(super) closed: bool,
}

pub(super) struct BacklogItem {
    pub(super) message: Message,
    pub(super) attempt: u32,
    /// Since when it waits, where somebody may ask: for jobs.
    pub(super) since: Option<Instant>,
}

impl BacklogContents {
    pub(super) fn len(&self) -> usize {
        self.ready.len() + self.aside.len()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.aside.is_empty() && self.leased.is_empty()
    }

    /// When something comes back by itself, if it does.
    pub(super) fn next_time(&self) -> Option<Instant> {
        let aside = self.aside.keys().next().map(|(due, _)| *due);
        let leases = self.leased.values().map(|(until, _)| *until).min();
        aside.into_iter().chain(leases).min()
    }

    pub(super) fn remembers(&mut self, id: &str, now: Instant) -> bool {
        while let Some((_, over)) = self.forgotten.pop_front_if(|(until, _)| *until <= now) {
            self.remembered.remove(&over);
        }
        self.remembered.contains(id)
    }

    /// Remembers an id that is not remembered yet.
    pub(super) fn remember(&mut self, id: &str, until: Instant) {
        if self.forgotten.len() >= REMEMBERED
            && let Some((_, oldest)) = self.forgotten.pop_front()
        {
            self.remembered.remove(&oldest);
        }
        let id: Arc<str> = id.into();
        self.forgotten.push_back((until, Arc::clone(&id)));
        self.remembered.insert(id);
    }

    pub(super) fn drop_oldest(&mut self, name: &'static str) {
        if self.ready.pop_front().is_none() {
            self.aside.pop_first();
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

    pub(super) fn put_aside(&mut self, due: Instant, item: BacklogItem) {
        self.tags += 1;
        self.aside.insert((due, self.tags), item);
    }

    /// Brings back what is due, and what was leased for too long.
    pub(super) fn bring_back(&mut self, now: Instant) {
        while let Some(due) = self.aside.first_entry().filter(|due| due.key().0 <= now) {
            let item = due.remove();
            self.ready.push_back(item);
        }
        if self.leased.values().any(|(until, _)| *until <= now) {
            let over = self.leased.extract_if(|_, (until, _)| *until <= now);
            let over = over.map(|(_, (_, item))| BacklogItem { attempt: item.attempt + 1, ..item });
            self.ready.extend(over);
        }
    }
}

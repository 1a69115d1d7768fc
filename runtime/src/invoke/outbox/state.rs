//! The outbox of a unit: a lane for each subject that it publishes, and what waits that others have to publish.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::health::{Counters, Health};
use crate::invoke::outbox::foreign::Foreign;
use crate::invoke::outbox::lane::Lane;
use crate::invoke::outbox::port::Ports;
use crate::store::StateAdapter;
use crate::sync::{Mutex, MutexGuard};
use crate::unit::lifecycle::Lifecycle;

/// What the outbox works with: its state, the store that it is in, and how far the unit is.
#[derive(Clone, Copy)]
pub(crate) struct OutboxContext<'s> {
    pub(crate) outbox: &'s Outbox,
    pub(crate) store: &'s dyn StateAdapter,
    pub(crate) lifecycle: &'s Lifecycle,
}

pub(crate) struct Outbox {
    pub(super) lanes: BTreeMap<&'static str, Arc<Lane>>,
    /// A sweep is asked for.
    pub(super) asked: Notify,
    foreign: Mutex<Foreign>,
    /// How many dead letters there are, by subject.
    dead: Mutex<BTreeMap<String, usize>>,
    counts: Counts,
}

/// How often what has happened since the process started.
#[derive(Default)]
struct Counts {
    dead: AtomicU64,
    left: AtomicU64,
    late: AtomicU64,
}

impl Outbox {
    pub(crate) fn new(ports: Ports) -> Self {
        let lane = |(subject, (port, listeners))| (subject, Arc::new(Lane::new(subject, port, listeners)));
        Self {
            lanes: ports.into_iter().map(lane).collect(),
            asked: Notify::new(),
            foreign: Mutex::default(),
            dead: Mutex::default(),
            counts: Counts::default(),
        }
    }

    pub(super) fn lane(&self, subject: &str) -> Option<&Arc<Lane>> {
        self.lanes.get(subject)
    }

    fn dead(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.dead.lock()
    }

    /// Has the store looked through soon: something may have been left behind.
    pub(super) fn sweep_soon(&self) {
        self.asked.notify_one();
    }

    pub(super) fn foreign(&self, found: BTreeMap<String, usize>, is_first: bool) {
        self.foreign.lock().update(found, is_first);
    }

    pub(super) fn set_dead(&self, counts: BTreeMap<String, usize>) {
        *self.dead() = counts;
    }

    pub(super) fn count_dead(&self, subject: &str) {
        self.counts.dead.fetch_add(1, Ordering::Relaxed);
        *self.dead().entry(subject.to_owned()).or_default() += 1;
    }

    pub(super) fn say_left(&self, entry: &str, error: &str) {
        let count = self.counts.left.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_power_of_two() {
            tracing::warn!(target: "pontoon", error, entry, count, "stays in the outbox, to be published later");
        }
    }

    pub(super) fn say_late(&self) {
        let count = self.counts.late.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_power_of_two() {
            tracing::warn!(target: "pontoon", count, "the bridge takes too long: what a handler sent is published later");
        }
    }

    /// Whether there is something that people have to look at.
    pub(crate) fn health(&self) -> Health {
        let dead = self.dead().iter().fold(Health::Ready, |health, (subject, count)| {
            health.and(Health::Degraded(format!("the outbox has given up {count} entries of `{subject}`")))
        });
        dead.and(self.foreign.lock().health())
    }

    pub(crate) fn count(&self, counters: Counters) -> Counters {
        let outbox_dead = self.counts.dead.load(Ordering::Relaxed);
        let outbox_waiting = self.lanes.values().map(|lane| lane.waits()).sum();
        Counters { outbox_dead, outbox_waiting, ..counters }
    }

    /// How many subjects have something to publish and can do it.
    pub(crate) fn busy(&self) -> usize {
        self.lanes.values().filter(|lane| lane.is_busy()).count()
    }
}

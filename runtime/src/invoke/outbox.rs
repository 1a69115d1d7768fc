//! `outbox: true`: what a handler writes and sends takes effect together once it succeeded, or not at all.
//!
//! Events and jobs are put into the state store in the same transaction as the writes, and published after it, in the order of
//! commits. They belong to their subject: whatever a crash or a broker out of reach leaves behind, any unit that can publish the
//! subject relays: at least once, under its old id.

mod commit;
mod dead_letters;
mod direct;
mod entry;
mod holding;
mod lane;
mod lease;
mod order;
mod port;
mod relay;
mod sightings;
mod sweep;
mod unit_of_work;

pub(crate) use commit::commit;
pub use dead_letters::{OutboxDeadLetter, OutboxDeadLetters};
pub(crate) use port::Port;
pub(crate) use unit_of_work::{OutgoingMessage, UnitOfWork};

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Notify;

use crate::contract::listeners::Listeners;
use crate::health::{Counters, Health};
use crate::store::{Change, Expect};
use crate::unit::lifecycle::Phase;
use crate::unit::shared::Shared;

use dead_letters::dead_letter;
use lane::Lane;
use sweep::Foreign;

/// How long a handler that has succeeded waits until what it sent is published.
const WAIT_LIMIT: Duration = Duration::from_secs(1);

/// The collection of what is to be published, by subject and number.
const COLLECTION: &str = "$outbox";

/// The collection of which entries may have been sent not longer ago than a listener remembers. They go away by the clock of the
/// store: no clock of a process decides how old an entry is.
const SENT: &str = "$outbox_sent";

/// Where a unit can publish, by subject.
pub(crate) type Ports = HashMap<&'static str, (Port, Listeners)>;

pub(crate) struct Outbox {
    lanes: BTreeMap<&'static str, Arc<Lane>>,
    /// A sweep is asked for.
    asked: Notify,
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

    fn lane(&self, subject: &str) -> Option<&Arc<Lane>> {
        self.lanes.get(subject)
    }

    fn dead(&self) -> MutexGuard<'_, BTreeMap<String, usize>> {
        self.dead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the store looked through soon: something may have been left behind.
    fn sweep_soon(&self) {
        self.asked.notify_one();
    }

    fn foreign(&self, found: BTreeMap<String, usize>, is_first: bool) {
        self.foreign.lock().unwrap_or_else(PoisonError::into_inner).update(found, is_first);
    }

    fn buried(&self, counts: BTreeMap<String, usize>) {
        *self.dead() = counts;
    }

    fn count_dead(&self, subject: &str) {
        self.counts.dead.fetch_add(1, Ordering::Relaxed);
        *self.dead().entry(subject.to_owned()).or_default() += 1;
    }

    fn say_left(&self, entry: &str, error: &str) {
        let count = self.counts.left.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_power_of_two() {
            tracing::warn!(target: "pontoon", error, entry, count, "stays in the outbox, to be published later");
        }
    }

    fn say_late(&self) {
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
        dead.and(self.foreign.lock().unwrap_or_else(PoisonError::into_inner).health())
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

/// Publishes what is committed, for as long as the unit runs. It may be begun again after a panic.
pub(crate) async fn run(shared: &Shared) {
    let lanes = join_all(shared.outbox.lanes.values().map(|lane| lane.run(shared)));
    tokio::select! {
        () = shared.lifecycle.reached(Phase::Ended) => {}
        _ = async { tokio::join!(sweep::sweep(shared), lanes) } => {}
    }
}

/// Waits until what was committed is published, as far as it can be now.
pub(crate) async fn finish(shared: &Shared) {
    join_all(shared.outbox.lanes.values().map(|lane| lane.rested())).await;
}

/// An entry that is done with.
fn remove(lane: &Lane, key: &str) -> impl Iterator<Item = Change> {
    let entry = Change { collection: COLLECTION, key: key.to_owned(), expect: Expect::Anything, put: None };
    let marker = lane.listeners.keep.map(|_| sent_marker(key.to_owned(), None));
    std::iter::once(entry).chain(marker)
}

/// How long an entry may be on its way after it was noted that it may be sent.
const ON_ITS_WAY: Duration = Duration::from_secs(35);

/// Notes that an entry may be sent from now on, or forgets it. The note goes away before a listener has forgotten what was sent:
/// that may be on its way for a while yet.
fn sent_marker(key: String, keep: Option<Duration>) -> Change {
    let put = keep.map(|keep| (Arc::from(&b"true"[..]), Some(keep.saturating_sub(ON_ITS_WAY.min(keep / 4)))));
    Change { collection: SENT, key, expect: Expect::Anything, put }
}

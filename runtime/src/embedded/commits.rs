//! The thread that commits: takes whatever waits, makes it one commit, syncs once, and then answers all.

use std::mem;
use std::sync::{Arc, Condvar, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::embedded::accepted::AcceptedCommit;
use crate::embedded::clock::DatabaseClock;
use crate::embedded::error::StorageError;
use crate::embedded::format::{self, SYNCED, WRITTEN};
use crate::embedded::work::{Changing, CommitWork, Following, Numbers};
use crate::one_line::OneLine;
use crate::sync::Mutex;

/// How many changes are in one commit at most.
const TOGETHER: usize = 4096;

/// After how long a change that has failed, and that nobody would do otherwise, is tried again.
const AGAIN: Duration = Duration::from_millis(500);

/// How often what has gone away by its time is removed.
const SWEEP: Duration = Duration::from_secs(1);

/// How many of those are removed in one commit.
const SWEPT: i64 = 1000;

/// The changes that wait for the next commit. Who waits for an answer has a permit of the database, so that there are
/// no more than those; of the rest, each backlog has one at a time.
#[derive(Default)]
pub(super) struct CommitQueue {
    waiting: std::sync::Mutex<Waiting>,
    arrived: Condvar,
    /// Why the last commit has failed; nothing once one has not.
    failed: Mutex<Option<StorageError>>,
}

#[derive(Default)]
struct Waiting {
    works: Vec<Box<dyn CommitWork>>,
    closed: bool,
}

impl CommitQueue {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a change made with the next commit. Once the queue is closed, it is dropped, and with it who waits for it.
    pub(super) fn push(&self, work: Box<dyn CommitWork>) {
        let mut waiting = self.lock();
        if !waiting.closed {
            waiting.works.push(work);
            drop(waiting);
            self.arrived.notify_one();
        }
    }

    /// Ends the thread once all that waits is committed.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    /// Lets nobody wait for a thread that has ended, however that came about.
    fn abandon(&self) {
        let left = {
            let mut waiting = self.lock();
            waiting.closed = true;
            mem::take(&mut waiting.works)
        };
        // Dropped without the lock: who waits for them is told.
        drop(left);
        self.failed.lock().get_or_insert_with(StorageError::ended);
    }

    /// Why the last commit has failed, if it has.
    pub(super) fn failure(&self) -> Option<StorageError> {
        self.failed.lock().clone()
    }

    /// What waits; nothing of it once the time is over, and `None` once the queue is closed and empty.
    fn take(&self, until: Instant) -> Option<Vec<Box<dyn CommitWork>>> {
        let mut waiting = self.lock();
        loop {
            if !waiting.works.is_empty() {
                let rest = waiting.works.len().min(TOGETHER);
                let later = waiting.works.split_off(rest);
                return Some(mem::replace(&mut waiting.works, later));
            }
            let left = until.saturating_duration_since(Instant::now());
            if waiting.closed || left.is_zero() {
                return (!waiting.closed).then(Vec::new);
            }
            waiting = self.arrived.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until so many have come, or the time is over.
    fn gather(&self, count: usize, until: Instant) {
        let mut waiting = self.lock();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if waiting.works.len() >= count || waiting.closed || left.is_zero() {
                return;
            }
            waiting = self.arrived.wait_timeout(waiting, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Abandons the queue when the thread ends, also by a panic.
struct AbandonedQueue(Arc<CommitQueue>);

impl Drop for AbandonedQueue {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// The thread that commits, and what it works with.
pub(super) struct CommitThread {
    pub(super) queue: Arc<CommitQueue>,
    pub(super) connection: Connection,
    pub(super) accepted: AcceptedCommit,
    pub(super) commits: i64,
    pub(super) clock: DatabaseClock,
    pub(super) numbers: Numbers,
    pub(super) is_synced: bool,
}

impl CommitThread {
    /// Commits until the queue is closed.
    pub(super) fn run(mut self) {
        let _abandoned = AbandonedQueue(Arc::clone(&self.queue));
        let (mut at_once, mut later) = (Vec::new(), Vec::new());
        let (mut retry, mut sweep) = (Instant::now(), Instant::now());
        loop {
            let until = if later.is_empty() { sweep } else { sweep.min(retry) };
            let mut works = mem::take(&mut at_once);
            let wait = if works.is_empty() { until } else { Instant::now() };
            let Some(taken) = self.queue.take(wait) else { break };
            works.extend(taken);
            let now = Instant::now();
            if !later.is_empty() && now >= retry {
                works.append(&mut later);
            }
            if now >= sweep {
                sweep = now + SWEEP;
                works.push(Box::new(Sweep { is_probe: self.queue.failure().is_some() }));
            }
            let (answered, begun) = (works.len(), Instant::now());
            for following in self.commit(works) {
                match following {
                    Following::Nothing => {}
                    Following::AtOnce(more) => at_once.extend(more),
                    Following::Later(work) => {
                        retry = Instant::now() + AGAIN;
                        later.push(work);
                    }
                }
            }
            if answered > 2 && at_once.is_empty() {
                // Who was answered at once may have more to say: they share the next sync, and not the one after it.
                self.queue.gather(answered, Instant::now() + begun.elapsed() / 4);
            }
        }
        if let Err(error) = self.connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)") {
            tracing::info!(target: "pontoon", error = %OneLine(error), "the log of the database is read again at the next start");
        }
    }

    /// Makes changes in one commit. Where that fails, each is tried alone: what has no room holds up no other.
    fn commit(&mut self, mut works: Vec<Box<dyn CommitWork>>) -> Vec<Following> {
        let ended = self.try_commit(&mut works);
        if let Err(error) = &ended
            && works.len() > 1
        {
            tracing::debug!(target: "pontoon", error = %OneLine(error), changes = works.len(), "a commit has failed: one change at a time");
            return works.into_iter().flat_map(|work| self.commit(vec![work])).collect();
        }
        match &ended {
            // What only the operating system has, or changes nothing, may succeed on a disk that is full.
            Ok(()) if !self.is_synced => {}
            ended => self.note(ended.as_ref().err()),
        }
        works.into_iter().map(|work| work.done(ended.as_ref().copied())).collect()
    }

    fn try_commit(&mut self, works: &mut [Box<dyn CommitWork>]) -> Result<(), StorageError> {
        let changing = Changing { connection: &self.connection, clock: &self.clock, numbers: &self.numbers };
        works.iter_mut().try_for_each(|work| work.prepare(&changing))?;
        let is_synced = works.iter().any(|work| work.is_synced());
        if self.is_synced != is_synced {
            self.connection.execute_batch(if is_synced { SYNCED } else { WRITTEN })?;
            self.is_synced = is_synced;
        }
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let applied = works.iter_mut().try_for_each(|work| work.apply(&changing));
        let ended = applied.and_then(|()| {
            if is_synced {
                format::count(&self.connection, "commits")?;
            }
            Ok(self.connection.prepare_cached("COMMIT")?.execute([]).map(drop)?)
        });
        match &ended {
            Ok(()) if is_synced => {
                self.commits += 1;
                self.accepted.note(self.commits);
            }
            Ok(()) => {}
            Err(_) if self.connection.is_autocommit() => {}
            Err(_) => self.connection.execute_batch("ROLLBACK")?,
        }
        ended
    }

    /// Remembers whether the last commit has failed, and says so once.
    fn note(&self, error: Option<&StorageError>) {
        let mut failed = self.queue.failed.lock();
        match (error, &*failed) {
            (Some(error), None) => {
                tracing::error!(target: "pontoon", error = %OneLine(error), "nothing can be written to the database");
            }
            (None, Some(_)) => tracing::info!(target: "pontoon", "the database can be written to again"),
            _ => {}
        }
        *failed = error.cloned();
    }
}

/// Removes what has gone away by its time. Where the last commit has failed, it finds out whether one succeeds.
struct Sweep {
    is_probe: bool,
}

impl CommitWork for Sweep {
    fn is_synced(&self) -> bool {
        self.is_probe
    }

    fn apply(&mut self, changing: &Changing<'_>) -> Result<(), StorageError> {
        for sweep in [
            "DELETE FROM state WHERE (collection, key) IN
                (SELECT collection, key FROM state WHERE ends <= ?1 ORDER BY ends LIMIT ?2)",
            "DELETE FROM deduplication WHERE (backlog, id) IN
                (SELECT backlog, id FROM deduplication WHERE ends <= ?1 ORDER BY ends LIMIT ?2)",
        ] {
            changing.connection.prepare_cached(sweep)?.execute([changing.clock.now(), SWEPT])?;
        }
        Ok(())
    }

    fn done(self: Box<Self>, _: Result<(), &StorageError>) -> Following {
        Following::Nothing
    }
}

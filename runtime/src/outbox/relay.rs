//! Publishes what was left in the outbox, in the order of commits: by a bridge out of reach, or by a process that is gone.
//!
//! One process at a time relays a subject. Before it hands an entry to the bridge, it notes in the store that the entry may have
//! been sent: whoever relays after a crash knows. An entry that has been published and is not taken out is published once more,
//! under its id.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::bridge::BridgeError;
use crate::core::Core;
use crate::outbox::direct::DIRECT;
use crate::outbox::entry::Entry;
use crate::outbox::lane::{Lane, Queued};
use crate::outbox::lease::Lease;
use crate::outbox::order::prefix;
use crate::outbox::port::is_final;
use crate::outbox::{COLLECTION, SENT, bury, remove, sent_marker};
use crate::store::{self, Change, Expect, Range, StoreError};

/// How many entries are looked at in one go.
const PAGE: usize = 100;

/// How many entries are published at a time where no listener needs an order.
const AT_A_TIME: usize = 64;

/// How long an entry of another process is left to it, from when it is first seen here: longer than that process may go on.
const OTHERS: Duration = Duration::from_secs(2).saturating_add(DIRECT);

/// How long one entry may take.
const PUBLISH: Duration = Duration::from_secs(35);

/// What became of a pass.
pub(super) enum Pass {
    /// Nothing is left.
    Clear,
    /// Another process is at it.
    Held,
    /// Something could not be published or taken out.
    Failed,
    /// The unit has stopped.
    Closed,
}

/// What this process knows of the entries of one subject.
#[derive(Default)]
pub(super) struct Relay {
    /// Everything up to this number is known to be gone.
    pub(super) all_gone_up_to: Option<u64>,
    /// Committed by this process: nobody else is publishing them.
    mine: HashSet<String>,
    /// Published, and only to be taken out.
    published: HashSet<String>,
    /// Those that their processes may be publishing, since when they are known here.
    seen: HashMap<String, Instant>,
}

/// Why a pass ends before everything is done.
enum Stop {
    Pass(Pass),
    /// Something has changed: it is looked at anew.
    Again,
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Closed => Self::Pass(Pass::Closed),
            StoreError::Conflict { .. } => Self::Again,
            error => {
                tracing::debug!(target: "pontoon", %error, "the outbox cannot be read or changed");
                Self::Pass(Pass::Failed)
            }
        }
    }
}

impl Relay {
    pub(super) fn own(&mut self, queued: &[Queued]) {
        self.mine.extend(queued.iter().map(|queued| queued.key.clone()));
    }

    pub(super) fn published(&mut self, keys: Vec<String>) {
        self.published.extend(keys);
    }

    /// These have been taken out.
    pub(super) fn taken_out(&mut self, taken: &[Change]) {
        for change in taken.iter().filter(|change| change.collection == COLLECTION) {
            self.published.remove(&change.key);
            self.mine.remove(&change.key);
        }
    }

    /// Publishes what waits, until nothing does.
    pub(super) async fn pass(&mut self, core: &Core, lane: &Lane) -> Pass {
        match self.begin(core, lane).await {
            Ok(()) => Pass::Clear,
            Err(Stop::Pass(pass)) => pass,
            Err(Stop::Again) => Pass::Held,
        }
    }

    async fn begin(&mut self, core: &Core, lane: &Lane) -> Result<(), Stop> {
        self.own(&lane.take());
        let store = &*core.adapters.state;
        let first = store.list(COLLECTION, range(lane, None, 1)).await?;
        if first.entries.is_empty() && first.next.is_none() {
            return self.clear(lane);
        }
        if lane.port.is_away() {
            return Err(Stop::Pass(Pass::Failed));
        }
        let Some(lease) = Lease::acquire(store, lane.subject).await? else { return Err(Stop::Pass(Pass::Held)) };
        let mut holding = Holding { core, lane, lease };
        let ended = self.publish_all(&mut holding).await;
        holding.lease.release(store).await;
        ended
    }

    fn clear(&mut self, lane: &Lane) -> Result<(), Stop> {
        lane.waiting.store(0, std::sync::atomic::Ordering::Relaxed);
        self.all_gone_up_to = None;
        self.mine.clear();
        self.published.clear();
        self.seen.clear();
        Ok(())
    }

    /// Publishes page by page, until there is none.
    async fn publish_all(&mut self, holding: &mut Holding<'_>) -> Result<(), Stop> {
        let (core, lane) = (holding.core, holding.lane);
        let (mut after, mut at_a_time) = (None, 1);
        loop {
            self.own(&lane.take());
            holding.keep().await?;
            let page = core.adapters.state.list(COLLECTION, range(lane, after.take(), PAGE)).await?;
            if page.entries.is_empty() {
                match page.next {
                    Some(next) => after = Some(next),
                    None => return self.clear(lane),
                }
                continue;
            }
            lane.waiting.store(page.entries.len() as u64, std::sync::atomic::Ordering::Relaxed);
            let mut taken = Vec::new();
            let mut ended = Ok(());
            let mut entries = page.entries.into_iter().peekable();
            while ended.is_ok() && entries.peek().is_some() {
                let some = entries.by_ref().take(at_a_time).collect();
                ended = self.publish_some(holding, &mut taken, some).await;
                // Where one comes through, the next ones do: until then one alone may have been sent.
                at_a_time = if lane.listeners.ordered || ended.is_err() { 1 } else { AT_A_TIME.min(2 * at_a_time) };
            }
            let removed = core.adapters.state.commit(taken.clone()).await;
            if removed.is_ok() {
                self.taken_out(&taken);
            }
            match ended {
                Ok(()) | Err(Stop::Again) => removed?,
                Err(stop) => return Err(stop),
            }
        }
    }

    /// Publishes some entries that follow each other. What is to be taken out is gathered.
    async fn publish_some(
        &mut self,
        holding: &mut Holding<'_>,
        taken: &mut Vec<Change>,
        entries: Vec<(String, store::Entry)>,
    ) -> Result<(), Stop> {
        let (core, lane) = (holding.core, holding.lane);
        if lane.port.is_away() {
            // Not handed over, and so no attempt: it is known not to have been sent, however long this lasts.
            return Err(Stop::Pass(Pass::Failed));
        }
        let (mut marks, mut ready, mut ended) = (Vec::new(), Vec::new(), Ok(()));
        for (key, kept) in entries {
            match self.prepare(holding, &key, &kept).await {
                Ok(Prepared::Published) => taken.extend(remove(lane, &key)),
                Ok(Prepared::Buried) => {}
                Ok(Prepared::Ready(entry, mark)) => {
                    marks.extend(mark);
                    ready.push((key, entry));
                }
                Err(stop) => {
                    ended = Err(stop);
                    break;
                }
            }
        }
        if !ready.is_empty() {
            marks.extend(taken.iter().cloned());
            // A relay that took over meanwhile has changed the entries: then they are not ours.
            core.adapters.state.commit(marks).await?;
            self.taken_out(taken);
            taken.clear();
        }
        let sending = ready.into_iter().map(|(key, entry)| async move {
            let sent = timeout(PUBLISH, lane.port.publish(entry.to_job())).await;
            let late = |_| Err(BridgeError::Unavailable(format!("not published within {PUBLISH:?}").into()));
            (key, entry.attempts, sent.unwrap_or_else(late))
        });
        let mut sending = std::pin::pin!(stream::iter(sending).buffered(AT_A_TIME));
        while let Some((key, attempts, sent)) = holding.during(sending.next()).await? {
            match sent {
                Ok(()) => {
                    taken.extend(remove(lane, &key));
                    self.published.insert(key);
                }
                Err(BridgeError::Closed) => ended = Err(Stop::Pass(Pass::Closed)),
                Err(error) if is_final(&error, attempts) => bury(core, lane, &key, &error.to_string()).await?,
                Err(error) => {
                    if attempts.is_power_of_two() {
                        tracing::warn!(target: "pontoon", %error, entry = key, attempts, "still in the outbox");
                    }
                    ended = Err(Stop::Pass(Pass::Failed));
                }
            }
        }
        ended
    }

    /// Whether an entry is to be published, and what is noted before it is.
    async fn prepare(&mut self, holding: &Holding<'_>, key: &str, kept: &store::Entry) -> Result<Prepared, Stop> {
        let (core, lane) = (holding.core, holding.lane);
        if self.published.contains(key) {
            return Ok(Prepared::Published);
        }
        let mut entry = match Entry::read(&kept.value) {
            Ok(entry) => entry,
            Err(error) => {
                bury(core, lane, key, &format!("it cannot be read: {error}")).await?;
                return Ok(Prepared::Buried);
            }
        };
        if entry.direct && entry.attempts == 0 && !self.mine.contains(key) {
            let since = *self.seen.entry(key.to_owned()).or_insert_with(Instant::now);
            if since.elapsed() < OTHERS {
                sleep(Duration::from_millis(50)).await;
                return Err(Stop::Again);
            }
        }
        let mut mark = Vec::new();
        if let Some(keep) = lane.listeners.keep {
            if !entry.may_have_been_sent() {
                mark.push(sent_marker(key.to_owned(), Some(keep)));
            } else if core.adapters.state.get(SENT, key).await?.is_none() {
                let reason = format!("it may have been sent more than {keep:?} ago: a listener may have forgotten it");
                bury(core, lane, key, &reason).await?;
                return Ok(Prepared::Buried);
            }
        }
        entry.attempts = entry.attempts.saturating_add(1);
        let put = Some((entry.write()?, None));
        let expect = Expect::Version(kept.etag.clone());
        mark.push(Change { collection: COLLECTION, key: key.to_owned(), expect, put });
        Ok(Prepared::Ready(Box::new(entry), mark))
    }
}

/// What becomes of an entry.
enum Prepared {
    /// It has been published, and is only to be taken out.
    Published,
    /// It is a dead letter.
    Buried,
    /// It is to be published, once this is noted.
    Ready(Box<Entry>, Vec<Change>),
}

/// A relay that has the lease.
struct Holding<'c> {
    core: &'c Core,
    lane: &'c Lane,
    lease: Lease,
}

impl Holding<'_> {
    async fn keep(&mut self) -> Result<(), Stop> {
        if self.lease.keep(&*self.core.adapters.state).await { Ok(()) } else { Err(Stop::Pass(Pass::Held)) }
    }

    /// Waits for something, and keeps the lease meanwhile.
    async fn during<T>(&mut self, what: impl Future<Output = T>) -> Result<T, Stop> {
        let mut what = std::pin::pin!(what);
        loop {
            tokio::select! {
                biased;
                done = &mut what => return Ok(done),
                () = sleep_until(self.lease.due()) => {}
            }
            self.keep().await?;
            if self.lease.due() <= Instant::now() {
                // The store does not answer: what is waited for goes on meanwhile.
                tokio::select! {
                    biased;
                    done = &mut what => return Ok(done),
                    () = sleep(Duration::from_millis(100)) => {}
                }
            }
        }
    }
}

fn range(lane: &Lane, after: Option<String>, limit: usize) -> Range {
    Range { prefix: prefix(lane.subject), after, limit }
}

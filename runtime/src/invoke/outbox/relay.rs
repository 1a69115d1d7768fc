//! Publishes what was left in the outbox, in the order of commits: by a bridge out of reach, or by a process that is
//! gone.
//!
//! One process at a time relays a subject. Before it hands an entry to the bridge, it notes in the store that the entry
//! may have been sent: whoever relays after a crash knows. An entry that has been published and is not taken out is
//! published once more, under its id.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::time::{Instant, sleep, timeout};

use crate::bridge::BridgeError;
use crate::invoke::outbox::dead_letters::dead_letter;
use crate::invoke::outbox::entry::Entry;
use crate::invoke::outbox::holding::Holding;
use crate::invoke::outbox::lane::{Lane, Queued};
use crate::invoke::outbox::order::{Head, number, prefix};
use crate::invoke::outbox::pass::{Pass, Stop};
use crate::invoke::outbox::port::is_final;
use crate::invoke::outbox::records::{COLLECTION, DIRECT, ON_ITS_WAY, SENT, remove, sent_marker};
use crate::invoke::outbox::sightings::Sightings;
use crate::invoke::outbox::state::OutboxContext;
use crate::one_line::OneLine;
use crate::store::lease::Lease;
use crate::store::{self, Change, Expect, Page, Range};

/// The collection of leases, by subject.
const LEASES: &str = "$outbox_lease";

/// How many entries are looked at in one go.
const PAGE: usize = 100;

/// How many entries are published at a time where no listener needs an order.
const AT_A_TIME: usize = 64;

/// How long an entry of another process is left to it, from when it is first seen here: longer than that process may go
/// on.
const OTHERS: Duration = Duration::from_secs(2).saturating_add(DIRECT);

/// Between two looks whether another process has published what comes before what this one has left.
const OTHERS_TURN: Duration = Duration::from_millis(20);

/// How long one entry may take.
const PUBLISH: Duration = ON_ITS_WAY;

/// What this process knows of the entries of one subject.
#[derive(Default)]
pub(super) struct Relay {
    /// Everything up to this number is known to be gone.
    pub(super) all_gone_up_to: Option<u64>,
    /// Committed by this process: nobody else is publishing them.
    mine: BTreeSet<String>,
    /// Published, and only to be taken out.
    published: BTreeSet<String>,
    /// The number of the last entry that was committed by this process to be published at once.
    mine_up_to: u64,
    /// Since when entries that their processes may be publishing are known here.
    seen: Sightings,
}

impl Relay {
    pub(super) fn own(&mut self, queued: &[Queued]) {
        self.mine_up_to = queued.iter().map(|queued| queued.number).fold(self.mine_up_to, u64::max);
        self.mine.extend(queued.iter().map(|queued| queued.key.clone()));
    }

    pub(super) fn published(&mut self, keys: Vec<String>) {
        self.published.extend(keys);
    }

    /// Everything up to this entry is gone.
    pub(super) fn gone_up_to(&mut self, number: u64, key: &str) {
        self.all_gone_up_to = Some(number);
        for known in [&mut self.mine, &mut self.published] {
            *known = known.split_off(key);
            known.remove(key);
        }
    }

    /// These have been taken out.
    pub(super) fn taken_out(&mut self, taken: &[Change]) {
        for change in taken.iter().filter(|change| change.collection == COLLECTION) {
            self.published.remove(&change.key);
            self.mine.remove(&change.key);
        }
    }

    /// Publishes what waits, until nothing does.
    pub(super) async fn pass(&mut self, context: OutboxContext<'_>, lane: &Lane) -> Pass {
        let pass = match self.begin(context, lane).await {
            Ok(()) => Pass::Clear,
            Err(Stop::Pass(pass)) => pass,
            Err(Stop::Young(_, until)) => Pass::Others(until),
            Err(Stop::Again) => Pass::Leased,
        };
        if matches!(pass, Pass::Leased | Pass::Failed | Pass::Closed) {
            // Their handlers do not wait for what cannot be published now.
            self.own(&lane.take());
        }
        pass
    }

    async fn begin(&mut self, context: OutboxContext<'_>, lane: &Lane) -> Result<(), Stop> {
        let store = context.store;
        let behind = lane.begin_listing();
        let first = store.list(COLLECTION, range(lane, None, 1)).await;
        if behind && !matches!(&first, Ok(first) if first.entries.is_empty() && first.next.is_none()) {
            lane.is_behind();
        }
        let first = first?;
        match first.entries.first() {
            None if first.next.is_none() => return self.clear(lane),
            Some((head, kept)) if !self.has_left(lane, head) => {
                if is_queued(lane, head) {
                    // It is published at once.
                    return Ok(());
                }
                if lane.keeps_order() && Entry::read(&kept.value).is_ok_and(|entry| self.is_under_way(head, &entry)) {
                    self.leave_to_others(context, lane, head).await?;
                }
            }
            _ => {}
        }
        if lane.port.is_away() {
            return Err(Stop::Pass(Pass::Failed));
        }
        let Some(lease) = Lease::acquire(store, LEASES, lane.subject).await? else {
            return Err(Stop::Pass(Pass::Leased));
        };
        let mut holding = Holding { context, lane, lease };
        let ended = self.publish_all(&mut holding).await;
        holding.lease.release(store).await;
        ended
    }

    fn clear(&mut self, lane: &Lane) -> Result<(), Stop> {
        lane.waiting.store(0, std::sync::atomic::Ordering::Relaxed);
        self.all_gone_up_to = None;
        // What was committed meanwhile is no more than queued: it is owned when it is taken from there.
        self.mine.clear();
        self.published.clear();
        self.seen.clear();
        Ok(())
    }

    /// Publishes page by page, until there is none.
    async fn publish_all(&mut self, holding: &mut Holding<'_>) -> Result<(), Stop> {
        let (context, lane) = (holding.context, holding.lane);
        let (mut after, mut at_a_time, mut comes_through) = (None, 1, false);
        loop {
            self.own(&lane.take_late());
            holding.keep().await?;
            let Some(mut page) = self.list(holding, after.take(), comes_through).await? else {
                return self.clear(lane);
            };
            lane.waiting.store(page.entries.len() as u64, std::sync::atomic::Ordering::Relaxed);
            let Some((head, _)) = page.entries.first() else {
                after = page.next;
                continue;
            };
            if !self.has_left(lane, head) && (is_queued(lane, head) || !context.lifecycle.is_running()) {
                // It is published at once; or it is of others, and a stop does not wait for that.
                return Ok(());
            }
            if is_queued(lane, head) {
                self.own(&lane.take());
            }
            page.entries.retain(|(key, _)| !is_queued(lane, key));
            let mut taken = Vec::new();
            let (mut ended, mut left_to_others) = (Ok(()), None);
            let mut entries = page.entries.into_iter().peekable();
            while ended.is_ok() && entries.peek().is_some() {
                let some = entries.by_ref().take(at_a_time).collect();
                ended = match self.publish_some(holding, &mut taken, some).await {
                    // What comes after a job does not wait for it.
                    Err(Stop::Young(head, until)) if !lane.keeps_order() => {
                        left_to_others.get_or_insert((head, until));
                        continue;
                    }
                    ended => ended,
                };
                // Where one comes through, the next ones do: until then one alone may have been sent.
                if ended.is_ok() {
                    comes_through = true;
                    at_a_time = if lane.listeners.ordered { 1 } else { AT_A_TIME.min(2 * at_a_time) };
                }
            }
            let removed = context.store.commit(taken.clone()).await;
            if removed.is_ok() {
                self.taken_out(&taken);
            }
            match (ended, left_to_others) {
                (Ok(()), Some((head, until))) if taken.is_empty() => return Err(Stop::Young(head, until)),
                (Ok(()) | Err(Stop::Again), _) => removed?,
                (Err(Stop::Young(head, until)), _) => {
                    removed?;
                    if !self.has_left(lane, &head) {
                        return Err(Stop::Young(head, until));
                    }
                    // What this process has left comes after it.
                    sleep(OTHERS_TURN).await;
                }
                (Err(stop), _) => return Err(stop),
            }
        }
    }

    /// Whether this process has left an entry to the relay that is not gone: this one is the first that waits.
    fn has_left(&self, lane: &Lane, head: &str) -> bool {
        let number = number(head).unwrap_or_default();
        self.mine_up_to >= number || !lane.has_left_none_from(number)
    }

    /// A page of what waits; nothing where nothing does. Where entries come through and one page has them all, what is
    /// committed from now on is published at once: or a relay that has begun under load never ends.
    async fn list(
        &self,
        holding: &Holding<'_>,
        after: Option<String>,
        comes_through: bool,
    ) -> Result<Option<Page<store::Entry>>, Stop> {
        let lane = holding.lane;
        let behind = lane.begin_listing();
        let page = holding.context.store.list(COLLECTION, range(lane, after, PAGE)).await;
        let is_all = page.as_ref().is_ok_and(|page| page.next.is_none());
        let is_none = is_all && page.as_ref().is_ok_and(|page| page.entries.is_empty());
        if behind && !is_none && !(is_all && comes_through) {
            lane.is_behind();
        }
        Ok(page.map(|page| (!is_none).then_some(page))?)
    }

    /// Whether another process may be publishing an entry that it has committed.
    fn is_under_way(&self, key: &str, entry: &Entry) -> bool {
        entry.direct && entry.attempts == 0 && !self.mine.contains(key)
    }

    /// Leaves an entry to the process that has committed it, unless it has been there for so long that this is over.
    async fn leave_to_others(&mut self, context: OutboxContext<'_>, lane: &Lane, key: &str) -> Result<(), Stop> {
        let number = number(key).unwrap_or_default();
        self.seen.forget_before(number);
        if self.seen.since(number).is_some_and(|since| since.elapsed() >= OTHERS) {
            return Ok(());
        }
        let last = Head::read(context.store, lane.subject).await?.last;
        // An entry is there, whatever became of the counter.
        self.seen.add(last.max(number));
        match self.seen.since(number).map(|since| since + OTHERS) {
            Some(until) if until > Instant::now() => Err(Stop::Young(key.to_owned(), until)),
            _ => Ok(()),
        }
    }

    /// Publishes some entries that follow each other. What is to be taken out is gathered.
    async fn publish_some(
        &mut self,
        holding: &mut Holding<'_>,
        taken: &mut Vec<Change>,
        entries: Vec<(String, store::Entry)>,
    ) -> Result<(), Stop> {
        let (context, lane) = (holding.context, holding.lane);
        if lane.port.is_away() {
            // Not handed over, and so no attempt: it is known not to have been sent, however long this lasts.
            return Err(Stop::Pass(Pass::Failed));
        }
        let (mut marks, mut ready, mut ended) = (Vec::new(), Vec::new(), Ok(()));
        for (key, kept) in entries {
            match self.prepare(holding, &key, &kept).await {
                Ok(Prepared::Published) => taken.extend(remove(&lane.listeners, &key)),
                Ok(Prepared::Buried) => {}
                Ok(Prepared::Ready(entry, mark)) => {
                    marks.extend(mark);
                    ready.push((key, entry));
                }
                Err(stop) => {
                    let is_passed_over = matches!(stop, Stop::Young(..)) && !lane.keeps_order();
                    ended = Err(stop);
                    if !is_passed_over {
                        break;
                    }
                }
            }
        }
        if !ready.is_empty() {
            marks.extend(taken.iter().cloned());
            // Looking at the entries may have taken long.
            holding.keep().await?;
            // A relay that took over meanwhile has changed the entries: then they are not ours.
            context.store.commit(marks).await?;
            self.taken_out(taken);
            taken.clear();
        }
        let end = holding.lease.end();
        let sending = ready.into_iter().map(|(key, entry)| async move {
            if Instant::now() >= end {
                // A process that was stopped meanwhile goes on here: another one relays by now.
                return (key, entry.attempts, Err(BridgeError::Unavailable("its turn came too late".into())));
            }
            let sent = timeout(PUBLISH, lane.port.publish(entry.to_job())).await;
            let late = |_| Err(BridgeError::Unavailable(format!("not published within {PUBLISH:?}").into()));
            (key, entry.attempts, sent.unwrap_or_else(late))
        });
        let mut sending = std::pin::pin!(stream::iter(sending).buffered(AT_A_TIME));
        while let Some((key, attempts, sent)) = holding.during(sending.next()).await? {
            match sent {
                Ok(()) => {
                    taken.extend(remove(&lane.listeners, &key));
                    self.published.insert(key);
                }
                Err(BridgeError::Closed) => ended = Err(Stop::Pass(Pass::Closed)),
                Err(error) if is_final(&error, attempts) => {
                    dead_letter(context, lane, &key, &error.to_string()).await?;
                }
                Err(error) => {
                    if attempts.is_power_of_two() {
                        tracing::warn!(target: "pontoon", error = %OneLine(&error), entry = key, attempts, "still in the outbox");
                    }
                    ended = Err(Stop::Pass(Pass::Failed));
                }
            }
        }
        ended
    }

    /// Whether an entry is to be published, and what is noted before it is.
    async fn prepare(&mut self, holding: &Holding<'_>, key: &str, kept: &store::Entry) -> Result<Prepared, Stop> {
        let (context, lane) = (holding.context, holding.lane);
        if self.published.contains(key) {
            return Ok(Prepared::Published);
        }
        let mut entry = match Entry::read(&kept.value) {
            Ok(entry) => entry,
            Err(error) => {
                dead_letter(context, lane, key, &format!("it cannot be read: {error}")).await?;
                return Ok(Prepared::Buried);
            }
        };
        if self.is_under_way(key, &entry) {
            self.leave_to_others(context, lane, key).await?;
        }
        let mut mark = Vec::new();
        if let Some(keep) = lane.listeners.keep {
            if !entry.may_have_been_sent() {
                mark.push(sent_marker(key.to_owned(), Some(keep)));
            } else if context.store.get(SENT, key).await?.is_none() {
                let reason = format!("it may have been sent more than {keep:?} ago: a listener may have forgotten it");
                dead_letter(context, lane, key, &reason).await?;
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

/// Whether this process is about to publish an entry at once.
fn is_queued(lane: &Lane, key: &str) -> bool {
    lane.first_queued().is_some_and(|first| number(key).is_some_and(|number| number >= first))
}

fn range(lane: &Lane, after: Option<String>, limit: usize) -> Range {
    Range { prefix: prefix(lane.subject), after, limit }
}

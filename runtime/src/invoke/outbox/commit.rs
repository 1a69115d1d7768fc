//! Makes what a handler held back take effect: writes and entries in one transaction, then the entries are published.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::bridge::Job;
use crate::fault::{Fault, FaultClass};
use crate::invoke::outbox::entry::Entry;
use crate::invoke::outbox::lane::{Lane, Queued};
use crate::invoke::outbox::order::{COLLISIONS, Head, is_collision, key};
use crate::invoke::outbox::records::{COLLECTION, WAIT_LIMIT, sent_marker};
use crate::invoke::outbox::state::OutboxContext;
use crate::invoke::outbox::unit_of_work::{OutgoingMessage, UnitOfWork};
use crate::store::{Change, Expect, StoreError};

/// What is to be committed for one subject.
struct Draft {
    lane: Arc<Lane>,
    entries: Vec<Entry>,
}

/// An entry with its place in the order of commits.
struct Placed<'d> {
    lane: &'d Lane,
    number: u64,
    previous: u64,
    key: String,
    /// What this process publishes at once; nothing where that is left to the relay. As it was written, so that the
    /// user's code is not asked again.
    job: Option<Job>,
}

/// Makes what a handler held back take effect, together with one more change.
///
/// # Errors
/// What a bridge can never carry is refused here, and nothing is committed.
pub(crate) async fn commit(
    context: OutboxContext<'_>,
    unit_of_work: &UnitOfWork,
    record: Option<Change>,
) -> Result<(), Fault> {
    let (mut changes, sent) = unit_of_work.take();
    changes.extend(record);
    if sent.is_empty() {
        return match changes.is_empty() {
            true => Ok(()),
            false => context.store.commit(changes).await.map_err(Fault::caused_by),
        };
    }
    let drafts = drafts(context, sent)?;
    let uncertain = Uncertain { context, armed: true };
    let written = write(context, &drafts, changes).await;
    if matches!(written, Ok(_) | Err(StoreError::Conflict { .. } | StoreError::TooLarge { .. })) {
        uncertain.disarm();
    }
    let waits = written.map_err(Fault::caused_by)?;
    // Whoever waits for the handler's answer does not wait for a broker that is away: nothing is lost by now.
    if timeout(WAIT_LIMIT, join_all(waits)).await.is_err() {
        context.outbox.say_late();
    }
    Ok(())
}

/// The entries by subject, in the order of the subjects: whoever locks several locks them in this order.
fn drafts(context: OutboxContext<'_>, sent: Vec<OutgoingMessage>) -> Result<BTreeMap<&'static str, Draft>, Fault> {
    let mut drafts: BTreeMap<&'static str, Draft> = BTreeMap::new();
    for sent in sent {
        let lane = context
            .outbox
            .lane(sent.subject)
            .ok_or_else(|| Fault::of(FaultClass::Failed, format!("this unit has no port for `{}`", sent.subject)))?;
        let entry = Entry::of(&sent).map_err(Fault::caused_by)?;
        lane.port.check(&entry.message()).map_err(Fault::caused_by)?;
        let draft = drafts.entry(sent.subject).or_insert_with(|| Draft { lane: Arc::clone(lane), entries: Vec::new() });
        draft.entries.push(entry);
    }
    Ok(drafts)
}

/// Commits, and hands the entries to their lanes in the order of their numbers. What it returns is ready once they are
/// published or left to the relay.
async fn write(
    context: OutboxContext<'_>,
    drafts: &BTreeMap<&'static str, Draft>,
    changes: Vec<Change>,
) -> Result<Vec<oneshot::Receiver<()>>, StoreError> {
    let store = context.store;
    let mut turns = Vec::with_capacity(drafts.len());
    for draft in drafts.values() {
        turns.push(draft.lane.commits.lock().await);
    }
    for turn in 1.. {
        let mut all = changes.clone();
        let mut placed = Vec::new();
        let mut heads = Vec::with_capacity(drafts.len());
        for (subject, draft) in drafts {
            let head = Head::read(store, subject).await?;
            let direct = draft.lane.is_clear();
            let mut previous = head.last;
            for entry in &draft.entries {
                let number = previous + 1;
                let entry = entry.clone().directly(direct);
                let key = key(subject, number);
                let put = Some((entry.write()?, None));
                all.push(Change { collection: COLLECTION, key: key.clone(), expect: Expect::Anything, put });
                if let Some(keep) = draft.lane.listeners.keep.filter(|_| direct) {
                    all.push(sent_marker(key.clone(), Some(keep)));
                }
                let job = direct.then(|| entry.to_job());
                placed.push(Placed { lane: &draft.lane, number, previous, key, job });
                previous = number;
            }
            heads.push(head.draw(draft.entries.len())?);
        }
        // Last: where something of the handler's own has changed, that is what it hears.
        all.extend(heads);
        // Before the commit: from then on others may see the entries.
        let since = Instant::now();
        match store.commit(all).await {
            Ok(()) => {}
            Err(error) if is_collision(&error) && turn < COLLISIONS => {
                if turn > 2 {
                    sleep(Duration::from_micros(fastrand::u64(..u64::from(turn) * 200))).await;
                }
                continue;
            }
            Err(error) => return Err(error),
        }
        let mut waits = Vec::new();
        for Placed { lane, number, previous, key, job } in placed {
            let Some(job) = job else {
                lane.leave(number);
                continue;
            };
            let (done, wait) = oneshot::channel();
            lane.push(Queued { key, number, previous, job, since, done });
            waits.push(wait);
        }
        return Ok(waits);
    }
    Ok(Vec::new())
}

/// A commit whose end nobody hears, because its caller is gone or the store did not answer: it may have been made.
struct Uncertain<'c> {
    context: OutboxContext<'c>,
    armed: bool,
}

impl Uncertain<'_> {
    fn disarm(mut self) {
        self.armed = false;
    }
}

impl Drop for Uncertain<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.context.outbox.sweep_soon();
        }
    }
}

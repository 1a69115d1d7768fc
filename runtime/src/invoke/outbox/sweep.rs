//! Looks for what waits in the outbox, whoever left it there: at the start, every few seconds, and when a bridge or the
//! store is back.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::invoke::outbox::entry::Entry;
use crate::invoke::outbox::records::COLLECTION;
use crate::invoke::outbox::state::OutboxContext;
use crate::invoke::outbox::{dead_letters, order};
use crate::one_line::OneLine;
use crate::store::{Change, Expect, Range, StoreError};

/// Between two sweeps: between half and one and a half of it, so that instances do not sweep together.
const SWEEP: Duration = Duration::from_secs(5);

/// Between two looks at the health of bridge and store: no question to them.
const LOOK: Duration = Duration::from_millis(250);

/// How many entries of one subject that nobody here can publish are counted.
const COUNTED: usize = 1000;

/// Sweeps for as long as the unit runs.
pub(crate) async fn sweep(context: OutboxContext<'_>) {
    let mut is_first = true;
    let mut oldest = BTreeMap::new();
    loop {
        match scan(context, is_first, &mut oldest).await {
            Ok(()) => is_first = false,
            Err(StoreError::Closed) => return,
            // The store says so itself, and is swept when it is back.
            Err(error) => tracing::debug!(target: "pontoon", error = %OneLine(&error), "the outbox cannot be read"),
        }
        pause(context).await;
    }
}

/// Waits for the next sweep. While a way to publish or the store is away, that is as soon as it is back.
async fn pause(context: OutboxContext<'_>) {
    let end = Instant::now() + SWEEP.mul_f64(0.5 + fastrand::f64());
    let is_ready =
        || context.store.health().is_ready() && !context.outbox.lanes.values().any(|lane| lane.port.is_away());
    let mut was_ready = is_ready();
    loop {
        let left = end.saturating_duration_since(Instant::now());
        tokio::select! {
            () = context.outbox.asked.notified() => return,
            () = sleep(if was_ready { left } else { LOOK.min(left) }) => {}
        }
        if !was_ready && is_ready() {
            context.outbox.lanes.values().for_each(|lane| lane.hurry());
            return;
        }
        if Instant::now() >= end {
            return;
        }
        was_ready = is_ready();
    }
}

/// Looks once: which subjects have entries, and who publishes them. `oldest` is the first entry of each, as of the last
/// look: one that its process may be publishing is left to it until it is seen twice.
async fn scan(
    context: OutboxContext<'_>,
    is_first: bool,
    oldest: &mut BTreeMap<String, String>,
) -> Result<(), StoreError> {
    let mut foreign_entries = BTreeMap::new();
    let before = std::mem::take(oldest);
    let mut after = None;
    loop {
        let range = Range { prefix: String::new(), after: after.take(), limit: 1 };
        let page = context.store.list(COLLECTION, range).await?;
        let Some((key, kept)) = page.entries.first() else {
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
            continue;
        };
        let owner = key.split('/').next().unwrap_or_default().to_owned();
        match context.outbox.lane(&owner) {
            Some(lane) => {
                let under_way = Entry::read(&kept.value).is_ok_and(|entry| entry.direct && entry.attempts == 0);
                if is_first || !under_way || before.get(&owner) == Some(key) {
                    lane.look();
                }
                oldest.insert(owner.clone(), key.clone());
            }
            None => foreign(context, &owner, &mut foreign_entries).await?,
        }
        // To the first key of the next subject.
        after = Some(format!("{owner}/\u{10ffff}"));
    }
    context.outbox.foreign(foreign_entries, is_first);
    context.outbox.set_dead(dead_letters::counts(context).await?);
    Ok(())
}

/// Entries that are under no subject of this unit: of others, or as they were written when entries belonged to a unit.
/// Of those, what this unit can publish takes its place among the entries of its subject.
async fn foreign(
    context: OutboxContext<'_>,
    owner: &str,
    found: &mut BTreeMap<String, usize>,
) -> Result<(), StoreError> {
    let store = context.store;
    let mut range = Range { prefix: format!("{owner}/"), after: None, limit: 100 };
    let mut looked = 0;
    loop {
        let page = store.list(COLLECTION, range.clone()).await?;
        for (key, kept) in page.entries {
            looked += 1;
            let subject = Entry::read(&kept.value).map_or_else(|_| owner.to_owned(), |entry| entry.subject);
            let Some(lane) = context.outbox.lane(&subject) else {
                *found.entry(subject).or_default() += 1;
                continue;
            };
            let Ok(entry) = Entry::read(&kept.value) else { continue };
            let expect = Expect::Version(kept.etag);
            let moved = Change { collection: COLLECTION, key, expect, put: None };
            match order::append(store, &entry, vec![moved]).await {
                Ok(()) => lane.look(),
                // Somebody else has moved it.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        match page.next {
            Some(next) if looked < COUNTED => range.after = Some(next),
            _ => return Ok(()),
        }
    }
}

//! `outbox: true`: what a handler writes and sends takes effect together once it succeeded, or not at all.
//!
//! Events and jobs are put into the state store in the same transaction as the writes, and published after it. What a
//! crash or a broker out of reach leaves behind there, the relay publishes: at least once, under its old id.

mod entry;
mod relay;
mod stage;

pub(crate) use relay::{relay, sweep};
pub(crate) use stage::{Sent, Stage};

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::bridge::{JobQueue, Topic};
use crate::core::Core;
use crate::store::{Change, Expect, StoreError};
use crate::unit::Asked;

/// How long a handler that has succeeded waits until what it sent is published.
const PATIENCE: Duration = Duration::from_secs(1);

/// The collection of what is to be published.
const COLLECTION: &str = "$outbox";

pub(crate) struct Outbox {
    /// Whose entries: several units may share a store.
    unit: &'static str,
    topics: HashMap<&'static str, Arc<dyn Topic>>,
    queues: HashMap<&'static str, Arc<dyn JobQueue>>,
    /// What is being published by the handler that sent it, and is not for the relay.
    under_way: Mutex<HashSet<String>>,
    left_behind: Notify,
}

impl Outbox {
    pub(crate) fn new(unit: &'static str, asked: Asked) -> Self {
        let Asked { topics, queues, .. } = asked;
        Self { unit, topics, queues, under_way: Mutex::default(), left_behind: Notify::new() }
    }

    fn under_way(&self) -> MutexGuard<'_, HashSet<String>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes what a handler held back take effect, together with one more change.
pub(crate) async fn commit(core: &Core, stage: &Stage, record: Option<Change>) -> Result<(), StoreError> {
    let (mut changes, sent) = stage.take();
    changes.extend(record);
    let mut entries = Vec::with_capacity(sent.len());
    for sent in sent {
        let key = format!("{}/{}", core.outbox.unit, sent.message().metadata().id);
        changes.push(Change {
            collection: COLLECTION,
            key: key.clone(),
            expect: Expect::Anything,
            put: Some((entry::write(&sent)?, None)),
        });
        entries.push((key, sent));
    }
    if changes.is_empty() {
        return Ok(());
    }
    // Before the transaction, or the relay could see the entries in between.
    let publishing = Publishing::new(&core.outbox, entries);
    core.adapters.state.commit(changes).await?;
    if !publishing.entries.is_empty() {
        publishing.publish(core).await;
    }
    Ok(())
}

/// Entries that are being published. Whatever ends that, those that are not done by then are the relay's.
struct Publishing<'o> {
    outbox: &'o Outbox,
    entries: Vec<(String, Sent)>,
    done: bool,
}

impl<'o> Publishing<'o> {
    fn new(outbox: &'o Outbox, entries: Vec<(String, Sent)>) -> Self {
        outbox.under_way().extend(entries.iter().map(|(key, _)| key.clone()));
        Self { outbox, entries, done: false }
    }

    /// Publishes them, unless that takes too long: whoever waits for the handler's answer does not wait for a broker that is
    /// away, as nothing is lost by then.
    async fn publish(self, core: &Core) {
        if timeout(PATIENCE, self.publish_all(core)).await.is_err() {
            tracing::warn!(target: "pontoon", "the bridge takes too long: what a handler sent is published later");
        }
    }

    async fn publish_all(mut self, core: &Core) {
        let mut published = Vec::with_capacity(self.entries.len());
        for (key, sent) in &self.entries {
            match sent.publish().await {
                Ok(()) => published.push(remove(key.clone())),
                Err(error) => {
                    tracing::warn!(target: "pontoon", %error, entry = key, "stays in the outbox, to be published later");
                }
            }
        }
        let all = published.len() == self.entries.len();
        // What is published and cannot be taken out is published once more.
        self.done = core.adapters.state.commit(published).await.is_ok() && all;
    }
}

impl Drop for Publishing<'_> {
    fn drop(&mut self) {
        let mut under_way = self.outbox.under_way();
        for (key, _) in &self.entries {
            under_way.remove(key);
        }
        drop(under_way);
        if !self.done {
            self.outbox.left_behind.notify_one();
        }
    }
}

/// An entry that has been published.
fn remove(key: String) -> Change {
    Change { collection: COLLECTION, key, expect: Expect::Anything, put: None }
}

//! Publishes what was left in the outbox: by a broker out of reach, or by a process that is gone.

use std::time::Duration;

use tokio::time::sleep;

use crate::bridge::BridgeError;
use crate::core::Core;
use crate::outbox::{COLLECTION, entry, remove};
use crate::policy::Backoff;
use crate::store::{Entry, Range, StoreError};

/// How many entries are looked at in one go.
const PAGE: usize = 100;

/// Publishes what is left in the outbox, now and whenever something is left there, until the unit stops.
pub(crate) async fn relay(core: &Core) {
    let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(30));
    loop {
        let mut failures = 0;
        while !sweep(core).await {
            failures += 1;
            sleep(backoff.after(failures)).await;
        }
        core.outbox.left_behind.notified().await;
    }
}

/// Publishes what is there. Says whether nothing was left behind.
pub(crate) async fn sweep(core: &Core) -> bool {
    let mut all = true;
    let mut range = Range { prefix: format!("{}/", core.outbox.unit), after: None, limit: PAGE };
    loop {
        let page = match core.adapters.state.list(COLLECTION, range.clone()).await {
            Ok(page) => page,
            Err(StoreError::Closed) => return true,
            Err(error) => {
                tracing::warn!(target: "pontoon", %error, "the outbox cannot be read");
                return false;
            }
        };
        for (key, entry) in page.entries {
            let under_way = core.outbox.under_way().contains(&key);
            if !under_way {
                all &= publish(core, key, &entry).await;
            }
        }
        match page.next {
            Some(next) => range.after = Some(next),
            None => return all,
        }
    }
}

/// Publishes one entry and takes it out. Says whether there is nothing left to do about it.
async fn publish(core: &Core, key: String, kept: &Entry) -> bool {
    let entry = match entry::read(&kept.value) {
        Ok(entry) => entry,
        Err(error) => {
            tracing::error!(target: "pontoon", %error, entry = key, "left in the outbox: it cannot be read");
            return true;
        }
    };
    let outbox = &core.outbox;
    let subject = entry.subject.clone();
    let published = if entry.job.is_some() {
        match outbox.queues.get(&*subject) {
            Some(queue) => queue.push(entry.into_job()).await,
            None => return unknown(&key, &subject),
        }
    } else {
        match outbox.topics.get(&*subject) {
            Some(topic) => topic.publish(entry.into_message()).await,
            None => return unknown(&key, &subject),
        }
    };
    match published {
        Ok(()) => core.adapters.state.commit(vec![remove(key)]).await.is_ok(),
        Err(BridgeError::Closed) => true,
        Err(error) => {
            tracing::warn!(target: "pontoon", %error, entry = key, "still in the outbox");
            false
        }
    }
}

/// Sent by a version of the unit that had a port for it.
fn unknown(key: &str, subject: &str) -> bool {
    tracing::error!(target: "pontoon", entry = key, subject, "left in the outbox: this unit does not publish there");
    true
}

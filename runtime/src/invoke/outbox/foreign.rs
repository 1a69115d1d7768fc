//! Entries of the outbox that no process of this unit can publish.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::health::Health;

/// How long such entries may wait before health says so: others may be about to publish them.
const OLD: Duration = Duration::from_secs(300);

/// What waits that nobody here can publish: how much of it, and since when that is known here.
#[derive(Default)]
pub(super) struct Foreign(BTreeMap<String, (usize, Instant)>);

impl Foreign {
    /// Takes in what was found.
    pub(super) fn update(&mut self, found: BTreeMap<String, usize>, is_first: bool) {
        let now = Instant::now();
        let before = std::mem::take(&mut self.0);
        for (subject, count) in found {
            let since = before.get(&subject).map(|(_, since)| *since);
            if is_first {
                tracing::warn!(
                    target: "pontoon",
                    subject,
                    count,
                    "the outbox has entries that this unit cannot publish: they wait for a unit that can"
                );
            }
            self.0.insert(subject, (count, since.unwrap_or(now)));
        }
    }

    pub(super) fn health(&self) -> Health {
        let old = self.0.iter().filter(|(_, (_, since))| since.elapsed() >= OLD);
        old.fold(Health::Ready, |health, (subject, (count, _))| {
            let reason = format!("{count} entries of the outbox wait for a unit that publishes `{subject}`");
            health.and(Health::Degraded(reason))
        })
    }
}

//! Up to when a schedule has run, as the state store knows it: what was due after that is missed.
//!
//! It is noted after a run, whatever came of it: one that its process did not survive is missed, too.

use std::time::{Duration, SystemTime};

use tokio::time::{sleep, timeout};

use crate::one_line::OneLine;
use crate::store::{Change, Expect, StateAdapter, StoreError};
use crate::unit::wall_clock::WallClock;

/// The collection of times, by the address of the schedule: milliseconds since 1970.
const COLLECTION: &str = "$schedule_run";

/// Between two questions to a store that does not answer.
const RETRY: Duration = Duration::from_secs(1);

/// How long the next run waits for the note on the last one.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Up to when a schedule has run.
pub(super) struct LastRun<'s> {
    pub(super) store: &'s dyn StateAdapter,
    /// The schedule.
    pub(super) address: &'static str,
}

impl LastRun<'_> {
    /// Up to when it has run; now, where it never has. Waits for a store that is away.
    pub(super) async fn read(&self, wall: &WallClock) -> SystemTime {
        let mut failures = 0_u32;
        loop {
            match self.find(wall.now()).await {
                Ok(done) => return done,
                Err(error) => {
                    let what = "a schedule does not run: what it has missed is not known";
                    self.failed(&error, &mut failures, what);
                }
            }
            sleep(RETRY).await;
        }
    }

    /// Notes that it has run. Says whether that is written.
    pub(super) async fn note_at_once(&self, done: SystemTime) -> bool {
        matches!(timeout(AT_ONCE, self.write(done, Expect::Anything)).await, Ok(Ok(())))
    }

    /// Notes that it has run, as soon as the store is there.
    pub(super) async fn note(&self, done: SystemTime) {
        let mut failures = 0_u32;
        while let Err(error) = self.write(done, Expect::Anything).await {
            self.failed(&error, &mut failures, "a run is not noted, and is made up for after the next start");
            sleep(RETRY).await;
        }
    }

    async fn find(&self, now: SystemTime) -> Result<SystemTime, StoreError> {
        let expect = match self.store.get(COLLECTION, self.address).await? {
            Some(there) => match serde_json::from_slice(&there.value).ok().and_then(time) {
                Some(done) => return Ok(done),
                None => Expect::Version(there.etag),
            },
            None => Expect::Absent,
        };
        match self.write(now, expect).await {
            // Another instance has begun at the same time.
            Ok(()) | Err(StoreError::Conflict { .. }) => Ok(now),
            Err(error) => Err(error),
        }
    }

    async fn write(&self, done: SystemTime, expect: Expect) -> Result<(), StoreError> {
        let since_epoch = done.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let milliseconds = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        let value = serde_json::to_vec(&milliseconds).map_err(StoreError::Malformed)?;
        let put = Some((value.into(), None));
        self.store.commit(vec![Change { collection: COLLECTION, key: self.address.to_owned(), expect, put }]).await
    }

    fn failed(&self, error: &StoreError, failures: &mut u32, what: &str) {
        *failures = failures.saturating_add(1);
        if failures.is_power_of_two() && !matches!(error, StoreError::Closed) {
            let handler = self.address;
            tracing::warn!(target: "pontoon", handler, error = %OneLine(error), failures, "{what}");
        }
    }
}

fn time(milliseconds: u64) -> Option<SystemTime> {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))
}

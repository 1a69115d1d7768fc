//! A claim on a key: held for seconds, and renewed for as long as its handler runs.
//!
//! The renewal runs apart from the handlers, where the store is outside the process: one that computes without yielding
//! keeps its claim. A process that dies stops renewing, and the claim ends by the clock of the store.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, oneshot};
use tokio::time::sleep;

use crate::fault::Fault;
use crate::invoke::idempotency::record::{COLLECTION, InboxRecord, StoredReply};
use crate::net::io_thread;
use crate::one_line::OneLine;
use crate::store::{Change, Etag, Expect, StateAdapter, StoreError};
use crate::unit::shared::Shared;

/// How long a claim holds without being renewed.
pub(super) const TERM: Duration = Duration::from_secs(10);

/// A key that is ours. Dropped before it became a reply, it is given back.
pub(crate) struct Claim {
    shared: Arc<SharedClaim>,
    keep: Duration,
    /// Dropped, it ends the renewal.
    _running: oneshot::Sender<()>,
}

struct SharedClaim {
    store: Arc<dyn StateAdapter>,
    address: &'static str,
    key: String,
    /// The claim as it stands in the store: nobody else writes the same.
    mine: Arc<[u8]>,
    input: String,
    held: Mutex<StoredClaim>,
}

/// What is known of the claim in the store.
struct StoredClaim {
    /// The version that is ours; nothing once somebody else has the key.
    etag: Option<Etag>,
    /// Whether the last renewal was answered.
    is_sure: bool,
    /// It has become a reply, or was given back.
    is_done: bool,
    failures: u32,
}

/// What a claim is made of, once it stands in the store.
pub(super) struct TakenClaim {
    pub(super) address: &'static str,
    pub(super) key: String,
    pub(super) mine: Arc<[u8]>,
    pub(super) input: String,
    pub(super) etag: Etag,
    pub(super) keep: Duration,
}

impl Claim {
    /// Begins to renew a claim that stands in the store.
    pub(super) fn begin(shared: &Shared, taken: TakenClaim) -> Self {
        let TakenClaim { address, key, mine, input, etag, keep } = taken;
        let store = Arc::clone(&shared.adapters.state);
        let is_in_process = store.is_in_process();
        let held = Mutex::new(StoredClaim { etag: Some(etag), is_sure: true, is_done: false, failures: 0 });
        let shared = Arc::new(SharedClaim { store, address, key, mine, input, held });
        let (running, ended) = oneshot::channel();
        let renewal = renew(Arc::clone(&shared), ended);
        if is_in_process {
            tokio::spawn(renewal);
        } else {
            io_thread::spawn(renewal);
        }
        Self { shared, keep, _running: running }
    }

    /// Makes changes, and the claim the reply, unless somebody else has taken over.
    pub(crate) async fn commit<F>(&self, reply: &StoredReply, commit: impl FnOnce(Change) -> F) -> Result<(), Fault>
    where
        F: Future<Output = Result<(), Fault>>,
    {
        let shared = &*self.shared;
        let record = InboxRecord { input: shared.input.clone(), state: reply.0.clone() };
        let put = Some((record.write().map_err(Fault::caused_by)?, Some(self.keep)));
        // Held until the end: a renewal in between would be another version.
        let mut held = shared.held.lock().await;
        let expect = shared.version(&mut held).await.map_err(Fault::caused_by)?;
        commit(shared.change(expect, put)).await?;
        held.is_done = true;
        Ok(())
    }

    /// Gives the claim back: the handler did not get to an answer.
    pub(crate) async fn release(self) {
        self.shared.release().await;
    }
}

impl SharedClaim {
    fn change(&self, expect: Expect, put: Option<(Arc<[u8]>, Option<Duration>)>) -> Change {
        Change { collection: COLLECTION, key: self.key.clone(), expect, put }
    }

    /// What has to be in the store for the claim to be ours, or a conflict: another one has taken over. A claim that
    /// has ended and that nobody has taken is ours still: what another handler had done would stand there.
    async fn version(&self, held: &mut StoredClaim) -> Result<Expect, StoreError> {
        if held.is_sure
            && let Some(etag) = &held.etag
        {
            return Ok(Expect::Version(etag.clone()));
        }
        held.etag = None;
        let there = self.store.get(COLLECTION, &self.key).await?;
        let expect = match there {
            None => Expect::Absent,
            Some(there) if there.value == self.mine => {
                held.etag = Some(there.etag.clone());
                Expect::Version(there.etag)
            }
            Some(_) => return Err(self.change(Expect::Absent, None).conflict()),
        };
        held.is_sure = true;
        Ok(expect)
    }

    /// Renews the claim. Says whether to go on.
    async fn renew(&self) -> bool {
        let mut held = self.held.lock().await;
        if held.is_done {
            return false;
        }
        match self.try_renew(&mut held).await {
            Ok(()) => {
                held.failures = 0;
                true
            }
            Err(StoreError::Conflict { .. }) => {
                tracing::warn!(
                    target: "pontoon",
                    handler = self.address,
                    "a claim on an idempotency key was lost while its handler runs: what it does will be refused"
                );
                false
            }
            Err(StoreError::Closed) => false,
            Err(error) => {
                held.is_sure = false;
                held.failures = held.failures.saturating_add(1);
                let failures = held.failures;
                if failures.is_power_of_two() {
                    let handler = self.address;
                    tracing::warn!(target: "pontoon", handler, error = %OneLine(&error), failures, "a claim is not renewed; its handler goes on");
                }
                true
            }
        }
    }

    async fn try_renew(&self, held: &mut StoredClaim) -> Result<(), StoreError> {
        let expect = self.version(held).await?;
        held.is_sure = false;
        let put = Some((Arc::clone(&self.mine), Some(TERM)));
        match self.store.commit(vec![self.change(expect, put)]).await {
            // It may have ended a moment ago; or another one has it by now.
            Ok(()) | Err(StoreError::Conflict { .. }) => self.version(held).await.map(drop),
            Err(error) => Err(error),
        }
    }

    async fn release(&self) {
        let mut held = self.held.lock().await;
        if held.is_done {
            return;
        }
        held.is_done = true;
        let released = match self.version(&mut held).await {
            Ok(expect) => self.store.commit(vec![self.change(expect, None)]).await,
            Err(error) => Err(error),
        };
        match released {
            Ok(()) | Err(StoreError::Conflict { .. } | StoreError::Closed) => {}
            Err(error) => {
                tracing::warn!(target: "pontoon", handler = self.address, error = %OneLine(&error), "a claim stays until it ends by itself");
            }
        }
    }
}

/// Renews a claim until its handler is done. One whose handler was ended before that is given back.
async fn renew(shared: Arc<SharedClaim>, ended: oneshot::Receiver<()>) {
    let mut ended = pin!(ended);
    loop {
        tokio::select! {
            biased;
            _ = &mut ended => break,
            () = sleep(TERM / 3) => {}
        }
        if !shared.renew().await {
            // Lost, or done: there is nothing to renew, and nothing to give back.
            return;
        }
    }
    shared.release().await;
}

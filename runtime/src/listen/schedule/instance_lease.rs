//! The lease by which one instance at a time runs a schedule: it is renewed for as long as the instance lives, apart
//! from the handlers, where the store is outside the process.
//!
//! A process that dies, or that the store does not hear of, loses it by the clock of the store. Before each run the
//! store is asked: a process that was held up for longer than it knows runs nothing that another one has taken over.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, oneshot, watch};
use tokio::time::{Instant, sleep};

use crate::net::io_thread;
use crate::one_line::OneLine;
use crate::store::lease::{Lease, TERM};
use crate::store::{StateAdapter, StoreError};

/// The collection of leases, by the address of the schedule.
const COLLECTION: &str = "$schedule_lease";

/// Between two questions to a store that does not answer.
const RETRY: Duration = Duration::from_millis(500);

/// An instance's hand in the lease of a schedule. Dropped, it gives the lease back.
pub(super) struct InstanceLease {
    shared: Arc<SharedLease>,
    /// Dropped, it ends the renewal.
    _running: oneshot::Sender<()>,
}

struct SharedLease {
    store: Arc<dyn StateAdapter>,
    address: &'static str,
    held: Mutex<HeldLease>,
    /// How often the lease was taken, while it is held.
    turn: watch::Sender<Option<u64>>,
}

#[derive(Default)]
struct HeldLease {
    lease: Option<Lease>,
    turns: u64,
    failures: u32,
    /// It was given back for good.
    is_done: bool,
}

impl InstanceLease {
    /// Begins to ask for the lease, and to renew it.
    pub(super) fn begin(store: Arc<dyn StateAdapter>, address: &'static str) -> Self {
        let is_in_process = store.is_in_process();
        let (held, turn) = (Mutex::default(), watch::Sender::new(None));
        let shared = Arc::new(SharedLease { store, address, held, turn });
        let (running, ended) = oneshot::channel();
        let renewal = renew(Arc::clone(&shared), ended);
        if is_in_process {
            tokio::spawn(renewal);
        } else {
            io_thread::spawn(renewal);
        }
        Self { shared, _running: running }
    }

    /// Waits until this instance has the lease. Says for which time it has.
    pub(super) async fn acquired(&self) -> u64 {
        let mut turn = self.shared.turn.subscribe();
        loop {
            if let Some(turn) = *turn.borrow_and_update() {
                return turn;
            }
            // The sender lives in `self`: there is always one.
            let _ = turn.changed().await;
        }
    }

    /// Waits until what was acquired is lost.
    pub(super) async fn lost(&self, acquired: u64) {
        let _ = self.shared.turn.subscribe().wait_for(|turn| *turn != Some(acquired)).await;
    }

    /// Asks the store whether this instance has the lease. Where the store is away, that is known again before the
    /// lease ends, or it is lost.
    pub(super) async fn is_held(&self) -> bool {
        let shared = &*self.shared;
        loop {
            {
                let mut held = shared.held.lock().await;
                let is_held = match &held.lease {
                    Some(lease) if Instant::now() < lease.end() => lease.is_held(&*shared.store).await,
                    _ => Ok(false),
                };
                match is_held {
                    Ok(true) => return true,
                    Ok(false) | Err(StoreError::Closed) => {
                        shared.lose(&mut held);
                        return false;
                    }
                    Err(_) => {}
                }
            }
            sleep(RETRY).await;
        }
    }

    /// Gives the lease back, for another instance to have it at once.
    pub(super) async fn release(self) {
        self.shared.release().await;
    }
}

impl SharedLease {
    /// Renews the lease, or asks for it. Says when to do so again: not any more once the store is closed.
    async fn step(&self) -> Option<Duration> {
        let mut held = self.held.lock().await;
        if held.is_done {
            return None;
        }
        if let Some(lease) = &mut held.lease {
            if lease.keep(&*self.store).await {
                return Some(lease.due().saturating_duration_since(Instant::now()).max(RETRY));
            }
            self.lose(&mut held);
        }
        match Lease::acquire(&*self.store, COLLECTION, self.address).await {
            Ok(lease) => {
                held.failures = 0;
                if lease.is_some() {
                    held.turns += 1;
                    self.turn.send_replace(Some(held.turns));
                    tracing::debug!(target: "pontoon", handler = self.address, "this instance runs the schedule");
                }
                held.lease = lease;
                Some(TERM / 3)
            }
            Err(StoreError::Closed) => None,
            Err(error) => {
                held.failures = held.failures.saturating_add(1);
                let failures = held.failures;
                if failures.is_power_of_two() {
                    let handler = self.address;
                    tracing::warn!(target: "pontoon", handler, error = %OneLine(&error), failures, "a schedule does not run here: its lease is out of reach");
                }
                Some(RETRY)
            }
        }
    }

    /// It is not known to be ours any more: it is asked for anew.
    fn lose(&self, held: &mut HeldLease) {
        if held.lease.take().is_some() {
            self.turn.send_replace(None);
            let handler = self.address;
            tracing::warn!(target: "pontoon", handler, "the lease of a schedule was lost: another instance may run it now");
        }
    }

    async fn release(&self) {
        let mut held = self.held.lock().await;
        held.is_done = true;
        self.turn.send_replace(None);
        if let Some(lease) = held.lease.take() {
            lease.release(&*self.store).await;
        }
    }
}

/// Keeps the lease until nobody needs it any more.
async fn renew(shared: Arc<SharedLease>, ended: oneshot::Receiver<()>) {
    let mut ended = pin!(ended);
    while let Some(pause) = shared.step().await {
        tokio::select! {
            biased;
            _ = &mut ended => break,
            () = sleep(pause) => {}
        }
    }
    shared.release().await;
}

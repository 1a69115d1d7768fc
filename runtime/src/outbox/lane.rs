//! The entries of one subject in this process: those that are to be published at once, and whether older ones wait.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep};

use crate::bridge::Job;
use crate::core::Core;
use crate::listeners::Listeners;
use crate::outbox::direct;
use crate::outbox::port::Port;
use crate::outbox::relay::{Pass, Relay};
use crate::policy::Backoff;

/// Between two tries of a relay that could not publish.
const PAUSES: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));

/// Between two looks while another process relays.
const LOOKS: Backoff = Backoff::new(Duration::from_millis(10), Duration::from_secs(1));

/// The entries of one subject in this process.
pub(crate) struct Lane {
    pub(super) subject: &'static str,
    pub(super) port: Port,
    pub(super) listeners: Listeners,
    /// Held while an entry is committed: numbers are drawn and handed on in one order. Never held while the user's code runs.
    pub(super) commits: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    /// There is something to do.
    wake: Notify,
    /// What failed may succeed now.
    hurry: Notify,
    /// The lane has nothing left to do, or cannot do it now.
    rest: Notify,
    /// How many entries waited when the relay last looked, those of one page at most.
    pub(super) waiting: AtomicU64,
}

#[derive(Default)]
struct State {
    /// Committed by this process and to be published at once, in the order of commits. Bounded by the handlers that wait for
    /// it: each waits for a second, and what is older goes to the relay.
    queue: VecDeque<Queued>,
    /// Something may wait in the store that is for the relay.
    behind: bool,
    /// The relay is at work: what is committed now comes after what it has.
    relaying: bool,
    /// Entries of the queue are being published.
    publishing: bool,
    /// It could not publish, or another process is at it: it waits to try again.
    blocked: bool,
}

/// An entry that this process has committed and publishes at once.
pub(super) struct Queued {
    pub(super) key: String,
    pub(super) number: u64,
    /// The number of the last entry before its commit.
    pub(super) previous: u64,
    pub(super) job: Job,
    /// When it was committed.
    pub(super) since: Instant,
    /// The handler waits for this.
    pub(super) done: oneshot::Sender<()>,
}

impl Lane {
    pub(super) fn new(subject: &'static str, port: Port, listeners: Listeners) -> Self {
        Self {
            subject,
            port,
            listeners,
            commits: tokio::sync::Mutex::default(),
            state: Mutex::default(),
            wake: Notify::new(),
            hurry: Notify::new(),
            rest: Notify::new(),
            waiting: AtomicU64::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether an entry may be published at once, as far as this process knows. On a connection that is down nothing is tried:
    /// what was never handed to it is known not to have been sent.
    pub(super) fn is_clear(&self) -> bool {
        let clear = {
            let state = self.state();
            !state.behind && !state.relaying
        };
        clear && !self.port.is_away()
    }

    /// Publishes an entry as soon as it is its turn.
    pub(super) fn push(&self, queued: Queued) {
        self.state().queue.push_back(queued);
        self.wake.notify_one();
    }

    /// Has the relay look at what waits in the store.
    pub(super) fn look(&self) {
        self.state().behind = true;
        self.wake.notify_one();
    }

    /// Tries again what could not be done: a bridge or a store is back.
    pub(super) fn hurry(&self) {
        self.hurry.notify_one();
    }

    /// The entries that are to be published at once.
    pub(super) fn take(&self) -> Vec<Queued> {
        mem::take(&mut self.state().queue).into()
    }

    /// Whether it has something to do and can do it.
    pub(super) fn is_busy(&self) -> bool {
        let state = self.state();
        !state.blocked && (!state.queue.is_empty() || state.behind || state.relaying || state.publishing)
    }

    /// Waits until it has nothing left to do, or cannot do it now.
    pub(super) async fn rested(&self) {
        loop {
            let rest = self.rest.notified();
            if !self.is_busy() {
                return;
            }
            rest.await;
        }
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
    }

    /// Publishes what is committed for the subject, for as long as the unit runs.
    pub(super) async fn run(&self, core: &Core) {
        let mut relay = Relay::default();
        let mut failures = 0;
        loop {
            let (behind, idle) = {
                let mut state = self.state();
                let idle = state.queue.is_empty() && !state.behind;
                state.publishing = !idle && !state.behind;
                (state.behind, idle)
            };
            if idle {
                self.rest.notify_waiters();
                core.lifecycle.settled();
                self.wake.notified().await;
                continue;
            }
            if !behind {
                let left = direct::publish(core, self, &mut relay).await;
                self.set(|state| {
                    state.publishing = false;
                    state.behind |= left;
                });
                continue;
            }
            self.set(|state| (state.behind, state.relaying) = (false, true));
            let pass = relay.pass(core, self).await;
            self.set(|state| {
                state.relaying = false;
                state.behind |= !matches!(pass, Pass::Clear);
                state.blocked = !matches!(pass, Pass::Clear);
            });
            let pause = match pass {
                Pass::Clear => {
                    failures = 0;
                    continue;
                }
                Pass::Closed => {
                    self.rest.notify_waiters();
                    return;
                }
                Pass::Held => LOOKS,
                Pass::Failed => PAUSES,
            };
            failures += 1;
            self.rest.notify_waiters();
            core.lifecycle.settled();
            tokio::select! {
                () = sleep(pause.after(failures)) => {}
                () = self.hurry.notified() => failures = 0,
            }
            self.set(|state| state.blocked = false);
        }
    }

    pub(super) fn waits(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }
}

//! The entries of one subject in this process: those that are to be published at once, and whether older ones wait.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::bridge::Job;
use crate::contract::listeners::Listeners;
use crate::invoke::outbox::port::Port;
use crate::invoke::outbox::records::WAIT_LIMIT;
use crate::sync::{Mutex, MutexGuard};

/// The entries of one subject in this process.
pub(crate) struct Lane {
    pub(super) subject: &'static str,
    pub(super) port: Port,
    pub(super) listeners: Listeners,
    /// Held while an entry is committed: numbers are drawn and handed on in one order. Never held while the user's code
    /// runs.
    pub(super) commits: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    /// There is something to do.
    pub(super) wake: Notify,
    /// What failed may succeed now.
    pub(super) hurry: Notify,
    /// The lane has nothing left to do, or cannot do it now.
    pub(super) rest: Notify,
    /// How many entries waited when the relay last looked, those of one page at most.
    pub(super) waiting: AtomicU64,
}

#[derive(Default)]
pub(super) struct State {
    /// Committed by this process and to be published at once, in the order of commits. Bounded by the handlers that
    /// wait for it: each waits for a second, and what is older goes to the relay.
    pub(super) queue: VecDeque<Queued>,
    /// Entries wait in the store that are for the relay: what is committed now comes after them.
    pub(super) behind: bool,
    /// The number of the last entry that this process has left to the relay.
    pub(super) left_up_to: u64,
    /// The relay is to look at what waits in the store.
    pub(super) look: bool,
    /// The relay is at work.
    pub(super) relaying: bool,
    /// Entries of the queue are being published.
    pub(super) publishing: bool,
    /// It could not publish, or another process is at it: it waits to try again.
    pub(super) blocked: bool,
}

impl State {
    fn has_work(&self) -> bool {
        !self.queue.is_empty() || self.behind || self.look
    }
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
        self.state.lock()
    }

    /// Whether an entry may be published at once, as far as this process knows. On a connection that is down nothing is
    /// tried: what was never handed to it is known not to have been sent.
    pub(super) fn is_clear(&self) -> bool {
        let clear = !self.state().behind;
        clear && !self.port.is_away()
    }

    /// Whether what is committed is published in the order of commits. Jobs are not: one that another process may be
    /// putting in holds up no other.
    pub(super) fn keeps_order(&self) -> bool {
        matches!(self.port, Port::Topic(_))
    }

    /// Publishes an entry as soon as it is its turn.
    pub(super) fn push(&self, queued: Queued) {
        self.state().queue.push_back(queued);
        self.wake.notify_one();
    }

    /// Has the relay look at what waits in the store.
    pub(super) fn look(&self) {
        self.state().look = true;
        self.wake.notify_one();
    }

    /// Leaves an entry that this process has committed to the relay.
    pub(super) fn leave(&self, number: u64) {
        self.set(|state| {
            state.behind = true;
            state.left_up_to = state.left_up_to.max(number);
        });
        self.wake.notify_one();
    }

    /// Whether this process has left nothing to the relay from a number on. What it commits from now on it publishes at
    /// once.
    pub(super) fn has_left_none_from(&self, number: u64) -> bool {
        let mut state = self.state();
        let none = state.left_up_to < number;
        state.behind &= !none;
        none
    }

    /// The relay is about to list what waits: what is left to it from now on is another reason to look. Says whether
    /// entries were known to wait.
    pub(super) fn begin_listing(&self) -> bool {
        mem::take(&mut self.state().behind)
    }

    /// The relay has more to do than it can see.
    pub(super) fn is_behind(&self) {
        self.state().behind = true;
    }

    /// The number of the first entry that is to be published at once.
    pub(super) fn first_queued(&self) -> Option<u64> {
        self.state().queue.front().map(|queued| queued.number)
    }

    /// The entries that were to be published at once, and whose time for that is over.
    pub(super) fn take_late(&self) -> Vec<Queued> {
        let now = Instant::now();
        let mut state = self.state();
        let late = state.queue.iter().take_while(|queued| queued.since + WAIT_LIMIT <= now).count();
        state.queue.drain(..late).collect()
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
        !state.blocked && (state.has_work() || state.relaying || state.publishing)
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

    pub(super) fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
    }

    /// What is to be done next.
    pub(super) fn next(&self) -> Work {
        let mut state = self.state();
        let look = mem::take(&mut state.look);
        (state.relaying, state.publishing) = (look || state.behind, false);
        if state.relaying {
            return Work::Relay;
        }
        state.publishing = !state.queue.is_empty();
        if state.publishing { Work::Queue } else { Work::None }
    }

    pub(super) fn waits(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// What a lane does next.
pub(super) enum Work {
    None,
    /// What this process has committed is published at once.
    Queue,
    Relay,
}

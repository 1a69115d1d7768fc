//! Whether a unit runs, stops or has ended, and what is still under way from outside.

use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};

use tokio::sync::{Notify, watch};

/// How far a unit is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, PartialOrd)]
pub(crate) enum Phase {
    RunningUnit,
    /// Nothing new is taken from outside; what runs goes on.
    Stopping,
    /// What only this process had is done.
    Drained,
    /// What still runs is ended.
    Ended,
}

pub(crate) struct Lifecycle {
    phase: watch::Sender<Phase>,
    /// As in `phase`: what each call and each message asks for.
    now: AtomicU8,
    calls: AtomicUsize,
    call_done: Notify,
    /// How many messages were settled; with `watchers`, those who wait for one, the others pay next to nothing for it.
    settled: AtomicU64,
    watchers: AtomicUsize,
    progress: Notify,
}

impl Lifecycle {
    pub(crate) fn new() -> Self {
        Self {
            phase: watch::Sender::new(Phase::RunningUnit),
            now: AtomicU8::new(Phase::RunningUnit as u8),
            calls: AtomicUsize::new(0),
            call_done: Notify::new(),
            settled: AtomicU64::new(0),
            watchers: AtomicUsize::new(0),
            progress: Notify::new(),
        }
    }

    #[inline]
    pub(crate) fn is_running(&self) -> bool {
        !self.has_reached(Phase::Stopping)
    }

    #[inline]
    pub(crate) fn has_reached(&self, phase: Phase) -> bool {
        self.now.load(Ordering::Acquire) >= phase as u8
    }

    /// Moves on; never back.
    pub(crate) fn advance(&self, to: Phase) {
        self.now.fetch_max(to as u8, Ordering::AcqRel);
        self.phase.send_if_modified(|phase| {
            let later = *phase < to;
            if later {
                *phase = to;
            }
            later
        });
    }

    /// Waits until a phase is reached.
    pub(crate) async fn reached(&self, phase: Phase) {
        // The sender lives in `self`: there is always one.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    /// Counts a call from outside that waits for something.
    pub(crate) fn enter(&self) -> Counted<'_> {
        self.calls.fetch_add(1, Ordering::AcqRel);
        Counted(self)
    }

    /// A message was settled.
    pub(crate) fn settled(&self) {
        self.settled.fetch_add(1, Ordering::AcqRel);
        if self.watchers.load(Ordering::Acquire) > 0 {
            self.progress.notify_waiters();
        }
    }

    /// Waits until nothing is unfinished, asking again whenever a message was settled.
    pub(crate) async fn finished(&self, unfinished: impl Fn() -> usize) {
        self.watchers.fetch_add(1, Ordering::AcqRel);
        let _watching = Watching(self);
        loop {
            let progress = self.progress.notified();
            let before = self.settled.load(Ordering::Acquire);
            // A message settled in between may have left another one where we had looked already.
            if unfinished() == 0 && self.settled.load(Ordering::Acquire) == before {
                return;
            }
            if self.settled.load(Ordering::Acquire) == before {
                progress.await;
            }
        }
    }

    /// Waits until no call from outside is under way.
    pub(crate) async fn calls_done(&self) {
        loop {
            let done = self.call_done.notified();
            if self.calls.load(Ordering::Acquire) == 0 {
                return;
            }
            done.await;
        }
    }
}

/// A call from outside that is under way.
pub(crate) struct Counted<'l>(&'l Lifecycle);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        if self.0.calls.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.call_done.notify_one();
        }
    }
}

/// Somebody waits for messages to be settled.
struct Watching<'l>(&'l Lifecycle);

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        self.0.watchers.fetch_sub(1, Ordering::AcqRel);
    }
}

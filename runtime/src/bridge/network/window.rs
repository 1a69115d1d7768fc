//! The prefetch of a subscription, which changes: as many messages at a time as its handlers work off within about a
//! second, by the time that they have taken so far; and room for those that wait for their next attempt, which others
//! are not to wait for.
//!
//! **What counts as an attempt.** An attempt is what was handed to a handler. A broker counts deliveries, also of
//! messages that it gave to a process which died, or stopped, before it looked at them. So a process begins with as
//! many as it hands out at once, and has more only after it has worked off some: what ends each process that tries it
//! takes no neighbours with it, for it comes first again, to a process that has little else. What was delivered without
//! being handed out is never given up for that alone until it was delivered 16 times more than it has attempts.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use crate::bridge::network::PREFETCH;
use crate::sync::{Mutex, MutexGuard};

/// Within what time the messages of a window are worked off. Short beside the time that brokers let a message be held,
/// and what a second instance waits for at most until it gets its share.
const TARGET: Duration = Duration::from_secs(1);

/// Within what time the messages of a larger window have to be worked off, or they go back. Those that would be handled
/// soon are kept: to give one back counts as a delivery.
const KEPT: Duration = TARGET.saturating_mul(2);

/// By how much a window grows at a time.
const STEP: u32 = 4;

/// How many messages were handled before a window grows, at least. It is changed by another consumer, and what is on
/// its way to the one before comes again then, as one more delivery: not for the sake of a handful.
const SAMPLE: u32 = 16;

/// For how many messages that wait there is room at most: a broker remembers what is not acknowledged.
const MOST_PARKED: u32 = 4096;

/// After how many messages room that is not needed any more is given up.
const SPARE: u32 = 16;

/// The prefetch of a subscription, which grows and shrinks with the time that handlers take.
pub(crate) struct InFlightWindow {
    /// How many it hands out at once: where each window begins.
    concurrency: AtomicU32,
    /// Whether it stays as large as it begins, apart from the room for those that wait.
    is_steady: AtomicBool,
    state: Mutex<WindowState>,
}

/// The size of the window, and what it is made from.
struct WindowState {
    concurrency: u32,
    size: u32,
    /// How long handlers take, the last ones first. Nothing while none has ended.
    mean: Option<Duration>,
    /// How many have ended since the window has this size.
    handled: u32,
    /// How many messages of a larger window may still be here. Nothing where they went back.
    left: u32,
    /// How many messages wait for their next attempt, and for how many there is room.
    parked: u32,
    room: u32,
}

impl WindowState {
    fn new(size: u32, mean: Option<Duration>) -> Self {
        Self { concurrency: size.max(1), size, mean, handled: 0, left: 0, parked: 0, room: 0 }
    }

    fn change(&mut self, size: u32, room: u32) -> Option<WindowChange> {
        let (before, now) = (self.size + self.room, size + room);
        let here = before.max(self.left);
        let soon = self.mean.is_none_or(|mean| mean.saturating_mul(here) / self.concurrency <= KEPT);
        let fewer = now < here && !soon;
        if before == now && !fewer {
            return None;
        }
        self.left = if now < here && soon { here } else { 0 };
        (self.size, self.room, self.handled) = (size, room, 0);
        Some(WindowChange { now: u16::try_from(now).unwrap_or(u16::MAX), fewer })
    }
}

/// The prefetch that a process is to have from now on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct WindowChange {
    pub(crate) now: u16,
    /// Whether what has come and was not taken goes back: it would wait for too long.
    pub(crate) fewer: bool,
}

/// For how many that wait there is to be room, where so many do.
fn room(parked: u32) -> u32 {
    if parked == 0 { 0 } else { parked.min(MOST_PARKED).next_power_of_two() }
}

impl InFlightWindow {
    pub(crate) fn new(concurrency: u32) -> Self {
        let concurrency = concurrency.clamp(1, u16::MAX.into());
        let state = Mutex::new(WindowState::new(concurrency, None));
        Self { concurrency: AtomicU32::new(concurrency), is_steady: AtomicBool::new(false), state }
    }

    /// That of a queue, whose workers are [added](Self::add) one after the other.
    pub(crate) fn without_workers() -> Self {
        let state = Mutex::new(WindowState::new(1, None));
        Self { concurrency: AtomicU32::new(0), is_steady: AtomicBool::new(false), state }
    }

    /// It stays as large as it begins: whole batches are many enough, and what goes back when it grows comes again as
    /// another attempt, which has a run of its own.
    pub(crate) fn hold_steady(&self) {
        self.is_steady.store(true, Ordering::Relaxed);
    }

    /// It hands out so many more at once, from the next time on that it begins anew.
    pub(crate) fn add(&self, concurrency: u32) {
        self.concurrency.fetch_add(concurrency.min(u16::MAX.into()), Ordering::Relaxed);
    }

    fn concurrency(&self) -> u32 {
        self.concurrency.load(Ordering::Relaxed).clamp(1, u16::MAX.into())
    }

    fn state(&self) -> MutexGuard<'_, WindowState> {
        self.state.lock()
    }

    /// It begins anew: what is delivered now may be what has ended something.
    pub(crate) fn restart(&self) -> u32 {
        let mut state = self.state();
        *state = WindowState::new(self.concurrency(), state.mean);
        state.size
    }

    /// A handler has ended after this time. Returns how many messages the process should have, where that changes.
    pub(crate) fn handled(&self, took: Duration) -> Option<WindowChange> {
        let mut state = self.state();
        // One that takes long counts at once: what is behind it waits.
        let mean = state.mean.map_or(took, |mean| if took > mean { (mean + took) / 2 } else { (mean * 7 + took) / 8 });
        state.mean = Some(mean);
        state.handled = state.handled.saturating_add(1);
        state.left = state.left.saturating_sub(1);
        let ideal = self.ideal(mean);
        let grows = ideal >= state.size.saturating_mul(2) && state.handled >= state.size.max(SAMPLE);
        let changes = grows || ideal.saturating_mul(2) <= state.size;
        let size = if changes { ideal.min(state.size.saturating_mul(STEP)) } else { state.size };
        let spare = state.parked.saturating_mul(4) < state.room && (state.handled >= SPARE || ideal < state.room);
        let room = if spare { room(state.parked) } else { state.room };
        state.change(size, room)
    }

    /// So many messages wait for their next attempt.
    pub(crate) fn parked(&self, count: usize) -> Option<WindowChange> {
        let mut state = self.state();
        state.parked = u32::try_from(count).unwrap_or(u32::MAX);
        let room = if state.parked > state.room { room(state.parked) } else { state.room };
        let size = state.size;
        state.change(size, room)
    }

    /// How many handlers work off in time if each takes as long as this.
    fn ideal(&self, mean: Duration) -> u32 {
        if self.is_steady.load(Ordering::Relaxed) {
            return self.concurrency();
        }
        let rounds = TARGET.as_nanos() / mean.as_nanos().max(1);
        let most = u32::from(PREFETCH).max(self.concurrency());
        let ideal = u128::from(self.concurrency()) * rounds.max(1);
        u32::try_from(ideal).map_or(most, |ideal| ideal.min(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many it has after so many messages that took as long as this.
    fn after(window: &InFlightWindow, count: u32, took: Duration) -> u32 {
        for _ in 0..count {
            window.handled(took);
        }
        let state = window.state();
        state.size + state.room
    }

    #[test]
    fn a_window_grows_with_what_is_handled_and_no_further_than_a_second() {
        let window = InFlightWindow::new(2);
        assert_eq!(after(&window, SAMPLE - 1, Duration::from_millis(1)), 2);
        assert_eq!(after(&window, 1, Duration::from_millis(1)), 8);
        assert_eq!(after(&window, 1000, Duration::from_millis(1)), u32::from(PREFETCH));
        assert_eq!(after(&InFlightWindow::new(2), 1000, Duration::from_millis(100)), 20);
        assert_eq!(after(&InFlightWindow::new(3), 1000, Duration::from_secs(60)), 3);
        assert_eq!(after(&InFlightWindow::new(300), 1000, Duration::ZERO), 300);
    }

    #[test]
    fn a_steady_window_has_room_for_those_that_wait_and_does_not_grow() {
        let window = InFlightWindow::new(100);
        window.hold_steady();
        assert_eq!(after(&window, 1000, Duration::from_millis(1)), 100);
        assert_eq!(window.parked(1), Some(WindowChange { now: 101, fewer: false }));
    }

    #[test]
    fn the_window_of_a_queue_begins_with_all_its_workers() {
        let window = InFlightWindow::without_workers();
        assert_eq!(window.restart(), 1);
        window.add(4);
        window.add(2);
        assert_eq!(window.restart(), 6);
    }

    #[test]
    fn a_window_shrinks_at_once_where_a_handler_takes_long_and_begins_anew() {
        let window = InFlightWindow::new(1);
        assert_eq!(after(&window, 1000, Duration::from_millis(1)), u32::from(PREFETCH));
        assert_eq!(window.handled(Duration::from_secs(10)), Some(WindowChange { now: 1, fewer: true }));
        let window = InFlightWindow::new(1);
        after(&window, 1000, Duration::from_millis(1));
        assert_eq!((window.restart(), after(&window, 0, Duration::ZERO)), (1, 1));
    }

    #[test]
    fn what_a_larger_window_has_left_goes_back_once_it_turns_out_to_take_long() {
        let (quick, slow) = (Duration::from_millis(1), Duration::from_millis(60));
        let window = InFlightWindow::new(1);
        while after(&window, 1, quick) < 64 {}
        // At half the time that they take, 64 seemed to be done soon.
        assert_eq!(window.handled(slow), Some(WindowChange { now: 32, fewer: false }));
        let changes: Vec<WindowChange> = (0..64).filter_map(|_| window.handled(slow)).collect();
        assert_eq!(changes.iter().filter(|change| change.fewer).count(), 1, "{changes:?}");
        assert!(changes[0].fewer, "{changes:?}");
    }

    #[test]
    fn what_took_the_place_of_those_that_waited_goes_back_where_it_takes_long() {
        let window = InFlightWindow::new(1);
        assert_eq!(window.parked(1000), Some(WindowChange { now: 1025, fewer: false }));
        assert_eq!(window.parked(0), None);
        assert_eq!(window.handled(Duration::from_secs(60)), Some(WindowChange { now: 1, fewer: true }));
    }

    #[test]
    fn who_waits_for_the_next_attempt_takes_no_place() {
        let window = InFlightWindow::new(1);
        assert_eq!(window.parked(1), Some(WindowChange { now: 2, fewer: false }));
        assert_eq!((window.parked(0), window.parked(1)), (None, None));
        assert_eq!(window.parked(3), Some(WindowChange { now: 5, fewer: false }));
        assert_eq!(window.parked(0), None);
        // What is not needed is given up.
        assert_eq!(after(&window, SPARE, Duration::from_secs(60)), 1);
    }
}

//! How many messages of a subscription a process has from its broker at a time: as many as its handlers work off within about
//! a second, by the time that they have taken so far.
//!
//! **What counts as an attempt.** An attempt is what was handed to a handler. A broker counts deliveries, also of messages that
//! it gave to a process which died, or stopped, before it looked at them. So a process begins with as many as it hands out at
//! once, and has more only after it has worked off some: what ends each process that tries it takes no neighbours with it, for
//! it comes first again, to a process that has little else. What was delivered without being handed out is never given up for
//! that alone until it was delivered 16 times more than it has attempts.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::bridge::remote::PREFETCH;

/// Within what time the messages of a window are worked off. Short beside the time that brokers let a message be held, and
/// what a second instance waits for at most until it gets its share.
const TARGET: Duration = Duration::from_secs(1);

/// By how much a window grows at a time.
const STEP: u32 = 4;

/// How many messages were handled before a window is looked at again, at least.
const SAMPLE: u32 = 4;

/// How many messages of a subscription a process has from its broker at a time.
pub(crate) struct Window {
    /// How many it hands out at once: where each window begins.
    concurrency: u32,
    state: Mutex<State>,
}

struct State {
    size: u32,
    /// How long handlers take, the last ones first. Nothing while none has ended.
    mean: Option<Duration>,
    /// How many have ended since the window has this size.
    handled: u32,
}

impl Window {
    pub(crate) fn new(concurrency: u32) -> Self {
        let concurrency = concurrency.clamp(1, u16::MAX.into());
        Self { concurrency, state: Mutex::new(State { size: concurrency, mean: None, handled: 0 }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It begins anew: what is delivered now may be what has ended something.
    pub(crate) fn restart(&self) -> u32 {
        let mut state = self.state();
        *state = State { size: self.concurrency, mean: state.mean, handled: 0 };
        state.size
    }

    /// A handler has ended after this time. Returns the size that the window should have, where that is another one.
    pub(crate) fn handled(&self, took: Duration) -> Option<u32> {
        let mut state = self.state();
        // One that takes long counts at once: what is behind it waits.
        let mean = state.mean.map_or(took, |mean| if took > mean { (mean + took) / 2 } else { (mean * 7 + took) / 8 });
        state.mean = Some(mean);
        state.handled = state.handled.saturating_add(1);
        let ideal = self.ideal(mean);
        let size = state.size;
        let grows = ideal >= size.saturating_mul(2) && state.handled >= size.max(SAMPLE);
        (grows || ideal.saturating_mul(2) <= size).then(|| ideal.min(size.saturating_mul(STEP)))
    }

    /// The window has this size now. Says whether that is less than before.
    pub(crate) fn became(&self, size: u32) -> bool {
        let mut state = self.state();
        let fewer = size < state.size;
        (state.size, state.handled) = (size, 0);
        fewer
    }

    /// How many handlers work off in time if each takes as long as this.
    fn ideal(&self, mean: Duration) -> u32 {
        let rounds = TARGET.as_nanos() / mean.as_nanos().max(1);
        let most = u32::from(PREFETCH).max(self.concurrency);
        let ideal = u128::from(self.concurrency) * rounds.max(1);
        u32::try_from(ideal).map_or(most, |ideal| ideal.min(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The size after so many messages that took as long as this.
    fn after(window: &Window, count: u32, took: Duration) -> u32 {
        for _ in 0..count {
            if let Some(size) = window.handled(took) {
                window.became(size);
            }
        }
        window.state().size
    }

    #[test]
    fn a_window_grows_with_what_is_handled_and_no_further_than_a_second() {
        let window = Window::new(2);
        assert_eq!(after(&window, 3, Duration::from_millis(1)), 2);
        assert_eq!(after(&window, 1, Duration::from_millis(1)), 8);
        assert_eq!(after(&window, 1000, Duration::from_millis(1)), u32::from(PREFETCH));
        assert_eq!(after(&Window::new(2), 1000, Duration::from_millis(100)), 20);
        assert_eq!(after(&Window::new(3), 1000, Duration::from_secs(60)), 3);
        assert_eq!(after(&Window::new(300), 1000, Duration::ZERO), 300);
    }

    #[test]
    fn a_window_shrinks_at_once_where_a_handler_takes_long_and_begins_anew() {
        let window = Window::new(1);
        assert_eq!(after(&window, 1000, Duration::from_millis(1)), u32::from(PREFETCH));
        assert_eq!(after(&window, 1, Duration::from_secs(10)), 1);
        let window = Window::new(1);
        after(&window, 1000, Duration::from_millis(1));
        assert_eq!((window.restart(), after(&window, 0, Duration::ZERO)), (1, 1));
    }
}

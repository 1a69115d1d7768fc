//! The number of attempts that a delivery stands for, by what the message and the broker say; and what keeps those
//! apart that one of them may bring down.

use std::time::Duration;

use crate::contract::policy::Backoff;

/// How often a message may be delivered beyond its attempts before that alone is a reason to give it up.
///
/// Brokers count every delivery, also those to a process that stopped or died before it looked at the message. Up to
/// here such a message is taken for being in its last attempt, so that none is given up that nobody has tried. One that
/// ends every process that tries it comes to an end all the same.
const UNTRIED: u32 = 16;

/// How many attempts count as made before this delivery: the earlier ones that the message itself tells of, and of the
/// deliveries since then those that may have been one.
pub(super) fn attempts_before(earlier: u32, redelivered: u32, attempts: u32) -> u32 {
    let before = earlier.saturating_add(redelivered);
    if before < attempts.saturating_add(UNTRIED) { earlier.max(before.min(attempts.saturating_sub(1))) } else { before }
}

/// How often a message comes again until it is suspected.
const OFTEN: u32 = 3;

/// Within how long those that are suspected are handed out.
const APART: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(1));

/// How long a message waits that has been delivered often and never settled, by chance: one of those that came with it
/// may end the process each time, and takes no innocent with it that is done before. The broker has counted a delivery
/// of all of them.
pub(super) fn apart(redelivered: u32) -> Option<Duration> {
    let often = redelivered.checked_sub(OFTEN)?;
    Some(APART.longest_after(often.saturating_add(1)).mul_f64(fastrand::f64()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_and_again_is_kept_apart() {
        assert_eq!([0, 1, 2].map(apart), [None; 3]);
        let longest = |redelivered| (0..1000).filter_map(|_| apart(redelivered)).max().unwrap();
        assert!(longest(3) <= Duration::from_millis(200) && longest(3) > Duration::from_millis(100));
        assert!(longest(u32::MAX) <= Duration::from_secs(1) && longest(9) > Duration::from_millis(500));
    }

    #[test]
    fn a_message_that_nobody_has_tried_is_in_its_last_attempt() {
        assert_eq!([0, 1, 2, 3, 18].map(|before| attempts_before(0, before, 3)), [0, 1, 2, 2, 2]);
        assert_eq!(attempts_before(0, 19, 3), 19, "given up");
        assert_eq!(attempts_before(0, 1, 1), 0);
    }

    #[test]
    fn deliveries_after_a_pause_at_the_broker_take_no_attempt_that_is_left() {
        assert_eq!([0, 1, 2, 16].map(|redelivered| attempts_before(2, redelivered, 4)), [2, 3, 3, 3]);
        assert_eq!(attempts_before(2, 18, 4), 20, "given up");
        // All of them were made.
        assert_eq!(attempts_before(4, 0, 4), 4);
    }
}

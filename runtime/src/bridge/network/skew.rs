//! The clock skew of callers. What is left of a deadline travels as a duration and does not
//! depend on it; times in logs, documents and schedules do.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use crate::sync::Mutex;

/// A difference below this is what networks and clocks have in any case.
const NOTICEABLE: Duration = Duration::from_secs(2);

/// How many callers are remembered; then it begins anew.
const SOURCES: usize = 1_000;

/// The callers whose clocks are known to differ from ours.
#[derive(Debug, Default)]
pub(crate) struct Skews(Mutex<HashSet<String>>);

impl Skews {
    /// Looks at when a request was sent, by the clock of its caller, who waited for `patience` from then on. Logs a
    /// clock that cannot be right, once for each caller.
    pub(crate) fn look(&self, source: &str, sent: SystemTime, patience: Duration) {
        let Some(skew) = skew(sent, SystemTime::now(), patience) else { return };
        let mut known = self.0.lock();
        if known.len() >= SOURCES {
            known.clear();
        }
        if known.insert(source.to_owned()) {
            let (direction, by) = match skew {
                Skew::Ahead(by) => ("ahead of", by),
                Skew::Behind(by) => ("behind", by),
            };
            tracing::warn!(
                target: "pontoon",
                source = ?source,
                ?by,
                "the clock of a caller is {direction} ours: deadlines hold all the same, times in logs do not fit together"
            );
        }
    }
}

/// The clock skew of a caller.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Skew {
    Ahead(Duration),
    Behind(Duration),
}

/// A request cannot arrive before it was sent; nor, where bridges drop what is over, long after its caller has given
/// up.
fn skew(sent: SystemTime, now: SystemTime, patience: Duration) -> Option<Skew> {
    match now.duration_since(sent) {
        Ok(age) => (age > patience.saturating_add(NOTICEABLE)).then_some(Skew::Behind(age)),
        Err(future) => (future.duration() > NOTICEABLE).then_some(Skew::Ahead(future.duration())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_cannot_be_right_is_noticed() {
        let (now, second) = (SystemTime::now(), Duration::from_secs(1));
        assert_eq!(skew(now, now, second), None);
        assert_eq!(skew(now - second, now, 5 * second), None, "it may have waited");
        assert_eq!(skew(now + second, now, second), None);
        assert_eq!(skew(now + 10 * second, now, second), Some(Skew::Ahead(10 * second)));
        assert_eq!(skew(now - 10 * second, now, 5 * second), Some(Skew::Behind(10 * second)));
    }
}

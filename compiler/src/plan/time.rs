//! Lengths of time as the topology writes them: `500ms`, `30s`, `24h`.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::topology;

/// A length of time that shows itself in the largest unit that divides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Duration);

/// The waits between attempts: the first one and the longest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Backoff {
    /// After the first failed attempt.
    pub first: Time,
    /// No wait is longer.
    pub longest: Time,
}

impl Time {
    /// How many of which unit it is: `(24, "h")`.
    pub fn parts(self) -> (u64, &'static str) {
        const UNITS: [(u64, &str); 4] = [(24 * 60 * 60, "d"), (60 * 60, "h"), (60, "m"), (1, "s")];
        let seconds = self.0.as_secs();
        if self.0.subsec_nanos() != 0 || seconds == 0 {
            return (u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX), "ms");
        }
        let unit = UNITS.into_iter().find(|(length, _)| seconds.is_multiple_of(*length));
        unit.map_or((seconds, "s"), |(length, name)| (seconds / length, name))
    }
}

impl From<topology::Backoff> for Backoff {
    fn from(backoff: topology::Backoff) -> Self {
        Self { first: Time(backoff.first), longest: Time(backoff.longest) }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, unit) = self.parts();
        write!(f, "{count}{unit}")
    }
}

impl fmt::Display for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.first, self.longest)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_their_largest_unit() {
        let shown = |millis| Time(Duration::from_millis(millis)).to_string();
        let times = [(0, "0ms"), (500, "500ms"), (1_500, "1500ms"), (90_000, "90s"), (120_000, "2m")];
        assert!(times.into_iter().all(|(millis, text)| shown(millis) == text));
        assert_eq!(shown(24 * 60 * 60 * 1000), "1d");
        assert_eq!(shown(25 * 60 * 60 * 1000), "25h");
    }
}

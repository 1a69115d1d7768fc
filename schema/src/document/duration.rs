//! Lengths of time, `30s`, and ranges of them, `50ms..200ms`.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Malformed, scalar};
use crate::name::shown;

/// A length of time that is more than nothing: a whole number and one unit, `ms`, `s`, `m`, `h` or `d`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Duration {
    milliseconds: u64,
}

const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// A hundred years: more is a slip, and sums of a few of these cannot overflow.
const LONGEST: u64 = 36_500 * 86_400_000;

impl Duration {
    /// So many milliseconds; at least one, at most a hundred years.
    pub const fn from_millis(milliseconds: u64) -> Self {
        let milliseconds = if milliseconds == 0 { 1 } else { milliseconds };
        Self { milliseconds: if milliseconds > LONGEST { LONGEST } else { milliseconds } }
    }

    /// So many seconds; at least a millisecond, at most a hundred years.
    pub const fn from_secs(seconds: u64) -> Self {
        Self::from_millis(seconds.saturating_mul(1_000))
    }

    /// The length in milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.milliseconds
    }

    /// The length as the standard library's type.
    pub const fn as_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.milliseconds)
    }
}

impl FromStr for Duration {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let shown = shown(text);
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit).filter(|_| digits > 0) else {
            return Err(Malformed(format!(
                "`{shown}` is not a duration: a whole number and a unit (ms, s, m, h or d) were expected, such as `30s`"
            )));
        };
        match number.parse::<u64>().ok().and_then(|number| number.checked_mul(*scale)) {
            Some(0) => Err(Malformed(format!("`{shown}` is no time at all: a duration is more than zero"))),
            Some(milliseconds) if milliseconds <= LONGEST => Ok(Self { milliseconds }),
            _ => Err(Malformed(format!("`{shown}` is longer than a hundred years (36500d)"))),
        }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().rev().find(|(_, scale)| self.milliseconds.is_multiple_of(*scale));
        let (unit, scale) = whole.copied().unwrap_or(("ms", 1));
        write!(f, "{}{unit}", self.milliseconds / scale)
    }
}

scalar!(
    Duration,
    expected: "a duration: a whole number and a unit (`ms`, `s`, `m`, `h` or `d`), such as `30s`, `500ms` or `7d`",
    pattern: r"^0*[1-9][0-9]*(ms|s|m|h|d)$",
    examples: ["500ms", "30s", "5m", "24h", "7d"]
);

/// How long to wait between attempts: the first wait and the longest one. Each wait is about twice the one before it,
/// with some jitter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    /// The wait after the first attempt.
    pub first: Duration,
    /// The longest wait.
    pub longest: Duration,
}

impl FromStr for Backoff {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let Some((first, longest)) = text.split_once("..") else {
            return Err(Malformed(format!(
                "`{}` is not a back-off: the first and the longest wait were expected, such as `50ms..200ms`",
                shown(text)
            )));
        };
        let backoff = Self { first: first.parse()?, longest: longest.parse()? };
        if backoff.first > backoff.longest {
            return Err(Malformed(format!(
                "`{}` runs backwards: the first wait is longer than the longest; `{longest}..{first}` was meant?",
                shown(text)
            )));
        }
        Ok(backoff)
    }
}

impl fmt::Display for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.first, self.longest)
    }
}

scalar!(
    Backoff,
    expected: "a back-off: the first and the longest wait between attempts, such as `50ms..200ms`",
    pattern: r"^0*[1-9][0-9]*(ms|s|m|h|d)\.\.0*[1-9][0-9]*(ms|s|m|h|d)$",
    examples: ["50ms..200ms", "1s..1m"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for text in ["1ms", "500ms", "30s", "5m", "24h", "7d"] {
            let duration: Duration = text.parse().unwrap();
            assert_eq!(duration.to_string().parse::<Duration>(), Ok(duration), "{text}");
        }
        assert_eq!("90s".parse::<Duration>().unwrap().as_millis(), 90_000);
        assert_eq!("24h".parse::<Duration>().unwrap().to_string(), "1d");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "s", "5", "5 s", "-5s", "1.5s", "5sec", "0s", "99999999999999999999s", "36501d", "5µs"] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
        for text in ["1s", "2s..1s", "..", "1s..", "1s..2s..3s"] {
            assert!(text.parse::<Backoff>().is_err(), "{text}");
        }
    }
}

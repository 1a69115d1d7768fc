//! How often something happens, `10/s`.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Malformed, scalar};
use crate::name::shown;

/// So many in a second, a minute, an hour or a day.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rate {
    /// How many; at least one.
    pub count: u32,
    /// In which time.
    pub per: Per,
}

/// The time a rate counts in.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Per {
    /// `s`
    Second,
    /// `m`
    Minute,
    /// `h`
    Hour,
    /// `d`
    Day,
}

impl Per {
    /// The length of this time in seconds.
    pub const fn seconds(self) -> u32 {
        match self {
            Self::Second => 1,
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }
}

impl Rate {
    /// How many in a second.
    pub fn per_second(self) -> f64 {
        f64::from(self.count) / f64::from(self.per.seconds())
    }

    /// How many fall into so many milliseconds, rounded up.
    pub const fn within_millis(self, milliseconds: u64) -> u64 {
        let times = milliseconds as u128 * self.count as u128;
        let of = self.per.seconds() as u128 * 1_000;
        let count = times.div_ceil(of);
        if count > u64::MAX as u128 { u64::MAX } else { count as u64 }
    }
}

impl FromStr for Rate {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let read = || {
            let (count, per) = text.split_once('/')?;
            let per = match per {
                "s" => Per::Second,
                "m" => Per::Minute,
                "h" => Per::Hour,
                "d" => Per::Day,
                _ => return None,
            };
            let digits = count.bytes().all(|byte| byte.is_ascii_digit());
            let count = count.parse().ok().filter(|count| digits && *count > 0)?;
            Some(Self { count, per })
        };
        read().ok_or_else(|| {
            Malformed(format!(
                "`{}` is not a rate: a whole number per second, minute, hour or day was expected, such as `10/s`",
                shown(text)
            ))
        })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = match self.per {
            Per::Second => "s",
            Per::Minute => "m",
            Per::Hour => "h",
            Per::Day => "d",
        };
        write!(f, "{}/{per}", self.count)
    }
}

scalar!(
    Rate,
    expected: "a rate: a whole number per second, minute, hour or day, such as `10/s`",
    pattern: r"^0*[1-9][0-9]*/(s|m|h|d)$",
    examples: ["10/s", "600/m", "50/h", "3/d"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_written() {
        for text in ["10/s", "600/m", "1/h", "3/d"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        assert_eq!("10/s".parse::<Rate>().unwrap().within_millis(28_800_000), 288_000);
        assert_eq!("1/d".parse::<Rate>().unwrap().within_millis(1), 1);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "10", "/s", "0/s", "-1/s", "+1/s", "1.5/s", "10/sec", "99999999999/s"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}

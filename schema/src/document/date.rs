//! Days of the calendar, `2027-03-01`.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Malformed, scalar};
use crate::name::shown;

/// A day of the Gregorian calendar. Later days are greater.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// This day, if there is one.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        ((1_970..=9_999).contains(&year) && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// The day that holds this many seconds after the beginning of 1970, in UTC. Times after the year 9999 are its end.
    pub fn from_unix_seconds(seconds: u64) -> Self {
        // Days since 0000-03-01, so that the leap day is the last of its year.
        let days = (seconds / 86_400).min(2_932_896) + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = era * 400 + year_of_era + u64::from(month <= 2);
        Self { year: year as u16, month: month as u8, day: day as u8 }
    }
}

impl Date {
    /// How many days after 1970-01-01 it is.
    pub fn unix_days(self) -> u64 {
        // The year begins with March, so that the leap day is its last.
        let (year, month) = (u64::from(self.year), u64::from(self.month));
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let day_of_year = (153 * month + 2) / 5 + u64::from(self.day) - 1;
        year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
    }
}

impl FromStr for Date {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let read = || {
            let shape = text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
            if text.len() != 10 || !shape {
                return None;
            }
            Self::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?)
        };
        read().ok_or_else(|| {
            Malformed(format!(
                "`{}` is not a day of the calendar: year, month and day were expected, such as `\"2027-03-01\"`",
                shown(text)
            ))
        })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

scalar!(
    Date,
    expected: "a day as year, month and day, in quotes, such as `\"2027-03-01\"`",
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    examples: ["2027-03-01"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_written() {
        for text in ["1970-01-01", "2024-02-29", "2027-03-01", "9999-12-31"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "2027-3-1",
            "2027-02-29",
            "2027-13-01",
            "2027-00-01",
            "2027-01-32",
            "0000-01-01",
            "2027/01/01",
            "ä027-01-1",
        ] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_become_days() {
        for (seconds, day) in
            [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (1_795_392_000, "2026-11-23"), (u64::MAX, "9999-12-31")]
        {
            assert_eq!(Date::from_unix_seconds(seconds).to_string(), day);
            assert_eq!(day.parse::<Date>().unwrap().unix_days(), (seconds / 86_400).min(2_932_896));
        }
    }
}

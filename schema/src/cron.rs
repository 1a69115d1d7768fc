//! Cron expressions: `minute hour day-of-month month day-of-week`, in UTC, for the compiler and for the runtime. Five
//! fields of lists, ranges and steps need no crate, and a calendar of their own would be most of what such a crate
//! brings along.

use std::time::{Duration, SystemTime};

use crate::name::shown;

/// A cron expression: for each field the values that match, as bits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// With both a day of the month and a day of the week given, either will do.
    either_day: bool,
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", least: 0, most: 59 },
    Field { name: "hour", least: 0, most: 23 },
    Field { name: "day of month", least: 1, most: 31 },
    Field { name: "month", least: 1, most: 12 },
    Field { name: "day of week", least: 0, most: 7 },
];

/// A field of an expression, and its range.
struct Field {
    name: &'static str,
    least: u32,
    most: u32,
}

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;
/// As far as a match can be away: the 29th of February, over a turn of the century.
const DAYS_AHEAD: u64 = 8 * 366 + 1;

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(expression: &str) -> Result<Self, String> {
        let texts: Vec<&str> = expression.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = *texts else {
            return Err(format!("`{}` has {} fields, not five: m h dom mon dow", shown(expression), texts.len()));
        };
        let [minutes, hours, day_bits, months, weekday_bits] = {
            let mut bits = [0; 5];
            for ((bits, text), field) in bits.iter_mut().zip([minutes, hours, days, months, weekdays]).zip(&FIELDS) {
                *bits = values(text, field).map_err(|wrong| format!("`{}`: {wrong}", shown(expression)))?;
            }
            bits
        };
        Ok(Self {
            minutes,
            hours,
            days: day_bits,
            months,
            // Sunday is 0, and also 7.
            weekdays: weekday_bits | weekday_bits >> 7 & 1,
            either_day: days != "*" && weekdays != "*",
        })
    }

    /// Whether any date matches: the 30th of February does not.
    #[must_use]
    pub fn is_ever_due(&self) -> bool {
        self.after(SystemTime::UNIX_EPOCH).is_some()
    }

    /// The first minute after a time that matches; none where no date ever does, such as the 30th of February.
    #[must_use]
    pub fn after(&self, time: SystemTime) -> Option<SystemTime> {
        let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let earliest = since_epoch / MINUTE * MINUTE + MINUTE;
        let today = earliest / DAY;
        let day = (today..=today + DAYS_AHEAD).filter(|day| self.matches_day(*day));
        let mut minutes = day.flat_map(|day| self.minutes_of_day().map(move |minute| day * DAY + minute * MINUTE));
        let seconds = minutes.find(|seconds| *seconds >= earliest)?;
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }

    fn minutes_of_day(&self) -> impl Iterator<Item = u64> {
        let hours = (0..24).filter(|hour| self.hours >> hour & 1 == 1);
        hours.flat_map(|hour| {
            (0..60).filter(|minute| self.minutes >> minute & 1 == 1).map(move |minute| hour * 60 + minute)
        })
    }

    fn matches_day(&self, day: u64) -> bool {
        let (month, of_month) = date(day);
        // 1970-01-01 was a Thursday.
        let weekday = (day + 4) % 7;
        let by_month = self.days >> of_month & 1 == 1;
        let by_week = self.weekdays >> weekday & 1 == 1;
        let matches = if self.either_day { by_month || by_week } else { by_month && by_week };
        matches && self.months >> month & 1 == 1
    }
}

/// The values of one field: `*`, `5`, `1-5`, `*/15`, `10-40/10`, and lists of these.
fn values(text: &str, field: &Field) -> Result<u64, String> {
    let Field { name, least, most } = *field;
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && (least..=most).contains(number));
        number.ok_or_else(|| format!("the {name} `{}` is not a number from {least} to {most}", shown(text)))
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (least, most),
            Some((first, last)) => (number(first)?, number(last)?),
            None if step.is_some() => (number(range)?, most),
            None => (number(range)?, number(range)?),
        };
        if first > last {
            return Err(format!("the {name} `{}` runs backwards", shown(range)));
        }
        let step = match step.map(str::parse::<usize>) {
            None => 1,
            Some(Ok(step)) if step > 0 => step,
            Some(_) => return Err(format!("the {name} `{}` has a step that is no number above 0", shown(part))),
        };
        bits |= (first..=last).step_by(step).fold(0, |bits, value| bits | 1 << value);
    }
    Ok(bits)
}

/// Month and day of the month of a day since 1970-01-01. Counts in eras of 400 years that begin in March, so that a
/// leap day is the last of its year.
fn date(day: u64) -> (u64, u64) {
    let day_of_era = (day + 719_468) % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23 19:27:26 UTC, a Monday.
    const NOW: u64 = 1_795_462_046;

    fn after(expression: &str, seconds: u64) -> Option<u64> {
        let next = Cron::parse(expression).unwrap().after(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))?;
        Some(next.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
    }

    #[test]
    fn the_next_run_is_after_now() {
        let midnight = NOW / DAY * DAY;
        assert_eq!(after("* * * * *", NOW), Some(midnight + 19 * 3600 + 28 * 60));
        assert_eq!(after("0 3 * * *", NOW), Some(midnight + DAY + 3 * 3600));
        assert_eq!(after("27 19 * * *", NOW), Some(midnight + DAY + 19 * 3600 + 27 * 60));
        assert_eq!(after("*/15 20-22/2 * * *", NOW), Some(midnight + 20 * 3600));
        assert_eq!(after("0 0 * * 0", NOW), Some(midnight + 6 * DAY));
        assert_eq!(after("0 0 * * 7", NOW), after("0 0 * * 0", NOW));
        assert_eq!(after("0 0 1 * 2", NOW), Some(midnight + DAY), "either day will do");
        assert_eq!(after("0 0 1,2 12 *", NOW), Some(midnight + 8 * DAY));
    }

    #[test]
    fn leap_days_come_every_four_years() {
        let next = after("0 0 29 2 *", NOW).unwrap();
        assert_eq!(date(next / DAY), (2, 29));
        assert_eq!(next, 1_835_395_200, "2028-02-29");
        assert_eq!(after("0 0 30 2 *", NOW), None);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (expression, wrong) in [
            ("* * * *", "4 fields"),
            ("60 * * * *", "the minute `60`"),
            ("* * 0 * *", "the day of month `0`"),
            ("5-1 * * * *", "backwards"),
            ("*/0 * * * *", "step"),
            ("x * * * *", "the minute `x`"),
            ("+5 * * * *", "the minute `+5`"),
            ("* * * * 8", "the day of week `8`"),
        ] {
            let said = Cron::parse(expression).unwrap_err();
            assert!(said.contains(wrong), "{said}");
        }
    }
}

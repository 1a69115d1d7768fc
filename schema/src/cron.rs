//! Cron expressions: `minute hour day-of-month month day-of-week` in a time zone, for the compiler and for the runtime.
//! Five fields of lists, ranges and steps need no crate, and a calendar of their own would be most of what such a crate
//! brings along.

mod calendar;
mod fields;
mod zone;

use std::time::{Duration, SystemTime};

use calendar::{DAY, MINUTE, date, weekday};
use zone::stretches;

pub use zone::{FEATURE, Utc, Zone};

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
    /// The field for minutes or hours begins with `*`: it runs at intervals rather than at fixed times.
    at_intervals: bool,
}

/// As far as a match can be away, in days: the 29th of February, over a turn of the century.
const DAYS_AHEAD: i64 = 8 * 366 + 1;

/// Longer than a clock is ever set back, in seconds.
const SET_BACK: i64 = 26 * 60 * MINUTE;

impl Cron {
    /// Reads an expression: five fields, or a name such as `@daily`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(expression: &str) -> Result<Self, String> {
        fields::parse(expression)
    }

    /// Whether any date matches: the 30th of February does not.
    #[must_use]
    pub fn is_ever_due(&self) -> bool {
        self.after(SystemTime::UNIX_EPOCH, &Utc).is_some()
    }

    /// The first time after this one at which it runs by the clock of a zone; none where no date ever matches, such as
    /// the 30th of February.
    ///
    /// What runs at intervals (minutes or hours begin with `*`) runs whenever the clock shows a time that matches: not
    /// in an hour that is skipped, and twice in one that comes twice. What runs at fixed times runs once for each: at
    /// the first moment at which the clock shows that time or a later one. That is what Vixie cron does.
    #[must_use]
    pub fn after(&self, time: SystemTime, zone: &dyn Zone) -> Option<SystemTime> {
        let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let earliest = i64::try_from(since_epoch).ok()?.checked_add(1)?;
        let due = if self.at_intervals { self.shown(earliest, zone) } else { self.reached(earliest, zone) };
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(due?.try_into().ok()?))
    }

    /// The first time from one on at which the clock shows what matches.
    fn shown(&self, earliest: i64, zone: &dyn Zone) -> Option<i64> {
        let last = earliest.saturating_add(DAYS_AHEAD * DAY);
        stretches(zone, earliest).take_while(|stretch| stretch.begin <= last).find_map(|stretch| {
            let due = self.next_local(stretch.begin + stretch.offset)? - stretch.offset;
            (due < stretch.end).then_some(due)
        })
    }

    /// The first time from one on at which the clock shows, for the first time, what matches or something later.
    fn reached(&self, earliest: i64, zone: &dyn Zone) -> Option<i64> {
        let before = stretches(zone, earliest - SET_BACK).take_while(|stretch| stretch.begin < earliest);
        let unseen = before.map(|stretch| stretch.end.min(earliest) + stretch.offset).max()?;
        let local = self.next_local(unseen)?;
        stretches(zone, earliest).find_map(|stretch| {
            let due = stretch.begin.max(local - stretch.offset);
            (due < stretch.end).then_some(due)
        })
    }

    /// The first minute that matches, from a time of the local clock on.
    fn next_local(&self, earliest: i64) -> Option<i64> {
        let today = earliest.div_euclid(DAY);
        let days = (today..=today + DAYS_AHEAD).filter(|day| self.matches_day(*day));
        let mut minutes = days.flat_map(|day| self.minutes_of_day().map(move |minute| day * DAY + minute * MINUTE));
        minutes.find(|local| *local >= earliest)
    }

    fn minutes_of_day(&self) -> impl Iterator<Item = i64> {
        let hours = (0..24).filter(|hour| self.hours >> hour & 1 == 1);
        hours.flat_map(|hour| {
            (0..60).filter(|minute| self.minutes >> minute & 1 == 1).map(move |minute| hour * 60 + minute)
        })
    }

    fn matches_day(&self, day: i64) -> bool {
        let (month, of_month) = date(day);
        let by_month = self.days >> of_month & 1 == 1;
        let by_week = self.weekdays >> weekday(day) & 1 == 1;
        let matches = if self.either_day { by_month || by_week } else { by_month && by_week };
        matches && self.months >> month & 1 == 1
    }
}

#[cfg(test)]
mod tests;

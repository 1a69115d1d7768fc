//! When a schedule runs: by interval or by cron expression.

use std::time::Duration;

/// When a schedule runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Timetable {
    /// Once per interval, the first time one interval after the start.
    Every(Duration),
    /// At the minutes that a cron expression names: minute, hour, day of month, month, day of week.
    Cron {
        /// The expression, as the topology has it.
        expression: &'static str,
        /// The time zone of the clock that it goes by; UTC where there is none.
        zone: Option<&'static str>,
    },
}

impl Timetable {
    /// Once per interval, the first time one interval after the start.
    #[must_use]
    pub const fn every(interval: Duration) -> Self {
        Self::Every(interval)
    }

    /// At the minutes that a cron expression names, in UTC: minute, hour, day of month, month, day of week.
    #[must_use]
    pub const fn cron(expression: &'static str) -> Self {
        Self::Cron { expression, zone: None }
    }

    /// The same by the clock of a time zone, such as `Europe/Berlin`. An interval is the same in all of them.
    #[must_use]
    pub const fn zone(self, zone: &'static str) -> Self {
        match self {
            Self::Every(interval) => Self::Every(interval),
            Self::Cron { expression, .. } => Self::Cron { expression, zone: Some(zone) },
        }
    }
}

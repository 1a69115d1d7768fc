//! When a schedule runs: by interval or by cron expression.

use std::time::Duration;

/// When a schedule runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Timetable {
    /// Once per interval, the first time one interval after the start.
    Every(Duration),
    /// At the minutes a cron expression names, in UTC: minute, hour, day of month, month, day of week.
    Cron(&'static str),
}

impl Timetable {
    /// Once per interval, the first time one interval after the start.
    #[must_use]
    pub const fn every(interval: Duration) -> Self {
        Self::Every(interval)
    }

    /// At the minutes a cron expression names, in UTC: minute, hour, day of month, month, day of week.
    #[must_use]
    pub const fn cron(expression: &'static str) -> Self {
        Self::Cron(expression)
    }
}

//! Days and dates of the Gregorian calendar.

/// In seconds.
pub(super) const MINUTE: i64 = 60;
/// In seconds.
pub(super) const DAY: i64 = 24 * 60 * MINUTE;

/// Month and day of the month of a day since 1970-01-01. Counts in eras of 400 years that begin in March, so that a
/// leap day is the last of its year.
pub(super) fn date(day: i64) -> (i64, i64) {
    let day_of_era = (day + 719_468).rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (month, day)
}

/// The day of the week of a day since 1970-01-01, which was a Thursday; 0 is Sunday.
pub(super) fn weekday(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

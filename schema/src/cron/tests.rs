//! When expressions are due: by the calendar, in an hour that is skipped, and in one that comes twice.

use super::*;

/// 2026-11-23 19:27:26 UTC, a Monday.
const NOW: u64 = 1_795_462_046;
const HOUR: u64 = 3600;
const TODAY: u64 = NOW / 86_400 * 86_400;

/// Clocks that are an hour ahead, and two between these times.
struct Summer {
    begin: i64,
    end: i64,
}

/// Of Berlin, in 2027: on the 28th of March, 2:00 becomes 3:00; on the 31st of October, 3:00 becomes 2:00.
const BERLIN: Summer = Summer { begin: 1_806_195_600, end: 1_824_944_400 };

impl Zone for Summer {
    fn offset(&self, time: i64) -> i64 {
        if (self.begin..self.end).contains(&time) { 7200 } else { 3600 }
    }

    fn next_change(&self, time: i64) -> Option<i64> {
        [self.begin, self.end].into_iter().find(|change| *change > time)
    }
}

fn after_in(zone: &dyn Zone, expression: &str, seconds: u64) -> Option<u64> {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let next = Cron::parse(expression).unwrap().after(time, zone)?;
    Some(next.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
}

fn after(expression: &str, seconds: u64) -> Option<u64> {
    after_in(&Utc, expression, seconds)
}

/// The runs in Berlin from two hours before a change of the clocks to three hours after it, in minutes from the change.
fn around(change: i64, expression: &str) -> Vec<i64> {
    let (mut runs, mut time) = (Vec::new(), change - 2 * 3600 - 1);
    while let Some(due) = after_in(&BERLIN, expression, time.try_into().unwrap()) {
        time = due.try_into().unwrap();
        if time > change + 3 * 3600 {
            break;
        }
        runs.push((time - change) / 60);
    }
    runs
}

#[test]
fn the_next_run_is_after_now() {
    assert_eq!(after("* * * * *", NOW), Some(TODAY + 19 * HOUR + 28 * 60));
    assert_eq!(after("0 3 * * *", NOW), Some(TODAY + 27 * HOUR));
    assert_eq!(after("27 19 * * *", NOW), Some(TODAY + 43 * HOUR + 27 * 60));
    assert_eq!(after("*/15 20-22/2 * * *", NOW), Some(TODAY + 20 * HOUR));
    assert_eq!(after("0 0 * * 0", NOW), Some(TODAY + 6 * 24 * HOUR));
    assert_eq!(after("0 0 1 * 2", NOW), Some(TODAY + 24 * HOUR), "either day will do");
    assert_eq!(after("0 0 */2 * 2", NOW), Some(TODAY + 8 * 24 * HOUR), "with a star, both have to match");
    assert_eq!(after("0 0 1,2 12 *", NOW), Some(TODAY + 8 * 24 * HOUR));
    assert_eq!(after("* * * * *", TODAY), Some(TODAY + 60), "after, not at");
    assert_eq!(after("0 0 * * *", TODAY - 1), Some(TODAY));
}

#[test]
fn what_cron_users_write_is_read() {
    for (one, other) in [
        ("0 0 * * 7", "0 0 * * 0"),
        ("0 0 * * Sun", "0 0 * * 0"),
        ("0 8 * * MON-fri", "0 8 * * 1-5"),
        ("0 8 * * Fri-Sun", "0 8 * * 0,5,6"),
        ("0 8 * * 5-0", "0 8 * * 0,5,6"),
        ("0 8 * * Sun-Tue", "0 8 * * 0-2"),
        ("0 8 1 jan,Jul *", "0 8 1 1,7 *"),
        ("0 8 1 Mar-May *", "0 8 1 3-5 *"),
        ("5/20 * * * *", "5,25,45 * * * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        (" @daily ", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
    ] {
        assert_eq!(Cron::parse(one), Cron::parse(other), "{one}");
        assert!(Cron::parse(one).is_ok(), "{one}");
    }
}

#[test]
fn leap_days_come_every_four_years() {
    assert_eq!(after("0 0 29 2 *", NOW), Some(1_835_395_200), "2028-02-29");
    assert_eq!(date(1_835_395_200 / DAY), (2, 29));
    assert_eq!(after("0 0 30 2 *", NOW), None);
    assert_eq!(after("*/5 * 30 2 *", NOW), None);
    assert_eq!(after_in(&BERLIN, "*/5 * 30 2 *", NOW), None);
}

#[test]
fn a_zone_has_its_own_midnight() {
    assert_eq!(after_in(&BERLIN, "@daily", NOW), Some(TODAY + 23 * HOUR), "in winter");
    let summer = u64::try_from(BERLIN.begin).unwrap() + 12 * HOUR;
    assert_eq!(after_in(&BERLIN, "@daily", summer), Some(summer + 9 * HOUR), "13:00 UTC is 15:00 there");
    assert_eq!(after_in(&BERLIN, "0 0 1 1 *", 0), Some(364 * 24 * HOUR + 23 * HOUR), "1970-12-31 23:00 UTC");
}

#[test]
fn in_an_hour_that_is_skipped() {
    assert_eq!(around(BERLIN.begin, "30 2 * * *"), [0], "a fixed time: right after the jump");
    assert_eq!(around(BERLIN.begin, "10,40 2 * * *"), [0], "once for all that were skipped");
    assert_eq!(around(BERLIN.begin, "0 3 * * *"), [0], "at the jump");
    assert_eq!(around(BERLIN.begin, "0,30 2,3 * * *"), [0, 30]);
    assert_eq!(around(BERLIN.begin, "59 1 * * *"), [-1]);
    assert_eq!(around(BERLIN.begin, "*/30 2 * * *"), [0_i64; 0], "at intervals: the clock does not show it");
    assert_eq!(around(BERLIN.begin, "@hourly"), [-120, -60, 0, 60, 120, 180]);
    assert_eq!(around(BERLIN.begin, "*/30 1-4 * * *"), [-60, -30, 0, 30, 60, 90]);
}

#[test]
fn in_an_hour_that_comes_twice() {
    assert_eq!(around(BERLIN.end, "30 2 * * *"), [-30], "a fixed time: the first time alone");
    assert_eq!(around(BERLIN.end, "0 2 * * *"), [-60]);
    assert_eq!(around(BERLIN.end, "0 3 * * *"), [60]);
    assert_eq!(around(BERLIN.end, "0,30 1-3 * * *"), [-120, -90, -60, -30, 60, 90]);
    assert_eq!(around(BERLIN.end, "*/30 2 * * *"), [-60, -30, 0, 30], "at intervals: whenever the clock shows it");
    assert_eq!(around(BERLIN.end, "@hourly"), [-120, -60, 0, 60, 120, 180]);
}

/// Numbers without a pattern, the same in each run.
fn numbers() -> impl FnMut(u64) -> u64 {
    let mut state = 7_u64;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

/// Whether the clock of a zone shows what matches, at a time in whole minutes.
fn is_shown(cron: &Cron, zone: &dyn Zone, time: i64) -> bool {
    let local = time + zone.offset(time);
    let (day, minute) = (local.div_euclid(DAY), local.rem_euclid(DAY) / MINUTE);
    cron.matches_day(day) && cron.hours >> (minute / 60) & 1 == 1 && cron.minutes >> (minute % 60) & 1 == 1
}

#[test]
fn a_day_run_minute_by_minute_agrees() {
    let mut number = numbers();
    for _ in 0..300 {
        let zone = if number(2) == 0 { &BERLIN as &dyn Zone } else { &Utc };
        let change = if number(2) == 0 { BERLIN.begin } else { BERLIN.end };
        let field = |number: &mut dyn FnMut(u64) -> u64, most: u64, stars: &[&str]| match number(3) {
            0 => stars[usize::try_from(number(stars.len() as u64)).unwrap()].to_owned(),
            1 => format!("{}", number(most)),
            _ => format!("{},{}", number(most), number(most)),
        };
        let minute = field(&mut number, 60, &["*", "*/7", "5-50/9"]);
        let hour = field(&mut number, 6, &["*", "*/2", "0-4"]);
        let expression = format!("{minute} {hour} * * *");
        let cron = Cron::parse(&expression).unwrap();

        let (begin, end) = (change - change.rem_euclid(DAY) - DAY, change - change.rem_euclid(DAY) + DAY);
        // The latest that the clock has shown, and what is due by it.
        let (mut latest, mut expected) = (i64::MIN, Vec::new());
        for time in (begin - DAY..end).step_by(60) {
            let now = time + zone.offset(time);
            let is_due = if cron.at_intervals {
                is_shown(&cron, zone, time)
            } else {
                let unseen = latest.max(now - DAY) + 60..=now;
                unseen.step_by(60).any(|local| is_shown(&cron, &Utc, local))
            };
            latest = latest.max(now);
            if is_due && time >= begin {
                expected.push(time);
            }
        }

        let (mut runs, mut time) = (Vec::new(), begin - 1);
        while let Some(due) = after_in(zone, &expression, time.try_into().unwrap()) {
            time = due.try_into().unwrap();
            if time >= end {
                break;
            }
            runs.push(time);
        }
        assert_eq!(runs, expected, "{expression} around {change}");
    }
}

#[test]
fn what_is_wrong_is_said() {
    for (expression, wrong) in [
        ("* * * *", "4 fields"),
        ("0 0 12 * * *", "6 fields"),
        ("60 * * * *", "the minute `60`"),
        ("* * 0 * *", "the day of month `0`"),
        ("5-1 * * * *", "backwards"),
        ("* 22-2 * * *", "write `22-23,0-2`"),
        ("* * * * Sat-Mon", "write `Sat-7,0-Mon`"),
        ("*/0 * * * *", "step"),
        ("x * * * *", "the minute `x`"),
        ("+5 * * * *", "the minute `+5`"),
        ("* * * * 8", "the day of week `8`"),
        ("* * * * Monday", "a name from Sun to Sat"),
        ("* * * Sun *", "a name from Jan to Dec"),
        ("Mon * * * *", "the minute `Mon`"),
        ("* * * * ?", "the day of week `?`"),
        ("@reboot", "@daily"),
        ("@Daily", "@daily"),
        ("", "0 fields"),
    ] {
        let said = Cron::parse(expression).unwrap_err();
        assert!(said.contains(wrong), "{said}");
    }
    assert_eq!(Cron::parse("* 22-23,0-2 * * *"), Cron::parse("* 0-2,22,23 * * *"));
    assert_eq!(Cron::parse("* * * * Sat-7,0-Mon"), Cron::parse("* * * * 0,1,6"));
}

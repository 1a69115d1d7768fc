//! Schedules, by interval and by cron.

use std::time::{Duration, SystemTime};

use crate::script::{Act, Script};
use crate::unit::{launch, start};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_schedule_runs_once_per_interval() {
    let script = Script::new();
    let unit = start(&script).await;
    let before = pontoon::Instant::now();
    tokio::time::sleep(35 * SECOND).await;
    unit.shutdown().await.unwrap();
    let runs = script.runs("beat");
    assert_eq!(runs.len(), 3);
    for (index, run) in (1_u32..).zip(&runs) {
        let at = run.at - before;
        assert!((10 * index * SECOND..10 * index * SECOND + SECOND).contains(&at), "{at:?}");
        assert!(run.input.contains(&format!("count: {}", index - 1)), "{}", run.input);
        assert_eq!(run.hops, 0);
    }
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(script.runs("beat").len(), 3, "it has stopped with its unit");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_not_over_is_not_started_twice() {
    let script = Script::new();
    script.next("beat", [Act::Wait(25 * SECOND)]);
    let unit = start(&script).await;
    let before = pontoon::Instant::now();
    tokio::time::sleep(45 * SECOND).await;
    let at: Vec<_> = script.runs("beat").iter().map(|run| (run.at - before).as_secs()).collect();
    assert_eq!(at, [10, 40], "those at 20 and 30 are left out, and the rest keep in step");
    unit.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_failing_run_does_not_end_the_schedule() {
    let script = Script::new();
    script.next("beat", [Act::Fail, Act::Panic]);
    let unit = start(&script).await;
    tokio::time::sleep(31 * SECOND).await;
    assert_eq!(script.runs("beat").len(), 3);
    unit.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cron_schedule_runs_at_its_time_of_day() {
    let script = Script::new();
    // Half past two on 1970-01-02.
    let half_past_two = SystemTime::UNIX_EPOCH + Duration::from_secs(24 * 3600 + 2 * 3600 + 1800);
    let unit = launch(&script).wall_clock(half_past_two).start().await.unwrap();
    let before = pontoon::Instant::now();
    tokio::time::sleep(49 * 3600 * SECOND).await;
    let runs = script.runs("nightly");
    let at: Vec<_> = runs.iter().map(|run| (run.at - before).as_secs()).collect();
    assert_eq!(at, [1800, 1800 + 24 * 3600, 1800 + 48 * 3600]);
    assert!(runs[0].input.contains("tv_sec: 97200, tv_nsec: 0"), "{}", runs[0].input);
    unit.shutdown().await.unwrap();
}

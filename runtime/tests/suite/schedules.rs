//! Schedules, by interval and by cron: in every instance or in one of them, and what becomes of missed runs.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pontoon::Started;
use pontoon::adapter::{Change, Expect, StateAdapter};

use crate::faulty::{Bridge, Broker, Store, StoreLink};
use crate::script::{Act, Script};
use crate::unit::{Monolith, launch, start};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// A time of day, on a day after 1970-01-01.
fn day(day: u32, hour: u32) -> SystemTime {
    SystemTime::UNIX_EPOCH + (24 * day + hour) * HOUR
}

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
    tokio::time::sleep(25 * 3600 * SECOND).await;
    let runs = script.runs("nightly");
    let at: Vec<_> = runs.iter().map(|run| (run.at - before).as_secs()).collect();
    assert_eq!(at, [1800, 1800 + 24 * 3600]);
    assert!(runs[0].input.contains("tv_sec: 97200, tv_nsec: 0"), "{}", runs[0].input);
    unit.shutdown().await.unwrap();
}

/// An instance that shares a store with others, and begins at a time of day.
async fn instance(script: &Script, store: &Arc<impl StateAdapter + 'static>, now: SystemTime) -> Started<Monolith> {
    let bridge = Bridge::to(&Broker::default());
    launch(script).adapters(bridge.adapters(store)).wall_clock(now).start().await.unwrap()
}

/// The runs of a handler, in seconds from a start.
fn runs(script: &Script, handler: &'static str, start: pontoon::Instant) -> Vec<u64> {
    script.runs(handler).iter().map(|run| (run.at - start).as_secs()).collect()
}

#[tokio::test(start_paused = true)]
async fn one_of_two_instances_runs_what_is_single() {
    let (one, other, store) = (Script::new(), Script::new(), Store::new());
    let first = instance(&one, &store, day(1, 0)).await;
    let second = instance(&other, &store, day(1, 0)).await;
    let start = pontoon::Instant::now();
    tokio::time::sleep(10 * MINUTE + SECOND).await;
    let mut all = [runs(&one, "lonely", start), runs(&other, "lonely", start)];
    all.sort_by_key(Vec::len);
    assert!(all[0].is_empty(), "{all:?}");
    assert_eq!(all[1], (1..=10).map(|minute| minute * 60).collect::<Vec<_>>());
    assert_eq!((one.runs("beat").len(), other.runs("beat").len()), (60, 60), "the others run in both");
    first.shutdown().await.unwrap();
    second.shutdown().await.unwrap();
    assert!(store.keys("$schedule_lease").await.is_empty(), "both have given it back");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_stops_hands_over_at_once() {
    let (one, other, store) = (Script::new(), Script::new(), Store::new());
    let first = instance(&one, &store, day(1, 0)).await;
    tokio::time::sleep(SECOND).await;
    let second = instance(&other, &store, day(1, 0) + SECOND).await;
    tokio::time::sleep(MINUTE).await;
    assert_eq!((one.runs("lonely").len(), other.runs("lonely").len()), (1, 0));
    tokio::time::sleep(55 * SECOND).await;
    first.shutdown().await.unwrap();
    tokio::time::sleep(8 * SECOND).await;
    assert_eq!((one.runs("lonely").len(), other.runs("lonely").len()), (1, 1));
    second.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_is_cut_off_is_followed_after_its_lease() {
    let (one, other, store) = (Script::new(), Script::new(), Store::new());
    let link = StoreLink::to(&store);
    let first = instance(&one, &link, day(1, 0)).await;
    tokio::time::sleep(SECOND).await;
    let second = instance(&other, &store, day(1, 0) + SECOND).await;
    let start = pontoon::Instant::now();
    tokio::time::sleep(2 * MINUTE).await;
    assert_eq!((one.runs("lonely").len(), other.runs("lonely").len()), (2, 0));
    link.cut(true);
    tokio::time::sleep(5 * MINUTE).await;
    assert_eq!((one.runs("lonely").len(), other.runs("lonely").len()), (2, 5), "it runs nothing without its lease");
    assert_eq!(runs(&other, "lonely", start), [179, 239, 299, 359, 419]);
    link.cut(false);
    tokio::time::sleep(5 * MINUTE).await;
    assert_eq!((one.runs("lonely").len(), other.runs("lonely").len()), (2, 10), "nor does it get it back");
    first.shutdown().await.unwrap();
    second.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_for_a_moment_changes_nothing() {
    let (script, store) = (Script::new(), Store::new());
    let link = StoreLink::to(&store);
    let unit = instance(&script, &link, day(1, 0)).await;
    let start = pontoon::Instant::now();
    tokio::time::sleep(57 * SECOND).await;
    link.cut(true);
    tokio::time::sleep(6 * SECOND).await;
    assert!(script.runs("lonely").is_empty(), "whether the lease is still there is not known");
    link.cut(false);
    tokio::time::sleep(2 * MINUTE).await;
    assert_eq!(runs(&script, "lonely", start), [63, 120, 180]);
    unit.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_for_longer_leaves_runs_out() {
    let (script, store) = (Script::new(), Store::new());
    let link = StoreLink::to(&store);
    let unit = instance(&script, &link, day(1, 0)).await;
    let start = pontoon::Instant::now();
    link.cut(true);
    tokio::time::sleep(150 * SECOND).await;
    link.cut(false);
    tokio::time::sleep(100 * SECOND).await;
    assert_eq!(runs(&script, "lonely", start), [180, 240]);
    unit.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_its_store_has_forgotten_is_taken_again() {
    let (script, store) = (Script::new(), Store::new());
    let unit = instance(&script, &store, day(1, 0)).await;
    let start = pontoon::Instant::now();
    tokio::time::sleep(HOUR - SECOND / 2).await;
    for key in ["lab.lonely", "lab.hourly"] {
        let (collection, key) = ("$schedule_lease", key.to_owned());
        store.commit(vec![Change { collection, key, expect: Expect::Anything, put: None }]).await.unwrap();
    }
    tokio::time::sleep(2 * MINUTE + SECOND).await;
    let lonely = runs(&script, "lonely", start).split_off(59);
    assert!(matches!(lonely[..], [3660, 3720] | [3600, 3660, 3720]), "{lonely:?}");
    let hourly = runs(&script, "hourly", start);
    assert!(hourly.len() == 1 && (3600..3605).contains(&hourly[0]), "{hourly:?}");
    unit.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_run_longer_than_the_lease_keeps_it_and_does_not_overlap() {
    let (one, other, store) = (Script::new(), Script::new(), Store::new());
    one.next("lonely", [Act::Wait(150 * SECOND), Act::Panic, Act::Fail]);
    let first = instance(&one, &store, day(1, 0)).await;
    let start = pontoon::Instant::now();
    tokio::time::sleep(SECOND).await;
    let second = instance(&other, &store, day(1, 0) + SECOND).await;
    tokio::time::sleep(6 * MINUTE).await;
    assert_eq!(runs(&one, "lonely", start), [60, 240, 300, 360], "those at 120 and 180 are left out");
    assert!(other.runs("lonely").is_empty());
    first.shutdown().await.unwrap();
    second.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_run_makes_up_for_all_that_were_missed() {
    let store = Store::new();
    let script = Script::new();
    let unit = instance(&script, &store, day(1, 11)).await;
    tokio::time::sleep(2 * HOUR).await;
    assert_eq!(script.runs("noon").len(), 1);
    unit.shutdown().await.unwrap();

    let script = Script::new();
    let unit = instance(&script, &store, day(5, 11)).await;
    let start = pontoon::Instant::now();
    tokio::time::sleep(2 * HOUR).await;
    assert_eq!(runs(&script, "noon", start), [0, 3600], "one for three days, and that of the day");
    let missed = script.inputs("noon").remove(0);
    let noon = day(2, 12).duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    assert!(missed.contains(&format!("tv_sec: {noon}")), "the first of them: {missed}");
    unit.shutdown().await.unwrap();

    let script = Script::new();
    let unit = instance(&script, &store, day(5, 14)).await;
    tokio::time::sleep(HOUR).await;
    assert!(script.runs("noon").is_empty(), "nothing was missed");
    assert!(script.runs("nightly").is_empty(), "what does not make up for it, does not");
    unit.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_first_start_has_missed_nothing_and_is_remembered() {
    let store = Store::new();
    let script = Script::new();
    let unit = instance(&script, &store, day(1, 13)).await;
    tokio::time::sleep(HOUR).await;
    assert!(script.runs("noon").is_empty());
    unit.shutdown().await.unwrap();
    let unit = instance(&script, &store, day(2, 13)).await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(script.runs("noon").len(), 1, "that of the second day, though there was none before it");
    unit.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_its_process_did_not_survive_is_missed() {
    let store = Store::new();
    let script = Script::new();
    script.next("noon", [Act::Hold]);
    let unit = instance(&script, &store, day(1, 11)).await;
    tokio::time::sleep(2 * HOUR).await;
    assert_eq!(script.runs("noon").len(), 1);
    drop(unit);
    let script = Script::new();
    let unit = instance(&script, &store, day(1, 14)).await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(script.runs("noon").len(), 1);
    unit.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_interval_goes_on_over_restarts_and_instances() {
    let store = Store::new();
    let (one, other) = (Script::new(), Script::new());
    let first = instance(&one, &store, day(1, 0)).await;
    let start = pontoon::Instant::now();
    tokio::time::sleep(40 * MINUTE).await;
    first.shutdown().await.unwrap();
    let second = instance(&other, &store, day(1, 0) + 40 * MINUTE).await;
    tokio::time::sleep(100 * MINUTE).await;
    assert!(one.runs("hourly").is_empty());
    assert_eq!(runs(&other, "hourly", start), [3600, 2 * 3600], "not an hour after each start");
    second.shutdown().await.unwrap();
    let third = instance(&one, &store, day(3, 0)).await;
    let start = pontoon::Instant::now();
    tokio::time::sleep(61 * MINUTE).await;
    assert_eq!(runs(&one, "hourly", start), [0, 3600], "one for two days");
    third.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_was_due_while_nobody_had_the_lease_is_made_up_for() {
    let (one, other, store) = (Script::new(), Script::new(), Store::new());
    let link = StoreLink::to(&store);
    let first = instance(&one, &link, day(1, 0)).await;
    let start = pontoon::Instant::now();
    tokio::time::sleep(SECOND).await;
    let second = instance(&other, &store, day(1, 0) + SECOND).await;
    tokio::time::sleep(HOUR - 5 * SECOND).await;
    link.cut(true);
    tokio::time::sleep(MINUTE).await;
    assert!(one.runs("hourly").is_empty(), "it does not know whether it has the lease");
    let late = runs(&other, "hourly", start);
    assert!(late.len() == 1 && (3600..3615).contains(&late[0]), "{late:?}");
    first.shutdown().await.unwrap();
    second.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_could_not_be_noted_is_noted_later() {
    let store = Store::new();
    let script = Script::new();
    let unit = instance(&script, &store, day(1, 11)).await;
    tokio::time::sleep(MINUTE).await;
    store.refuse(|change| change.collection == "$schedule_run");
    tokio::time::sleep(2 * HOUR).await;
    assert_eq!(script.runs("noon").len(), 1);
    store.recover();
    tokio::time::sleep(MINUTE).await;
    unit.shutdown().await.unwrap();
    let unit = instance(&script, &store, day(1, 14)).await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(script.runs("noon").len(), 1, "once");
    unit.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_missed_is_asked_for_until_the_store_answers() {
    let store = Store::new();
    let script = Script::new();
    let unit = instance(&script, &store, day(1, 11)).await;
    tokio::time::sleep(MINUTE).await;
    unit.shutdown().await.unwrap();
    let link = StoreLink::to(&store);
    link.cut(true);
    let unit = instance(&script, &link, day(1, 14)).await;
    tokio::time::sleep(HOUR).await;
    assert!(script.runs("noon").is_empty());
    link.cut(false);
    tokio::time::sleep(MINUTE).await;
    assert_eq!(script.runs("noon").len(), 1);
    unit.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_note_that_cannot_be_right_begins_anew() {
    for note in ["4102444800000", "\"yesterday\""] {
        let (script, store) = (Script::new(), Store::new());
        let put = Some((note.as_bytes().into(), None));
        let (collection, key) = ("$schedule_run", "lab.noon".to_owned());
        store.commit(vec![Change { collection, key, expect: Expect::Anything, put }]).await.unwrap();
        let unit = instance(&script, &store, day(1, 11)).await;
        tokio::time::sleep(2 * HOUR).await;
        assert_eq!(script.runs("noon").len(), 1, "{note}");
        unit.shutdown().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_run_does_not_run_again_where_the_clock_is_set_back_over_a_restart() {
    let (script, store) = (Script::new(), Store::new());
    let unit = instance(&script, &store, day(1, 11)).await;
    tokio::time::sleep(2 * HOUR).await;
    unit.shutdown().await.unwrap();
    let unit = instance(&script, &store, day(1, 11)).await;
    tokio::time::sleep(2 * HOUR).await;
    assert_eq!(script.runs("noon").len(), 1);
    unit.shutdown().await.unwrap();
}

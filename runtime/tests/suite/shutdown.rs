//! How a unit stops: E17, E18 as far as a process can be looked at from within.

use std::time::Duration;

use pontoon::{FaultClass, Instant, InvokeError};

use crate::contract::{NewUser, lab, user};
use crate::script::{Act, Script};
use crate::unit::start;

const SECOND: Duration = Duration::from_secs(1);

fn is_stopped<T, R>(ended: &Result<T, InvokeError<R>>) -> bool {
    matches!(ended, Err(InvokeError::Fault(fault)) if fault.class() == FaultClass::Stopped)
}

#[tokio::test(start_paused = true)]
async fn what_runs_ends_within_the_grace() {
    let script = Script::new();
    script.next("plain", [Act::Wait(5 * SECOND)]).next("toil", [Act::Wait(7 * SECOND)]);
    let unit = start(&script).await;
    let client = unit.client();
    client.invoke(lab::Post, 1000).await.unwrap();
    let call = tokio::spawn(async move { client.invoke(lab::Plain, 1).await });
    script.begun("plain", 1).await;
    script.begun("toil", 1).await;
    let before = Instant::now();
    unit.shutdown().await.unwrap();
    assert!((7 * SECOND..8 * SECOND).contains(&before.elapsed()), "{:?}", before.elapsed());
    assert_eq!(call.await.unwrap().unwrap(), 2);
    assert!(script.runs("toil")[0].done);
}

#[tokio::test(start_paused = true)]
async fn what_waits_in_memory_is_not_lost() {
    let script = Script::new();
    script.next("toil", [Act::Wait(SECOND), Act::Wait(SECOND), Act::Fail]);
    let unit = start(&script).await;
    for number in 1000..1004 {
        unit.client().invoke(lab::Post, number).await.unwrap();
    }
    unit.client().invoke(lab::Post, 404).await.unwrap();
    unit.shutdown().await.unwrap();
    assert_eq!(script.runs("toil").iter().filter(|run| run.done).count(), 4, "also the one that was to be tried again");
    assert_eq!(script.runs("round").len(), 3, "also what its handlers sent meanwhile");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_is_ended_with_the_grace() {
    let script = Script::new();
    let hour = Act::Wait(3600 * SECOND);
    script.next("plain", [hour]).next("pong", [hour]).next("beat", [hour]);
    let unit = start(&script).await;
    let client = unit.client();
    client.invoke(lab::Post, 1).await.unwrap();
    let call = tokio::spawn(async move { client.invoke(lab::Hop, 1).await });
    script.begun("plain", 1).await;
    script.begun("beat", 1).await;
    let before = Instant::now();
    let stopped = unit.shutdown().await.unwrap_err();
    assert!((30 * SECOND..31 * SECOND).contains(&before.elapsed()));
    assert_eq!(stopped.lost, 1);
    assert!(stopped.to_string().contains("its grace of 30s was over"), "{stopped}");
    assert!(is_stopped(&call.await.unwrap()));
    tokio::time::sleep(7200 * SECOND).await;
    for handler in ["plain", "pong", "beat"] {
        assert!(!script.runs(handler)[0].done, "{handler}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_after_the_end_is_a_clear_fault() {
    let script = Script::new();
    let unit = start(&script).await;
    let client = unit.client();
    unit.shutdown().await.unwrap();
    let ended = client.invoke(lab::Plain, 1).await;
    assert!(is_stopped(&ended));
    assert!(ended.unwrap_err().to_string().contains("stopped"));
    assert!(script.runs("plain").is_empty());
}

#[tokio::test(start_paused = true)]
async fn nothing_new_is_taken_while_it_stops() {
    let script = Script::new();
    script.next("plain", [Act::Wait(5 * SECOND)]);
    let unit = start(&script).await;
    let client = unit.client();
    let running = client.clone();
    let call = tokio::spawn(async move { running.invoke(lab::Hop, 1).await });
    script.begun("plain", 1).await;
    let stop = tokio::spawn(unit.shutdown());
    tokio::time::sleep(SECOND).await;
    assert!(is_stopped(&client.invoke(lab::Plain, 1).await));
    stop.await.unwrap().unwrap();
    assert_eq!(call.await.unwrap().unwrap(), 20, "what was begun goes on, with all its calls");
}

#[tokio::test(start_paused = true)]
async fn dropped_without_a_shutdown_it_ends_at_once() {
    let script = Script::new();
    script.next("toil", [Act::Wait(3600 * SECOND)]);
    let unit = start(&script).await;
    let client = unit.client();
    client.invoke(lab::Post, 1000).await.unwrap();
    script.begun("toil", 1).await;
    drop(unit);
    assert!(is_stopped(&client.invoke(lab::Plain, 1).await));
    tokio::time::sleep(7200 * SECOND).await;
    assert!(!script.runs("toil")[0].done);
    assert!(script.runs("beat").is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_tried_again_within_the_grace_is() {
    let script = Script::new();
    script.next("greet", [Act::Fail; 2]);
    let unit = start(&script).await;
    let new = NewUser { email: "a".into() };
    unit.client().invoke(user::SignUp, new).await.unwrap();
    let before = Instant::now();
    unit.shutdown().await.unwrap();
    assert!(before.elapsed() < 30 * SECOND);
    assert_eq!(script.runs("greet").len(), 3, "its attempts are due within the grace");
}

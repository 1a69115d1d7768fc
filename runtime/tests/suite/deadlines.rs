//! Time-outs and deadlines.

use std::time::Duration;

use pontoon::{FaultClass, Instant, InvokeError};

use crate::contract::lab;
use crate::script::{Act, Script};
use crate::unit::start;

const HOUR: Duration = Duration::from_secs(3600);
const MS: Duration = Duration::from_millis(1);

fn class<T: std::fmt::Debug, R: std::fmt::Debug>(ended: Result<T, InvokeError<R>>) -> FaultClass {
    match ended {
        Err(InvokeError::Fault(fault)) => fault.class(),
        other => panic!("no fault: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_ended_at_its_time_out() {
    let script = Script::new();
    script.next("timed", [Act::Wait(HOUR)]);
    let unit = start(&script).await;
    let before = Instant::now();
    assert_eq!(class(unit.client().invoke(lab::Timed, 1).await), FaultClass::TimedOut);
    assert!((100 * MS..103 * MS).contains(&before.elapsed()));
    assert!(!script.runs("timed")[0].done);
}

#[tokio::test(start_paused = true)]
async fn a_callee_does_not_outlive_its_caller() {
    let script = Script::new();
    script.next("slow", [Act::Wait(HOUR / 2)]);
    let unit = start(&script).await;
    let before = Instant::now();
    assert_eq!(class(unit.client().invoke(lab::Timed, 1).await), FaultClass::TimedOut);
    assert!(before.elapsed() < 103 * MS);
    let (timed, slow) = (&script.runs("timed")[0], &script.runs("slow")[0]);
    assert_eq!(slow.deadline, timed.deadline, "the caller's comes before its own");
    tokio::time::sleep(HOUR).await;
    assert!(!script.runs("slow")[0].done);
}

#[tokio::test(start_paused = true)]
async fn a_client_waits_no_longer_than_it_says() {
    let script = Script::new();
    script.next("plain", [Act::Wait(HOUR), Act::Wait(HOUR)]);
    let unit = start(&script).await;
    let before = Instant::now();
    let client = unit.client();
    assert_eq!(class(client.clone().timeout(20 * MS).invoke(lab::Plain, 1).await), FaultClass::TimedOut);
    assert!(before.elapsed() < 23 * MS);
    let deadline = Instant::now() + 50 * MS;
    assert_eq!(class(client.deadline(deadline).invoke(lab::Hop, 1).await), FaultClass::TimedOut);
    assert_eq!(script.runs("plain")[1].deadline, Some(deadline), "it travels");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_is_over_runs_no_handler() {
    let script = Script::new();
    let unit = start(&script).await;
    let over = unit.client().deadline(Instant::now());
    assert_eq!(class(over.invoke(lab::Plain, 1).await), FaultClass::TimedOut);
    assert_eq!(class(over.invoke(lab::Timed, 1).await), FaultClass::TimedOut);
    assert!(script.runs("plain").is_empty() && script.runs("timed").is_empty());
}

#[tokio::test(start_paused = true)]
async fn without_a_time_out_there_is_no_deadline() {
    let script = Script::new();
    script.next("plain", [Act::Wait(HOUR)]);
    let unit = start(&script).await;
    assert_eq!(unit.client().invoke(lab::Hop, 1).await.unwrap(), 20);
    assert_eq!(script.runs("plain")[0].deadline, None);
}

#[tokio::test(start_paused = true)]
async fn every_attempt_has_the_whole_time_out() {
    let script = Script::new();
    script.next("send_welcome", [Act::Wait(HOUR), Act::Fail]);
    let unit = start(&script).await;
    let before = Instant::now();
    assert_eq!(unit.client().invoke(crate::contract::email::SendWelcome, 1).await.unwrap(), 1);
    assert!(before.elapsed() >= 500 * MS + 25 * MS + 50 * MS);
    assert_eq!(script.runs("send_welcome").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_patience_without_end_is_no_deadline() {
    let unit = start(&Script::new()).await;
    assert_eq!(unit.client().timeout(Duration::MAX).invoke(lab::Hop, 1).await.unwrap(), 20);
}

//! `idempotency`: one effect and one reply, for calls and jobs alike. E15.

use std::time::Duration;

use pontoon::{FaultClass, Instant, InvokeError};

use crate::contract::{Invoice, NewUser, email, lab, user};
use crate::script::{Act, Script};
use crate::unit::{launch, start};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_reply_is_given_again_within_its_window() {
    let script = Script::new();
    let unit = start(&script).await;
    let client = unit.client();
    assert_eq!(client.invoke(lab::Once, 5).await.unwrap(), 1);
    assert_eq!(client.invoke(lab::Once, 5).await.unwrap(), 1);
    assert_eq!(client.invoke(lab::Once, 6).await.unwrap(), 2);
    assert_eq!(script.runs("once").len(), 2);
    tokio::time::advance(3601 * SECOND).await;
    assert_eq!(client.invoke(lab::Once, 5).await.unwrap(), 3, "the window is over");
}

#[tokio::test(start_paused = true)]
async fn a_second_call_waits_for_the_first_ones_reply() {
    let script = Script::new();
    script.next("once", [Act::Wait(5 * SECOND)]);
    let unit = start(&script).await;
    let before = Instant::now();
    let client = unit.client();
    let (first, second) = tokio::join!(client.invoke(lab::Once, 5), client.invoke(lab::Once, 5));
    assert_eq!((first.unwrap(), second.unwrap()), (1, 1));
    assert!((5 * SECOND..7 * SECOND).contains(&before.elapsed()));
    assert_eq!(script.runs("once").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_reply_has_a_deadline() {
    let script = Script::new();
    script.next("once", [Act::Wait(9 * SECOND)]);
    let unit = start(&script).await;
    let (client, hurried) = (unit.client(), unit.client().timeout(SECOND));
    let (first, second) = tokio::join!(client.invoke(lab::Once, 5), hurried.invoke(lab::Once, 5));
    assert_eq!(first.unwrap(), 1);
    assert!(matches!(second, Err(InvokeError::Fault(fault)) if fault.class() == FaultClass::TimedOut));
}

#[tokio::test(start_paused = true)]
async fn a_fault_gives_the_claim_back() {
    let script = Script::new();
    script.next("once", [Act::Fail, Act::Panic]);
    let unit = start(&script).await;
    let before = Instant::now();
    unit.client().invoke(lab::Once, 5).await.unwrap_err();
    unit.client().invoke(lab::Once, 5).await.unwrap_err();
    assert_eq!(unit.client().invoke(lab::Once, 5).await.unwrap(), 3);
    assert!(before.elapsed() < SECOND);
}

/// Its caller is gone, and its future was dropped in the middle.
#[tokio::test(start_paused = true)]
async fn a_claim_whose_handler_was_ended_is_given_back() {
    let script = Script::new();
    script.next("once", [Act::Hold]);
    let unit = start(&script).await;
    let client = unit.client();
    let ended = tokio::spawn(async move { client.invoke(lab::Once, 5).await });
    script.begun("once", 1).await;
    ended.abort();
    let before = Instant::now();
    assert_eq!(unit.client().invoke(lab::Once, 5).await.unwrap(), 2);
    assert!(before.elapsed() < SECOND, "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_comes_twice_is_done_once() {
    let script = Script::new();
    let unit = start(&script).await;
    for email in ["a", "b"] {
        unit.client().invoke(user::SignUp, NewUser { email: email.into() }).await.unwrap();
    }
    unit.settled().await;
    assert_eq!(script.inputs("bill"), [format!("{:?}", Invoice { number: 7 })], "both bills have this number");
    assert!(unit.dead_letters(email::Bill).list().await.unwrap().is_empty());
}

/// With the outbox, the reply is in the same transaction as the effect.
#[tokio::test(start_paused = true)]
async fn with_the_outbox_effect_and_reply_are_one() {
    let script = Script::new();
    script.next("once_together", [Act::Fail]);
    let unit = launch(&script).start().await.unwrap();
    let client = unit.client();
    client.invoke(lab::OnceTogether, 5).await.unwrap_err();
    for _ in 0..3 {
        assert_eq!(client.invoke(lab::OnceTogether, 5).await.unwrap(), 1, "the failed one has left nothing");
    }
    unit.settled().await;
    assert_eq!(script.inputs("echo"), ["5"]);
}

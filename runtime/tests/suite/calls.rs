//! Calls within a unit: answers, rejections, retries, faults.

use std::time::Duration;

use pontoon::{FaultClass, Instant, InvokeError};

use crate::contract::{NewUser, SignUpRejected, UserId, lab, state, user};
use crate::script::{Act, Script};
use crate::unit::start;

fn ada() -> NewUser {
    NewUser { email: "Ada@example.com".into() }
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_through_all_its_handlers() {
    let script = Script::new();
    let unit = start(&script).await;
    assert_eq!(unit.client().invoke(lab::Hop, 4).await.unwrap(), 50);
    assert_eq!(script.inputs("hop"), ["4"]);
    assert_eq!(script.inputs("plain"), ["4"]);
    unit.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_rejection_arrives_as_itself() {
    let unit = start(&Script::new()).await;
    let client = unit.client();
    assert_eq!(client.invoke(user::SignUp, ada()).await.unwrap(), UserId("ada@example.com".into()));
    let again = client.invoke(user::SignUp, ada()).await;
    assert!(matches!(again, Err(InvokeError::Rejected(SignUpRejected::Taken))));
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_tried_again_with_growing_pauses() {
    let script = Script::new();
    script.next("retried", [Act::Fail, Act::Fail]);
    let unit = start(&script).await;
    assert_eq!(unit.client().invoke(lab::Retried, 9).await.unwrap(), 9);
    let runs = script.runs("retried");
    assert_eq!(runs.iter().map(|run| run.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(runs.iter().all(|run| run.id == runs[0].id), "every attempt is one message");
    let ms = |run: usize| (runs[run + 1].at - runs[run].at).as_micros();
    assert!((500..3000).contains(&ms(0)) && (1000..4000).contains(&ms(1)), "{} {}", ms(0), ms(1));
}

#[tokio::test(start_paused = true)]
async fn attempts_run_out() {
    let script = Script::new();
    script.next("retried", [Act::Fail, Act::Panic, Act::Fail, Act::Fail]);
    let unit = start(&script).await;
    let ended = unit.client().invoke(lab::Retried, 9).await;
    let Err(InvokeError::Fault(fault)) = ended else { panic!("{ended:?}") };
    assert_eq!(fault.class(), FaultClass::Failed);
    assert!(fault.cause().is_none(), "a caller gets an id and a class");
    assert_eq!(script.runs("retried").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_retry_ends_with_the_callers_deadline() {
    let script = Script::new();
    script.next("stubborn", [Act::Fail; 100]);
    let unit = start(&script).await;
    let before = Instant::now();
    let ended = unit.client().invoke(lab::Patient, 1).await;
    assert!(matches!(ended, Err(InvokeError::Fault(_))));
    assert!(before.elapsed() <= Duration::from_secs(1));
    assert!((3..=5).contains(&script.runs("stubborn").len()));
}

#[tokio::test(start_paused = true)]
async fn a_fault_keeps_its_id_on_its_way_up() {
    let script = Script::new();
    script.next("plain", [Act::Fail]);
    let unit = start(&script).await;
    let Err(InvokeError::Fault(fault)) = unit.client().invoke(lab::Hop, 1).await else { panic!("it fails") };
    assert_eq!(fault.class(), FaultClass::Failed);
    assert_eq!(fault.to_string(), format!("fault {} (failed)", fault.id()));
    assert_eq!(format!("{fault:?}"), fault.to_string());
}

#[tokio::test(start_paused = true)]
async fn what_a_command_wrote_can_be_read() {
    let unit = start(&Script::new()).await;
    unit.client().invoke(user::SignUp, ada()).await.unwrap();
    let stored = unit.state(state::Users).get(&UserId("ada@example.com".into())).await.unwrap();
    assert_eq!(stored.unwrap().email, "Ada@example.com");
}

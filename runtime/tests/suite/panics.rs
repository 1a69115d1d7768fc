//! A handler that panics is a fault, and the unit lives on.

use pontoon::{FaultClass, InvokeError};

use crate::contract::lab;
use crate::script::{Act, Script};
use crate::unit::start;

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_fault_for_the_caller() {
    let script = Script::new();
    script.next("plain", [Act::Panic]);
    let unit = start(&script).await;
    let client = unit.client();
    let Err(InvokeError::Fault(fault)) = client.invoke(lab::Hop, 1).await else { panic!("it panics") };
    assert_eq!(fault.class(), FaultClass::Panicked);
    assert_eq!(client.invoke(lab::Hop, 1).await.unwrap(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_tried_again() {
    let script = Script::new();
    script.next("retried", [Act::Panic]);
    let unit = start(&script).await;
    assert_eq!(unit.client().invoke(lab::Retried, 1).await.unwrap(), 1);
    assert_eq!(script.runs("retried").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_subscription_lives_on() {
    let script = Script::new();
    script.next("in_order", [Act::Panic]);
    let unit = start(&script).await;
    let client = unit.client();
    client.invoke(lab::Post, 2077).await.unwrap();
    unit.settled().await;
    assert_eq!(script.inputs("in_order").len(), 5, "{:?}", script.inputs("in_order"));
}

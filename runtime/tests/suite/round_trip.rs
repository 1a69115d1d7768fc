//! What is not the same once it has gone through JSON is refused in one process, too: at each edge, with its place.

use pontoon::edge::MayInvoke;
use pontoon::generated::{Command, Event, Kind, Operation, Policy, Queue, State};
use pontoon::testing::Stub;
use pontoon::{BridgeError, Context as _, FaultClass, InvokeError, Never};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
struct Reading {
    limit: Option<Option<u8>>,
}

/// It may be nothing, in something.
const UNSAID: Reading = Reading { limit: Some(None) };

#[derive(Clone, Copy)]
struct Measure;

impl Operation for Measure {
    type Input = Reading;
    type Output = Reading;
    type Rejection = Never;
    const KIND: Kind = Kind::Command;
    const ADDRESS: &'static str = "lab.measure";
    const POLICY: Policy = Policy::new();
}

impl Command for Measure {
    const SUBJECT: &'static str = "shop.command.lab.measure";
}

#[derive(Clone, Copy)]
struct Measured;

impl Event for Measured {
    type Payload = Reading;
    const SUBJECT: &'static str = "shop.event.measured.v1";
}

#[derive(Clone, Copy)]
struct Readings;

impl Queue for Readings {
    type Payload = Reading;
    const SUBJECT: &'static str = "shop.queue.readings";
}

impl State for Readings {
    type Value = Reading;
    const NAME: &'static str = "readings";
}

fn is_malformed(ended: Result<Reading, InvokeError<Never>>) -> bool {
    match ended {
        Err(InvokeError::Fault(fault)) => {
            let says = format!("{fault:?}");
            assert!(says.contains("Reading` does not survive JSON: `Reading.limit` is Some(None)"), "{says}");
            fault.class() == FaultClass::Malformed
        }
        _ => false,
    }
}

#[tokio::test]
async fn a_stub_refuses_what_another_unit_would_not_get() {
    let ctx = Stub::new().answer(Measure, |_| Ok(UNSAID));
    assert!(is_malformed(ctx.invoke(Measure, UNSAID).await), "the input");
    assert!(is_malformed(ctx.invoke(Measure, Reading::default()).await), "the output");
    assert!(matches!(ctx.emit(Measured, UNSAID).await, Err(BridgeError::Malformed(_))));
    assert!(matches!(ctx.enqueue(Readings, UNSAID).await, Err(BridgeError::Malformed(_))));
    let says = ctx.state(Readings).set("a", &UNSAID).await.unwrap_err().to_string();
    assert!(says.contains("Reading.limit` is Some(None), and is read back as None"), "{says}");
    assert!(ctx.emitted(Measured).is_empty() && ctx.enqueued(Readings).is_empty());
}

#[tokio::test]
async fn a_setting_turns_it_off() {
    let ctx = Stub::new().answer(Measure, |_| Ok(UNSAID)).without_round_trips();
    ctx.invoke(Measure, UNSAID).await.unwrap();
    ctx.emit(Measured, UNSAID).await.unwrap();
    ctx.state(Readings).set("a", &UNSAID).await.unwrap();
}

//! Spans around handlers, and faults in the log. In a program of its own: whether anybody listens to a span is a matter of
//! the whole process.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]
#![allow(dead_code, unreachable_pub, reason = "the unit is shared with the suite")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

#[path = "../suite/contract.rs"]
mod contract;
#[path = "../suite/script.rs"]
mod script;
#[path = "../suite/unit.rs"]
mod unit;

use crate::contract::lab;
use crate::script::{Act, Script};
use crate::unit::start;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test(start_paused = true)]
async fn a_span_has_the_metadata_and_a_fault_is_logged_once() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false).with_span_events(FmtSpan::NEW);
    let _listening = tracing::subscriber::set_default(subscriber.finish());
    let script = Script::new();
    script.next("plain", [Act::Fail]);
    let unit = start(&script).await;
    let client = unit.client().principal("ada").tenant("acme").timeout(std::time::Duration::from_secs(1));
    let fault = match client.invoke(lab::Hop, 1).await {
        Err(pontoon::InvokeError::Fault(fault)) => fault,
        other => panic!("{other:?}"),
    };
    let (hop, plain) = (&script.runs("hop")[0], &script.runs("plain")[0]);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();

    let inner = format!(
        "handler{{handler=\"lab.plain\" id={} correlation={} causation={} principal=\"ada\" tenant=\"acme\" deadline=1000 attempt=1}}",
        plain.id, hop.correlation, hop.id
    );
    assert!(log.contains(&inner), "{log}");
    let faults: Vec<_> = log.lines().filter(|line| line.contains(&fault.id().to_string())).collect();
    assert_eq!(faults.len(), 1, "{log}");
    assert!(faults[0].contains("ERROR") && faults[0].contains(&inner), "{}", faults[0]);
    assert!(faults[0].contains("class=failed error=failed as the script says"), "{}", faults[0]);
}

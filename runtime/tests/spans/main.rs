//! Spans around handlers, and faults in the log. In a program of its own: whether anybody listens to a span is a matter
//! of the whole process.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]
#![allow(dead_code, unreachable_pub, reason = "the unit is shared with the suite")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use pontoon::BridgeError;
use pontoon::adapter::in_memory::InMemoryEvents;
use pontoon::adapter::{Consumer, Endpoint, EventAdapter, Reply, Request, Topic};
use pontoon::adapter::{MaybeReady, SubscriptionPolicy};
use pontoon::operating::Orphan;
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

    // What is called without a promise of its own is a part of its caller's invocation.
    assert_eq!((plain.id, plain.correlation, plain.causation), (hop.id, hop.correlation, hop.causation));
    let span = format!(
        "handler{{handler=\"lab.hop\" id={} correlation={} principal=\"ada\" tenant=\"acme\" deadline=1000 attempt=1}}",
        hop.id, hop.correlation
    );
    assert!(log.contains(&span), "{log}");
    let faults: Vec<_> = log.lines().filter(|line| line.contains(&fault.id().to_string())).collect();
    assert_eq!(faults.len(), 1, "{log}");
    assert!(faults[0].contains("ERROR") && faults[0].contains(&span), "{}", faults[0]);
    assert!(faults[0].contains("fault handler=\"lab.plain\""), "{}", faults[0]);
    assert!(faults[0].contains("class=failed error=failed as the script says"), "{}", faults[0]);
}

/// What is logged while a test runs, a line at a time.
async fn lines(script: &Script, run: impl AsyncFn(&pontoon::Started<unit::Monolith>)) -> Vec<String> {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false);
    let _listening = tracing::subscriber::set_default(subscriber.finish());
    let unit = start(script).await;
    run(&unit).await;
    unit.shutdown().await.unwrap();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    log.lines().map(str::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_is_tried_again_is_a_warning_and_giving_up_the_error() {
    let script = Script::new();
    script.next("retried", [Act::Fail; 4]);
    let lines = lines(&script, async |unit| {
        unit.client().invoke(lab::Retried, 9).await.unwrap_err();
        unit.client().invoke(lab::Retried, 9).await.unwrap();
    });
    let lines = lines.await;
    let faults: Vec<_> = lines.iter().filter(|line| line.contains("error=")).collect();
    let starts =
        [("WARN", "attempt=1 of=3"), ("WARN", "attempt=2 of=3"), ("ERROR", "fault"), ("WARN", "attempt=1 of=3")];
    assert_eq!(faults.len(), starts.len(), "{lines:#?}");
    for (line, (level, text)) in faults.iter().zip(starts) {
        assert!(line.contains(level) && line.contains(text), "{level} {text}: {line}");
        assert_eq!(line.matches("handler=").count(), 1, "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_tried_again_is_a_warning_and_giving_up_the_error() {
    let script = Script::new();
    script.next("echo", [Act::Fail; 100]);
    let lines = lines(&script, async |unit| {
        unit.client().invoke(lab::Post, 5).await.unwrap();
        unit.settled().await;
    });
    let lines = lines.await;
    let (errors, warnings): (Vec<_>, Vec<_>) =
        lines.iter().filter(|line| line.contains("lab.echo")).partition(|line| line.contains("ERROR"));
    assert!(errors.len() == 1 && errors[0].contains("given up"), "{lines:#?}");
    let of = warnings.len();
    assert!(of > 1, "{lines:#?}");
    for (index, line) in warnings.iter().enumerate() {
        assert!(line.contains("WARN") && line.contains(&format!("attempt={} of={of}", index + 1)), "{line}");
        assert_eq!(line.matches("handler=").count(), 1, "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn text_of_others_begins_no_line() {
    let script = Script::new();
    script.next("plain", [Act::Forge]).next("echo", [Act::Forge; 100]).next("retried", [Act::Forge; 3]);
    let lines = lines(&script, async |unit| {
        unit.client().invoke(lab::Plain, 1).await.unwrap_err();
        unit.client().invoke(lab::Retried, 1).await.unwrap_err();
        unit.client().invoke(lab::Post, 5).await.unwrap();
        unit.settled().await;
    });
    let lines = lines.await;
    assert!(lines.iter().filter(|line| line.contains("forged")).count() > 5, "{lines:#?}");
    assert!(!lines.iter().any(|line| line.starts_with("2026-11-29T00:00:00Z")), "{lines:#?}");
}

/// A bridge at which something is left of a subscription that the topology does not have.
struct Left(InMemoryEvents);

impl EventAdapter for Left {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        self.0.topic(subject)
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        self.0.subscribe(subject, subscription, policy)
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        self.0.serve(subject)
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        self.0.request(request)
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        self.0.connect()
    }

    fn orphans(&self) -> MaybeReady<'_, Result<Vec<Orphan>, BridgeError>> {
        let orphan = |name: &str, messages| Orphan { name: name.to_owned(), messages };
        MaybeReady::ready(Ok(vec![orphan("lab_v1_former", Some(7)), orphan("host-1-lab.v1.older", None)]))
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        self.0.close()
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_subscription_is_a_warning_at_the_start() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false);
    let _listening = tracing::subscriber::set_default(subscriber.finish());
    let adapters = unit::adapters(Arc::new(Left(InMemoryEvents::new())));
    let unit = unit::launch(&Script::new()).adapters(adapters).start().await.unwrap();
    unit.settled().await;
    tokio::task::yield_now().await;
    unit.shutdown().await.unwrap();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = log.lines().filter(|line| line.contains("Started::orphans")).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert!(lines.iter().all(|line| line.contains("WARN") && line.contains("unit=\"monolith\"")), "{log}");
    assert!(lines[0].contains("name=host-1-lab.v1.older") && !lines[0].contains("messages="), "{log}");
    assert!(lines[1].contains("name=lab_v1_former messages=7"), "{log}");
}

//! The claims of the inbox: how long they hold, who waits for them, and what becomes of a handler that has lost its
//! own.

use std::sync::Arc;
use std::time::Duration;

use pontoon::adapter::EventAdapter;
use pontoon::adapter::in_memory::InMemoryEvents;
use pontoon::adapter::{Change, Expect, StateAdapter};
use pontoon::adapter::{Message, Metadata};
use pontoon::generated::{Adapters, Event, Operation};
use pontoon::{FaultClass, Id, Instant, InvokeError, Started};
use tokio::time::sleep;

use crate::contract::{Payment, event, lab};
use crate::faulty::Store;
use crate::script::{Act, Script};
use crate::unit::{Monolith, adapters, launch};

const SECOND: Duration = Duration::from_secs(1);

/// Two instances on one bridge and one store.
struct Pair {
    events: Arc<InMemoryEvents>,
    store: Arc<Store>,
}

impl Pair {
    fn new() -> Self {
        Self { events: Arc::default(), store: Store::new() }
    }

    async fn instance(&self, script: &Script) -> Started<Monolith> {
        let events = Arc::clone(&self.events) as Arc<dyn EventAdapter>;
        let state = Arc::clone(&self.store) as Arc<dyn StateAdapter>;
        launch(script).adapters(Adapters { state, ..adapters(events) }).start().await.unwrap()
    }

    async fn publish<E: Event<Payload = Payment>>(&self, _: E, key: &str) {
        let payment = Payment { key: Some(key.into()), amount: 1 };
        self.events.topic(E::SUBJECT).publish(Message::new(Metadata::new(), payment)).await.unwrap();
    }

    /// An instance dies while its handler has claimed `k`.
    async fn die_with_a_claim(&self, handler: &'static str, publish: impl AsyncFnOnce()) {
        let script = Script::new();
        script.next(handler, [Act::Hold]);
        let unit = self.instance(&script).await;
        publish().await;
        script.begun(handler, 1).await;
        // Dead: it renews nothing, and gives nothing back.
        self.store.refuse(|change| change.collection == "$inbox");
        drop(unit);
        sleep(Duration::from_millis(10)).await;
        self.store.recover();
    }
}

fn is_claim(change: &Change) -> bool {
    change.collection == "$inbox"
}

fn keys(script: &Script, handler: &'static str) -> Vec<String> {
    let key = |input: String| input.split('"').nth(1).unwrap_or_default().to_owned();
    script.inputs(handler).into_iter().map(key).collect()
}

/// Without a time-out, too: it was 300 s.
#[tokio::test(start_paused = true)]
async fn a_claim_of_a_dead_process_ends_within_seconds() {
    let pair = Pair::new();
    pair.die_with_a_claim("book", async || pair.publish(event::Paid, "k").await).await;
    let (script, before) = (Script::new(), Instant::now());
    let _unit = pair.instance(&script).await;
    pair.publish(event::Paid, "k").await;
    script.begun("book", 1).await;
    assert!(before.elapsed() <= 12 * SECOND, "{:?}", before.elapsed());
}

/// A process of another version reads other fields of the same message, claims its key, and dies: the message comes
/// again.
#[tokio::test(start_paused = true)]
async fn a_claim_for_another_input_is_waited_for() {
    let pair = Pair::new();
    let script = Script::new();
    let unit = pair.instance(&script).await;
    let (token, message) = (Id::random(), Id::random());
    let claim = format!(
        r#"{{"input":"of another version","state":{{"claimed":{{"token":"{token}","message":"{message}"}}}}}}"#
    );
    let key = format!("{}/-/k", lab::Book::ADDRESS);
    let put = Some((Arc::from(claim.as_bytes()), Some(10 * SECOND)));
    pair.store.commit(vec![Change { collection: "$inbox", key, expect: Expect::Absent, put }]).await.unwrap();
    pair.publish(event::Paid, "k").await;
    tokio::time::timeout(60 * SECOND, script.begun("book", 1)).await.expect("it is handled once the claim has ended");
    unit.settled().await;
    assert!(unit.dead_letters(lab::Book).list().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_claim_does_not_hold_up_others() {
    let pair = Pair::new();
    pair.die_with_a_claim("book", async || pair.publish(event::Paid, "k").await).await;
    let (script, before) = (Script::new(), Instant::now());
    let _unit = pair.instance(&script).await;
    for key in ["k", "a", "b", "c"] {
        pair.publish(event::Paid, key).await;
    }
    script.begun("book", 3).await;
    assert_eq!(keys(&script, "book"), ["a", "b", "c"]);
    assert!(before.elapsed() < SECOND, "{:?}", before.elapsed());
    script.begun("book", 4).await;
    assert_eq!(script.runs("book")[3].attempt, 1, "to wait is no attempt");
}

#[tokio::test(start_paused = true)]
async fn in_order_what_is_behind_waits_as_well() {
    let pair = Pair::new();
    pair.die_with_a_claim("book_in_order", async || pair.publish(event::PaidInOrder, "k").await).await;
    let script = Script::new();
    let _unit = pair.instance(&script).await;
    pair.publish(event::PaidInOrder, "k").await;
    pair.publish(event::PaidInOrder, "k").await;
    script.begun("book_in_order", 1).await;
    sleep(2 * SECOND).await;
    assert_eq!(script.runs("book_in_order").len(), 1, "the second one has the reply of the first");
    assert_eq!(script.runs("book_in_order")[0].attempt, 1);
}

#[tokio::test(start_paused = true)]
async fn a_claim_is_renewed_while_its_handler_runs() {
    let pair = Pair::new();
    let script = Script::new();
    script.next("book", [Act::Wait(120 * SECOND)]);
    let (_one, other) = (pair.instance(&script).await, pair.instance(&script).await);
    pair.publish(event::Paid, "k").await;
    script.begun("book", 1).await;
    pair.publish(event::Paid, "k").await;
    other.settled().await;
    assert_eq!(script.runs("book").len(), 1);
}

/// The store was away longer than the claim holds, and another handler has done it meanwhile.
#[tokio::test(start_paused = true)]
async fn a_commit_under_a_lost_claim_is_refused() {
    let pair = Pair::new();
    let script = Script::new();
    script.next("pay", [Act::Wait(30 * SECOND)]);
    let (one, other) = (pair.instance(&script).await, pair.instance(&script).await);
    let payment = Payment { key: Some("k".into()), amount: 1 };
    let (client, late) = (one.client(), payment.clone());
    let late = tokio::spawn(async move { client.invoke(lab::Pay, late).await });
    script.begun("pay", 1).await;
    pair.store.refuse(is_claim);
    sleep(15 * SECOND).await;
    pair.store.recover();
    assert_eq!(other.client().invoke(lab::Pay, payment).await.unwrap(), 1);
    let late = late.await.unwrap();
    assert!(matches!(late, Err(InvokeError::Fault(fault)) if fault.class() == FaultClass::Conflict));
    assert_eq!(script.runs("pay").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_for_a_while_loses_nothing() {
    let pair = Pair::new();
    let script = Script::new();
    script.next("pay", [Act::Wait(30 * SECOND)]);
    let unit = pair.instance(&script).await;
    let client = unit.client();
    let payment = Payment { key: Some("k".into()), amount: 1 };
    let paid = tokio::spawn(async move { client.invoke(lab::Pay, payment).await });
    script.begun("pay", 1).await;
    pair.store.refuse(is_claim);
    // Also if the claim has ended meanwhile: nobody has taken it.
    sleep(15 * SECOND).await;
    pair.store.recover();
    assert_eq!(paid.await.unwrap().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_waits_for_a_claim_within_its_deadline() {
    let pair = Pair::new();
    let script = Script::new();
    script.next("pay", [Act::Wait(60 * SECOND)]);
    let (one, other) = (pair.instance(&script).await, pair.instance(&script).await);
    let payment = Payment { key: Some("k".into()), amount: 1 };
    let (first, second) = (one.client(), other.client().timeout(5 * SECOND));
    let (paid, late) = tokio::join!(first.invoke(lab::Pay, payment.clone()), second.invoke(lab::Pay, payment.clone()));
    assert_eq!(paid.unwrap(), 1);
    assert!(matches!(late, Err(InvokeError::Fault(fault)) if fault.class() == FaultClass::TimedOut));
    assert_eq!(other.client().invoke(lab::Pay, payment).await.unwrap(), 1);
    assert_eq!(script.runs("pay").len(), 1);
}

//! What of the user's panics is a fault, and the unit lives on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pontoon::adapter::in_memory::InMemoryEvents;
use pontoon::adapter::{Consumer, DeadMessage, Delivery, Endpoint, EventAdapter, Reply, Request, Settlement, Topic};
use pontoon::adapter::{MaybeReady, Message, Metadata, SubscriptionPolicy};
use pontoon::{BridgeError, FaultClass, Id, InvokeError};

use crate::contract::{event, lab};
use crate::script::{Act, Script};
use crate::unit::{adapters, launch, start};

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

#[tokio::test(start_paused = true)]
async fn an_idempotency_key_that_panics_is_a_fault() {
    let unit = start(&Script::new()).await;
    let client = unit.client();
    let Err(InvokeError::Fault(fault)) = client.invoke(lab::Once, 666).await else { panic!("its key panics") };
    assert_eq!(fault.class(), FaultClass::Panicked);
    assert_eq!(client.invoke(lab::Once, 1).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_ordering_key_that_panics_does_not_end_its_subscription() {
    let script = Script::new();
    let events = Arc::new(InMemoryEvents::new());
    let unit = launch(&script).adapters(adapters(events.clone())).start().await.unwrap();
    for key in ["?", "a"] {
        publish(&*events, key).await;
    }
    unit.settled().await;
    assert_eq!(script.inputs("in_order").len(), 1);
    assert!(unit.health().is_ready());
}

/// Publishes an event of `lab.in_order`.
async fn publish(events: &dyn EventAdapter, key: &str) {
    let event = Message::new(Metadata::new(), (key.to_owned(), 1_u64));
    events.topic(<event::Keyed as pontoon::generated::Event>::SUBJECT).publish(event).await.unwrap();
}

/// A bridge whose subscription `lab.in_order` fails in the first calls: by a panic, and by an end that nobody asked
/// for.
struct Failing(InMemoryEvents);

struct FailingFeed {
    consumer: Arc<dyn Consumer>,
    calls: AtomicU32,
}

impl Consumer for FailingFeed {
    fn next(&self) -> MaybeReady<'_, Option<Delivery>> {
        match self.calls.fetch_add(1, Ordering::Relaxed) {
            0 => panic!("a consumer that panics"),
            1 => MaybeReady::ready(None),
            _ => self.consumer.next(),
        }
    }

    fn settle(&self, delivery: &Delivery, settlement: Settlement) -> MaybeReady<'_, Result<(), BridgeError>> {
        self.consumer.settle(delivery, settlement)
    }

    fn dead_letters(&self, skip: usize) -> MaybeReady<'_, Result<Vec<DeadMessage>, BridgeError>> {
        self.consumer.dead_letters(skip)
    }

    fn clear_dead_letters(&self, id: Option<Id>, replay: bool) -> MaybeReady<'_, Result<usize, BridgeError>> {
        self.consumer.clear_dead_letters(id, replay)
    }
}

impl EventAdapter for Failing {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        self.0.topic(subject)
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        let consumer = self.0.subscribe(subject, subscription, policy);
        match subscription {
            "lab.v1.in_order" | "lab.in_order" => Arc::new(FailingFeed { consumer, calls: AtomicU32::new(0) }),
            _ => consumer,
        }
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

    fn close(&self) -> MaybeReady<'_, ()> {
        self.0.close()
    }
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_ends_unasked_shows_in_health_and_is_started_again() {
    let script = Script::new();
    let events = Arc::new(Failing(InMemoryEvents::new()));
    let unit = launch(&script).adapters(adapters(events.clone())).start().await.unwrap();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let health = unit.health().to_string();
    assert!(health.contains("lab.") && health.contains("a consumer that panics"), "{health}");
    publish(&*events, "a").await;
    script.begun("in_order", 1).await;
    assert!(!unit.health().is_ready(), "it has only just been started again");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(unit.health().is_ready());
    unit.shutdown().await.unwrap();
}

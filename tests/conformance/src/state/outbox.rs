//! The outbox at work: instances with one store, and what is published in which order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pontoon::adapter::in_memory::InMemoryEvents;
use pontoon::adapter::{Consumer, Endpoint, EventAdapter, Reply, Request, Settlement, Topic};
use pontoon::adapter::{MaybeReady, Message, SubscriptionPolicy};
use pontoon::generated::Event;
use pontoon::{BridgeError, Health, Started};

use super::harness::{Harness, soon};
use super::inbox::unit::{Lab, Runs, Tell, Told, start_on};

/// The way of one instance to a bridge that several share. It can be away.
#[derive(Clone)]
struct Way {
    events: Arc<InMemoryEvents>,
    is_away: Arc<AtomicBool>,
}

impl Way {
    fn to(events: &Arc<InMemoryEvents>) -> Self {
        Self { events: Arc::clone(events), is_away: Arc::default() }
    }

    fn away(&self) {
        self.is_away.store(true, Ordering::SeqCst);
    }
}

struct WayTopic(Way, Arc<dyn Topic>);

impl Topic for WayTopic {
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        match self.0.is_away.load(Ordering::SeqCst) {
            true => MaybeReady::ready(Err(BridgeError::Unavailable("away".into()))),
            false => self.1.publish(event),
        }
    }

    fn is_away(&self) -> bool {
        self.0.is_away.load(Ordering::SeqCst)
    }
}

impl EventAdapter for Way {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        Arc::new(WayTopic(self.clone(), self.events.topic(subject)))
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        self.events.subscribe(subject, subscription, policy)
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        self.events.serve(subject)
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        self.events.request(request)
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        self.events.connect()
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::ready(())
    }

    fn health(&self) -> Health {
        match self.is_away.load(Ordering::SeqCst) {
            true => Health::Degraded("away".into()),
            false => Health::Ready,
        }
    }
}

/// Who hears what is published.
struct Ear(Arc<dyn Consumer>);

impl Ear {
    fn on(events: &InMemoryEvents) -> Self {
        Self(events.subscribe(Told::SUBJECT, "ear", SubscriptionPolicy::at_least_once()))
    }

    /// The next so many numbers; one that comes twice in a row counts once.
    async fn hears(&self, count: usize) -> Vec<u64> {
        let mut heard: Vec<u64> = Vec::new();
        while heard.len() < count {
            let delivery = soon(self.0.next()).await.expect("an event");
            self.0.settle(&delivery, Settlement::Ack).await.expect("settled");
            let number = delivery.message.decode().expect("a number");
            if heard.last() != Some(&number) {
                heard.push(number);
            }
        }
        heard
    }
}

async fn tell(unit: &Started<Lab>, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        soon(unit.client().invoke(Tell, number)).await.expect("a commit");
    }
}

pub async fn what_a_dead_instance_left_is_published_in_order(harness: &impl Harness) {
    let events = Arc::new(InMemoryEvents::new());
    let (ear, runs) = (Ear::on(&events), Runs::new(0));
    let way = Way::to(&events);
    let lost = start_on(Arc::new(way.clone()), harness.adapter(), &runs).await;
    let other = start_on(Arc::new(Way::to(&events)), harness.adapter(), &runs).await;
    way.away();
    tell(&lost, 1..=20).await;
    drop(lost);
    tell(&other, 21..=25).await;
    assert_eq!(ear.hears(25).await, (1..=25).collect::<Vec<_>>());
    assert!(other.outbox_dead_letters().list().await.expect("the store").is_empty());
}

pub async fn commits_of_two_instances_are_published_in_order(harness: &impl Harness) {
    let events = Arc::new(InMemoryEvents::new());
    let (ear, runs) = (Ear::on(&events), Runs::new(0));
    let way = || Arc::new(Way::to(&events));
    let units = [start_on(way(), harness.adapter(), &runs).await, start_on(way(), harness.adapter(), &runs).await];
    for number in 0..200 {
        tell(&units[usize::from(number % 3 == 0)], [number]).await;
    }
    assert_eq!(ear.hears(200).await, (0..200).collect::<Vec<_>>());
}

/// Published and not taken out, or the other way round: all come, and none overtakes another.
pub async fn what_is_published_while_the_store_freezes_is_not_lost(harness: &impl Harness) {
    let events = Arc::new(InMemoryEvents::new());
    let (ear, runs) = (Ear::on(&events), Runs::new(0));
    let unit = start_on(Arc::new(Way::to(&events)), harness.adapter(), &runs).await;
    let client = unit.client();
    let telling = tokio::spawn(async move {
        let mut told = Vec::new();
        for number in 0..300 {
            if client.invoke(Tell, number).await.is_ok() {
                told.push(number);
            }
        }
        told
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    harness.freeze().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    harness.thaw().await;
    let told = soon(telling).await.expect("told");
    let mut heard = ear.hears(told.len()).await;
    heard.dedup();
    assert_eq!(heard, told);
    drop(unit);
}

//! A queue at a broker, as a test has it: it keeps what it has delivered, and takes it back when it is told to.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pontoon::adapter::in_memory::InMemoryQueues;
use pontoon::adapter::{
    Consumer, DeadMessage, Delivery, JobQueue, MaybeReady, Message, Metadata, QueueAdapter, QueuePolicy, Settlement,
    WorkerPolicy,
};
use pontoon::{BridgeError, Id};
use tokio::sync::watch;

/// The queue of `depot.load`, with a lease of two seconds. A job's tag is its number.
#[derive(Default)]
pub struct Broker {
    waiting: Mutex<VecDeque<Delivery>>,
    lost: Mutex<HashSet<u64>>,
    settled: Mutex<Vec<(u64, Settlement)>>,
    forgotten: Mutex<Vec<u64>>,
    /// How many were taken.
    taken: watch::Sender<usize>,
    changed: watch::Sender<()>,
}

impl Broker {
    pub fn deliver(&self, number: u64, attempt: u32) {
        let message = Message::new(Metadata::new(), number);
        self.waiting.lock().unwrap().push_back(Delivery { message, attempt, tag: number });
        self.changed.send_replace(());
    }

    /// Takes a job back.
    pub fn lose(&self, number: u64) {
        self.lost.lock().unwrap().insert(number);
    }

    /// Waits until so many jobs were taken.
    pub async fn taken(&self, count: usize) {
        self.taken.subscribe().wait_for(|taken| *taken >= count).await.unwrap();
    }

    pub fn settled(&self) -> Vec<(u64, Settlement)> {
        self.settled.lock().unwrap().clone()
    }

    pub fn forgotten(&self) -> Vec<u64> {
        self.forgotten.lock().unwrap().clone()
    }

    async fn take(&self) -> Option<Delivery> {
        let mut changed = self.changed.subscribe();
        loop {
            let delivery = self.waiting.lock().unwrap().pop_front();
            if delivery.is_some() {
                self.taken.send_modify(|taken| *taken += 1);
                return delivery;
            }
            changed.changed().await.unwrap();
        }
    }

    fn held(&self, delivery: &Delivery) -> Result<(), BridgeError> {
        if self.lost.lock().unwrap().contains(&delivery.tag) { Err(BridgeError::LeaseLost) } else { Ok(()) }
    }
}

impl Consumer for Broker {
    fn next(&self) -> MaybeReady<'_, Option<Delivery>> {
        MaybeReady::boxed(self.take())
    }

    fn settle(&self, delivery: &Delivery, settlement: Settlement) -> MaybeReady<'_, Result<(), BridgeError>> {
        let held = self.held(delivery);
        if held.is_ok() {
            self.settled.lock().unwrap().push((delivery.tag, settlement));
        }
        MaybeReady::ready(held)
    }

    fn lease(&self) -> Option<Duration> {
        Some(Duration::from_secs(2))
    }

    fn extend<'a>(&'a self, delivery: &'a Delivery) -> MaybeReady<'a, Result<(), BridgeError>> {
        MaybeReady::ready(self.held(delivery))
    }

    fn forget(&self, delivery: &Delivery) {
        self.forgotten.lock().unwrap().push(delivery.tag);
    }

    fn dead_letters(&self, _: usize) -> MaybeReady<'_, Result<Vec<DeadMessage>, BridgeError>> {
        MaybeReady::ready(Ok(Vec::new()))
    }

    fn clear_dead_letters(&self, _: Option<Id>, _: bool) -> MaybeReady<'_, Result<usize, BridgeError>> {
        MaybeReady::ready(Ok(0))
    }
}

/// Queues in memory, but that of `depot.load`.
pub struct BrokerQueues(pub InMemoryQueues, pub Arc<Broker>);

impl QueueAdapter for BrokerQueues {
    fn queue(&self, subject: &'static str, policy: QueuePolicy) -> Arc<dyn JobQueue> {
        self.0.queue(subject, policy)
    }

    fn worker(&self, subject: &'static str, policy: QueuePolicy, worker: WorkerPolicy) -> Arc<dyn Consumer> {
        assert_eq!(worker.in_flight(), worker.at_once(), "one batch at a time");
        match subject {
            "shop.queue.load" => Arc::<Broker>::clone(&self.1),
            _ => self.0.worker(subject, policy, worker),
        }
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        QueueAdapter::connect(&self.0)
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        QueueAdapter::close(&self.0)
    }
}

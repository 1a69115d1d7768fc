//! What a broker has taken back is not handled any more: it comes again.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use pontoon::adapter::in_memory::InMemoryEvents;
use pontoon::adapter::{Consumer, DeadMessage, Delivery, Endpoint, EventAdapter, Reply, Request, Settlement, Topic};
use pontoon::adapter::{MaybeReady, Message, Metadata, SubscriptionPolicy};
use pontoon::{BridgeError, Id};
use tokio::sync::Notify;

use crate::script::{Act, Script};
use crate::unit::{adapters, launch};

/// A subscription whose first two deliveries are taken back.
#[derive(Default)]
struct Losing {
    deliveries: Mutex<VecDeque<Delivery>>,
    more: Notify,
    has_lost: AtomicBool,
}

impl Losing {
    fn deliver(&self, number: u64, attempt: u32, tag: u64) {
        let message = Message::new(Metadata::new(), ("a".to_owned(), number));
        self.deliveries.lock().unwrap().push_back(Delivery { message, attempt, tag });
        self.more.notify_one();
    }

    async fn take(&self) -> Option<Delivery> {
        loop {
            let delivery = self.deliveries.lock().unwrap().pop_front();
            if delivery.is_some() {
                return delivery;
            }
            self.more.notified().await;
        }
    }
}

impl Consumer for Losing {
    fn next(&self) -> MaybeReady<'_, Option<Delivery>> {
        MaybeReady::boxed(self.take())
    }

    fn settle(&self, delivery: &Delivery, _: Settlement) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::ready(if self.is_lost(delivery) { Err(BridgeError::LeaseLost) } else { Ok(()) })
    }

    fn is_lost(&self, delivery: &Delivery) -> bool {
        self.has_lost.load(Ordering::SeqCst) && delivery.tag <= 2
    }

    fn dead_letters(&self, _: usize) -> MaybeReady<'_, Result<Vec<DeadMessage>, BridgeError>> {
        MaybeReady::ready(Ok(Vec::new()))
    }

    fn clear_dead_letters(&self, _: Option<Id>, _: bool) -> MaybeReady<'_, Result<usize, BridgeError>> {
        MaybeReady::ready(Ok(0))
    }
}

/// A bridge with this consumer for `lab.in_order`.
struct Events(InMemoryEvents, Arc<Losing>);

impl EventAdapter for Events {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        self.0.topic(subject)
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        match subscription {
            "lab.v1.in_order" | "lab.in_order" => Arc::<Losing>::clone(&self.1),
            _ => self.0.subscribe(subject, subscription, policy),
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
async fn what_is_lost_before_its_next_attempt_is_handled_in_order_when_it_comes_again() {
    let script = Script::new();
    script.next("in_order", [Act::Fail]);
    let consumer = Arc::new(Losing::default());
    consumer.deliver(1, 1, 1);
    consumer.deliver(2, 1, 2);
    let events = Arc::new(Events(InMemoryEvents::new(), Arc::clone(&consumer)));
    let unit = launch(&script).adapters(adapters(events)).start().await.unwrap();
    script.begun("in_order", 1).await;
    // The first one waits for its next attempt, and the second one behind it.
    consumer.has_lost.store(true, Ordering::SeqCst);
    consumer.deliver(1, 2, 3);
    consumer.deliver(2, 2, 4);
    script.begun("in_order", 3).await;
    tokio::time::sleep(std::time::Duration::from_secs(3600)).await;
    let runs: Vec<_> = script.runs("in_order").into_iter().map(|run| (run.input, run.attempt)).collect();
    let expected =
        [("(\"a\", 1)", 1), ("(\"a\", 1)", 2), ("(\"a\", 2)", 2)].map(|(text, number)| (text.to_owned(), number));
    assert_eq!(runs, expected);
    unit.shutdown().await.unwrap();
}

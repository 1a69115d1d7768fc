//! The deliveries of a batch, held together: the lease of each is extended until it is settled or lost.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::bridge::{BridgeError, Consumer, Delivery};
use crate::sync::Mutex;

/// The deliveries of a batch that are neither settled nor lost.
pub(super) struct HeldDeliveries<'c> {
    consumer: &'c dyn Consumer,
    /// By their tags.
    held: Mutex<HashMap<u64, HeldDelivery>>,
    added: Notify,
    lost: Notify,
}

/// A delivery, and when its lease is extended.
struct HeldDelivery {
    delivery: Delivery,
    due: Instant,
}

impl<'c> HeldDeliveries<'c> {
    pub(super) fn new(consumer: &'c dyn Consumer) -> Self {
        Self { consumer, held: Mutex::default(), added: Notify::new(), lost: Notify::new() }
    }

    /// Holds a delivery that was just handed out.
    pub(super) fn add(&self, delivery: &Delivery) {
        if let Some(lease) = self.consumer.lease() {
            let due = Instant::now() + lease / 2;
            self.held.lock().insert(delivery.tag, HeldDelivery { delivery: delivery.clone(), due });
            self.added.notify_one();
        }
    }

    /// It is settled.
    pub(super) fn let_go(&self, delivery: &Delivery) {
        self.held.lock().remove(&delivery.tag);
    }

    /// Whether it is somebody else's by now, as far as that is known.
    pub(super) fn is_lost(&self, delivery: &Delivery) -> bool {
        let has_ended = self.consumer.lease().is_some() && !self.held.lock().contains_key(&delivery.tag);
        has_ended || self.consumer.is_lost(delivery)
    }

    /// Waits until none of these is ours any more. Where there are no leases, that is for ever.
    pub(super) async fn all_lost(&self, deliveries: &[Delivery]) {
        if self.consumer.lease().is_none() {
            return pending().await;
        }
        loop {
            let lost = self.lost.notified();
            if deliveries.iter().all(|delivery| self.is_lost(delivery)) {
                return;
            }
            lost.await;
        }
    }

    /// Extends the leases for as long as this is polled.
    pub(super) async fn keep(&self) -> Infallible {
        let Some(lease) = self.consumer.lease() else { return pending().await };
        loop {
            let next = self.held.lock().values().map(|held| held.due).min();
            let due = async {
                match next {
                    Some(due) => sleep_until(due).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = due => self.extend(lease).await,
                () = self.added.notified() => {}
            }
        }
    }

    /// Extends the leases that are due, all at once.
    async fn extend(&self, lease: Duration) {
        let now = Instant::now();
        let due: Vec<Delivery> =
            self.held.lock().values().filter(|held| held.due <= now).map(|held| held.delivery.clone()).collect();
        let extended = join_all(due.iter().map(|delivery| self.consumer.extend(delivery))).await;
        let mut held = self.held.lock();
        for (delivery, extended) in due.iter().zip(extended) {
            if let Err(BridgeError::LeaseLost) = extended {
                held.remove(&delivery.tag);
            } else if let Some(held) = held.get_mut(&delivery.tag) {
                held.due = now + lease / 2;
            }
        }
        drop(held);
        self.lost.notify_one();
    }
}

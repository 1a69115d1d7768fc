//! The jobs that this process has, whose leases are extended on the thread of the connections: a handler that computes
//! without yielding could not do so itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::sleep;

use super::keys::QueueKeys;
use super::queue_connection::QueueConnection;
use super::scripts;
use crate::bridge::BridgeError;
use crate::one_line::OneLine;
use crate::sync::Mutex;

/// A delivery of a job: its entry in the stream, and how often it has been delivered by then.
#[derive(Clone, Debug)]
pub(super) struct JobDelivery {
    pub(super) entry: Arc<str>,
    pub(super) number: u32,
    /// Whether it is somebody else's by now, as far as we know.
    lost: Arc<AtomicBool>,
}

impl JobDelivery {
    pub(super) fn new(entry: String, number: u32) -> Self {
        Self { entry: entry.into(), number, lost: Arc::default() }
    }

    /// Whether it is somebody else's by now, as far as we know.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }
}

/// The deliveries of a queue that this process has.
#[derive(Default)]
pub(super) struct Deliveries(Mutex<HashMap<Arc<str>, JobDelivery>>);

impl Deliveries {
    /// It is ours, and held from now on.
    pub(super) fn hold(&self, delivery: &JobDelivery) {
        self.0.lock().insert(Arc::clone(&delivery.entry), delivery.clone());
    }

    /// It is not held any more.
    pub(super) fn let_go(&self, delivery: &JobDelivery) {
        let mut held = self.0.lock();
        // One that has come again since is another delivery of the same job.
        if held.get(&delivery.entry).is_some_and(|held| held.number == delivery.number) {
            held.remove(&delivery.entry);
        }
    }

    /// Extends the leases of all of them, again and again, until the connection is closed.
    pub(super) async fn keep(&self, connection: &QueueConnection, keys: &QueueKeys, lease: Duration) {
        while !connection.is_closed() {
            // Three times in a lease: one that is late is not too late.
            sleep(lease / 3).await;
            if let Err(error) = self.extend(connection, keys).await {
                tracing::debug!(target: "pontoon", error = %OneLine(&error), "leases are not extended");
            }
        }
    }

    async fn extend(&self, connection: &QueueConnection, keys: &QueueKeys) -> Result<(), BridgeError> {
        /// How many leases one script extends: everybody else waits for it.
        const AT_ONCE: usize = 500;
        let held: Vec<JobDelivery> = self.0.lock().values().cloned().collect();
        for some in held.chunks(AT_ONCE) {
            let mut script = scripts::extend(keys);
            for delivery in some {
                script.arg(&*delivery.entry).arg(delivery.number);
            }
            let lost: Vec<usize> = connection.run(&script).await?;
            for delivery in lost.into_iter().filter_map(|place| some.get(place)) {
                delivery.lost.store(true, Ordering::Relaxed);
                self.let_go(delivery);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_lets_an_earlier_delivery_go_does_not_lose_the_next() {
        let deliveries = Deliveries::default();
        let [first, second] = [1, 2].map(|number| JobDelivery::new("7-0".to_owned(), number));
        deliveries.hold(&first);
        deliveries.hold(&second);
        deliveries.let_go(&first);
        assert_eq!(deliveries.0.lock().len(), 1);
        deliveries.let_go(&second);
        assert!(deliveries.0.lock().is_empty());
    }
}

// The queues of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{Listeners, Queue, QueuePolicy, WhenFull};
use std::time::Duration;

/// The queue `invoices`.
#[derive(Clone, Copy, Debug)]
pub struct Invoices;

impl Queue for Invoices {
    type Payload = crate::quickstart::contract::Invoice;
    const SUBJECT: &'static str = "shop.queue.invoices";
    const POLICY: QueuePolicy = QueuePolicy::new()
        .lease(Duration::from_secs(30))
        .attempts(5)
        .backoff(Duration::from_secs(1), Duration::from_mins(1))
        .dead_letter()
        .bound(1000)
        .when_full(WhenFull::Refuse);
    const LISTENERS: Listeners = Listeners::new().keep(Duration::from_hours(168));
}

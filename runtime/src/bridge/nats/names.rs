//! The names of streams, consumers and dead letters at the server.

/// The stream of all events of a topology: `shop_events`.
pub(super) fn event_stream(topology: &str) -> String {
    format!("{topology}_events")
}

/// The stream of all dead letters of a topology: `shop_dead`.
pub(super) fn dead_letter_stream(topology: &str) -> String {
    format!("{topology}_dead")
}

/// The subject of the dead letters of a subscription: `shop.dead.email.v1.greet`.
pub(super) fn dead_letters(topology: &str, subscription: &str) -> String {
    format!("{topology}.dead.{subscription}")
}

/// Whether this is the subject of a subscription's dead letters, and not a queue's: `shop.dead.queue.invoices`.
pub(super) fn is_of_a_subscription(topology: &str, dead_letters: &str) -> bool {
    let address = dead_letters.strip_prefix(&*self::dead_letters(topology, ""));
    address.is_some_and(|address| address.split('.').count() == 3)
}

/// The durable consumer of a subscription: `email-v1-greet`. No two have the same: names of the topology have no `-`.
pub(super) fn consumer(subscription: &str) -> String {
    subscription.replace('.', "-")
}

/// The stream of a queue: `shop-queue-invoices`, of the subject `shop.queue.invoices`. No two have the same, and none
/// that of another stream: names of the topology have no `-`.
pub(super) fn queue_stream(subject: &str) -> String {
    subject.replace('.', "-")
}

/// The durable consumer of a queue, which all workers take from.
pub(super) const WORKERS: &str = "workers";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_dead_letters_of_a_queue_are_no_subscriptions() {
        let is_one = |subject| is_of_a_subscription("shop", subject);
        assert!(is_one("shop.dead.email.v1.greet") && is_one("shop.dead.queue.v1.invoices"));
        assert!(!is_one("shop.dead.queue.invoices") && !is_one("other.dead.email.v1.greet"));
    }

    #[test]
    fn no_two_subscriptions_have_one_consumer() {
        let subscriptions = ["a.v1.v1_b", "a_v1.v1.b", "a.v1.v1_b_", "a_.v1.v1_b", "a.v11.b", "a.v1.v1b"];
        let names: BTreeSet<String> = subscriptions.into_iter().map(consumer).collect();
        assert_eq!(names.len(), subscriptions.len());
        // What NATS refuses in a name.
        assert!(names.iter().all(|name| !name.contains(['.', '*', '>', ' ', '/', '\\'])));
    }
}

//! The keys of a queue, all in one slot of a cluster.

use crate::environment::Instance;

/// The keys of a queue.
#[derive(Clone, Debug)]
pub(super) struct QueueKeys {
    /// The stream of jobs.
    pub(super) jobs: String,
    /// The sorted set of those that wait for their time.
    pub(super) later: String,
    /// The hash of what those are.
    pub(super) held: String,
    /// The stream of dead letters.
    pub(super) dead: String,
    /// What the keys of deduplication ids begin with.
    seen: String,
}

impl QueueKeys {
    /// Those of the queue of a subject: of `shop.queue.invoices` they begin with `{shop}:queue:invoices`. Names of the
    /// topology have neither dots nor colons nor braces: no two queues share a key, and none has one of the state's.
    pub(super) fn new(instance: &Instance, subject: &str) -> Self {
        let jobs = in_slot(instance.topology, &instance.without_topology(subject).replace('.', ":"));
        let below = |kind: &str| format!("{jobs}:{kind}");
        Self { later: below("later"), held: below("held"), dead: below("dead"), seen: below("seen:"), jobs }
    }

    /// The key of a deduplication id.
    pub(super) fn seen(&self, id: &str) -> String {
        format!("{}{id}", self.seen)
    }
}

/// A key that is in the slot of all keys of a topology.
pub(super) fn probe(topology: &str) -> String {
    in_slot(topology, "queue")
}

fn in_slot(topology: &str, name: &str) -> String {
    format!("{{{topology}}}:{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys_of_a_topology_are_in_one_slot() {
        let keys = QueueKeys::new(&Instance::new("shop", "billing"), "shop.queue.invoices");
        assert_eq!(keys.jobs, "{shop}:queue:invoices");
        assert_eq!(keys.seen("4:acmebill"), "{shop}:queue:invoices:seen:4:acmebill");
        let all = [&keys.jobs, &keys.later, &keys.held, &keys.dead, &keys.seen];
        assert!(all.iter().all(|key| key.starts_with("{shop}:queue:invoices")));
    }
}

//! What each adapter can do. One table: the compiler checks topologies against it, and an adapter of the runtime has to
//! do what its row says.

use std::time::Duration;

/// Everything that a bridge or a store can be made of.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Adapter {
    /// Memory of the process.
    InMemory,
    /// The local disk.
    Embedded,
    /// RabbitMQ and other brokers that speak AMQP 0.9.1.
    Amqp,
    /// NATS: core for what may be lost and for requests, JetStream for the rest.
    Nats,
    /// Brokers that speak MQTT 5: QoS 1, persistent sessions.
    Mqtt,
    /// Redis: streams for jobs, keys for state.
    Redis,
    /// A Dapr sidecar.
    Dapr,
    /// Services of AWS: DynamoDB, Secrets Manager, the parameter store.
    Aws,
    /// Environment variables.
    Env,
    /// A folder of files.
    File,
    /// One from elsewhere: the topology names its Rust type, and says what it can do.
    Custom,
}

impl Adapter {
    /// The word that stands for it in a topology.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InMemory => "in_memory",
            Self::Embedded => "embedded",
            Self::Amqp => "amqp",
            Self::Nats => "nats",
            Self::Mqtt => "mqtt",
            Self::Redis => "redis",
            Self::Dapr => "dapr",
            Self::Aws => "aws",
            Self::Env => "env",
            Self::File => "file",
            Self::Custom => "custom",
        }
    }

    /// The feature of the crate `pontoon` that brings it; nothing for those that are always there.
    pub const fn feature(self) -> Option<&'static str> {
        match self {
            Self::InMemory | Self::Env | Self::File | Self::Custom => None,
            _ => Some(self.name()),
        }
    }

    /// The feature that its connections need besides, where they are encrypted. The client of NATS always has it.
    pub const fn tls_feature(self) -> Option<&'static str> {
        match self {
            Self::Amqp | Self::Mqtt | Self::Redis => Some("tls"),
            _ => None,
        }
    }
}

/// Which messages keep their order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "document", derive(serde::Deserialize))]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "document", serde(rename_all = "snake_case"))]
pub enum Ordering {
    /// Those from one publisher to one consumer that handles one at a time.
    OneConsumer,
    /// Those with the same key, also where several consumers share the work.
    ByKey,
}

/// Whether a bound on what waits for a consumer holds.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "document", derive(serde::Deserialize))]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "document", serde(rename_all = "snake_case"))]
pub enum Bound {
    /// It does not: the broker has limits of its own.
    Broker,
    /// It does, in one way: the oldest message makes room, and its sender does not hear of that.
    DropOldest,
    /// It does, and the sender of what finds no room waits, gets an error or goes on, as it was said.
    AsSaid,
}

/// A pause between attempts of up to this is spent in the process; for longer ones a bridge that limits how long a
/// message can be held keeps it, unless its order matters.
pub const LONGEST_PAUSE_HELD: Duration = Duration::from_secs(60);

/// What an event bridge or a queue bridge can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bridge {
    /// Which it is.
    pub adapter: Adapter,
    /// What is acknowledged survives a crash of the process and of the broker.
    pub durable: bool,
    /// Commands can be sent and answered.
    pub request_reply: bool,
    /// Several instances of one consumer share its messages.
    pub competing_consumers: bool,
    /// Which messages keep their order at at-least-once delivery.
    pub ordering: Ordering,
    /// Which messages keep their order at at-most-once delivery.
    pub ordering_at_most_once: Ordering,
    /// Whether a bound on what waits holds, at at-least-once delivery.
    pub bound: Bound,
    /// Whether it does at at-most-once delivery.
    pub bound_at_most_once: Bound,
    /// A job can be held back for a time.
    pub delay: bool,
    /// Of jobs with the same deduplication id, all but the first within a time are left out.
    pub deduplication: bool,
    /// What failed for good is kept, to be looked at and replayed.
    pub dead_letter: bool,
    /// The largest payload in bytes; `u64::MAX` where nothing is serialized and nothing measured.
    pub largest_payload: u64,
    /// How long a message can be held before the broker takes it from its consumer, unless the broker is told
    /// otherwise; `None` where it can be held for ever, or for as long as somebody says that it is.
    pub longest_hold: Option<Duration>,
    /// The longest name that a queue can have at the broker, in bytes; `u64::MAX` where names are as long as they are.
    pub longest_name: u64,
    /// Other processes can be reached.
    pub crosses_processes: bool,
}

impl Ordering {
    /// The word that stands for it in a topology.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneConsumer => "one_consumer",
            Self::ByKey => "by_key",
        }
    }
}

impl Bound {
    /// The word that stands for it in a topology.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::DropOldest => "drop_oldest",
            Self::AsSaid => "as_said",
        }
    }
}

impl Bridge {
    /// What is taken of an adapter from elsewhere about which no more is said: it carries messages of any size, within
    /// its process, and promises nothing.
    pub const CUSTOM: Self = Self {
        adapter: Adapter::Custom,
        durable: false,
        request_reply: false,
        competing_consumers: false,
        ordering: Ordering::OneConsumer,
        ordering_at_most_once: Ordering::OneConsumer,
        bound: Bound::Broker,
        bound_at_most_once: Bound::Broker,
        delay: false,
        deduplication: false,
        dead_letter: false,
        largest_payload: u64::MAX,
        longest_hold: None,
        longest_name: u64::MAX,
        crosses_processes: false,
    };
}

/// What a state store can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StateStore {
    /// Which it is.
    pub adapter: Adapter,
    /// What is written survives a crash.
    pub durable: bool,
    /// Values can go away by themselves after a time.
    pub ttl: bool,
    /// A value can be replaced on condition that nobody else has.
    pub etags: bool,
    /// Several keys change together or not at all.
    pub transactions: bool,
    /// Keys can be listed by how they begin.
    pub prefix_listing: bool,
    /// The largest value in bytes; `u64::MAX` where nothing is serialized and nothing measured.
    pub largest_value: u64,
    /// Other processes see what is written.
    pub crosses_processes: bool,
}

/// What a secret store or a config store can do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lookup {
    /// Which it is.
    pub adapter: Adapter,
    /// A value that changes while the process runs is seen.
    pub sees_changes: bool,
    /// The value stands in the process's environment, where logs, crash reports and child processes can see it.
    pub in_environment: bool,
    /// The largest value in bytes.
    pub largest_value: u64,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// Memory of the process, as an event bridge.
pub const IN_MEMORY: Bridge = Bridge {
    adapter: Adapter::InMemory,
    durable: false,
    request_reply: true,
    competing_consumers: true,
    ordering: Ordering::ByKey,
    ordering_at_most_once: Ordering::ByKey,
    bound: Bound::AsSaid,
    bound_at_most_once: Bound::AsSaid,
    delay: true,
    deduplication: true,
    dead_letter: true,
    largest_payload: u64::MAX,
    longest_hold: None,
    longest_name: u64::MAX,
    crosses_processes: false,
};

/// The local disk, as an event bridge.
pub const EMBEDDED: Bridge =
    Bridge { adapter: Adapter::Embedded, durable: true, largest_payload: 16 * MIB, ..IN_MEMORY };

/// RabbitMQ, as an event bridge.
pub const AMQP: Bridge = Bridge {
    adapter: Adapter::Amqp,
    // RabbitMQ's `consumer_timeout`.
    longest_hold: Some(Duration::from_secs(30 * 60)),
    // A short string of AMQP 0-9-1.
    longest_name: 255,
    crosses_processes: true,
    ..EMBEDDED
};

/// NATS, as an event bridge.
pub const NATS: Bridge = Bridge {
    adapter: Adapter::Nats,
    ordering_at_most_once: Ordering::OneConsumer,
    bound: Bound::Broker,
    bound_at_most_once: Bound::DropOldest,
    longest_hold: None,
    largest_payload: MIB,
    longest_name: u64::MAX,
    ..AMQP
};

/// A broker that speaks MQTT 5, as an event bridge.
pub const MQTT: Bridge = Bridge {
    adapter: Adapter::Mqtt,
    ordering: Ordering::OneConsumer,
    ordering_at_most_once: Ordering::OneConsumer,
    bound: Bound::Broker,
    bound_at_most_once: Bound::Broker,
    largest_payload: 256 * KIB,
    longest_hold: None,
    longest_name: u64::MAX,
    ..AMQP
};

const REDIS: Bridge = Bridge {
    adapter: Adapter::Redis,
    ordering: Ordering::OneConsumer,
    longest_hold: None,
    longest_name: u64::MAX,
    ..AMQP
};

/// The event bridges, which carry commands and events.
pub const EVENT_BRIDGES: [Bridge; 5] = [IN_MEMORY, EMBEDDED, AMQP, NATS, MQTT];

/// RabbitMQ, as a queue bridge. A queue whose messages have times to live of their own looks at the first one alone:
/// a job behind it would be late.
const AMQP_QUEUE: Bridge = Bridge { delay: false, deduplication: false, ..queue(AMQP) };

/// NATS, as a queue bridge: a work queue of JetStream for each queue. Messages for later came with version 2.12.
const NATS_QUEUE: Bridge = Bridge { delay: false, ..queue(NATS) };

/// A broker that speaks MQTT 5, as a queue bridge.
const MQTT_QUEUE: Bridge = Bridge { delay: false, deduplication: false, ..queue(MQTT) };

/// The queue bridges, which carry jobs. None answers.
pub const QUEUE_BRIDGES: [Bridge; 6] =
    [queue(IN_MEMORY), queue(EMBEDDED), AMQP_QUEUE, NATS_QUEUE, MQTT_QUEUE, queue(REDIS)];

/// Jobs are pulled by whoever is free: there is nobody to answer, no order beyond one worker, and a queue has its
/// bound.
const fn queue(bridge: Bridge) -> Bridge {
    Bridge {
        request_reply: false,
        ordering: Ordering::OneConsumer,
        ordering_at_most_once: Ordering::OneConsumer,
        bound: Bound::AsSaid,
        bound_at_most_once: Bound::AsSaid,
        ..bridge
    }
}

/// The state stores.
pub const STATE_STORES: [StateStore; 5] = [
    StateStore {
        adapter: Adapter::InMemory,
        durable: false,
        ttl: true,
        etags: true,
        transactions: true,
        prefix_listing: true,
        largest_value: u64::MAX,
        crosses_processes: false,
    },
    StateStore {
        adapter: Adapter::Embedded,
        durable: true,
        ttl: true,
        etags: true,
        transactions: true,
        prefix_listing: true,
        largest_value: 16 * MIB,
        crosses_processes: false,
    },
    StateStore {
        adapter: Adapter::Redis,
        durable: true,
        ttl: true,
        etags: true,
        transactions: true,
        prefix_listing: true,
        // The server takes 512 MiB; but it does one thing after the other, and everybody waits for a large one.
        largest_value: 16 * MIB,
        crosses_processes: true,
    },
    StateStore {
        adapter: Adapter::Dapr,
        durable: true,
        ttl: true,
        etags: true,
        transactions: true,
        prefix_listing: false,
        largest_value: 4 * MIB,
        crosses_processes: true,
    },
    StateStore {
        adapter: Adapter::Aws,
        durable: true,
        ttl: true,
        etags: true,
        transactions: true,
        prefix_listing: true,
        largest_value: 400 * KIB,
        crosses_processes: true,
    },
];

const ENV: Lookup =
    Lookup { adapter: Adapter::Env, sees_changes: false, in_environment: true, largest_value: 128 * KIB };
const FILE: Lookup = Lookup { adapter: Adapter::File, sees_changes: true, in_environment: false, largest_value: MIB };

/// The secret stores.
pub const SECRET_STORES: [Lookup; 3] = [ENV, FILE, Lookup { adapter: Adapter::Aws, largest_value: 64 * KIB, ..FILE }];

/// The config stores.
pub const CONFIG_STORES: [Lookup; 5] = [
    ENV,
    FILE,
    Lookup { adapter: Adapter::Nats, ..FILE },
    Lookup { adapter: Adapter::Redis, ..FILE },
    Lookup { adapter: Adapter::Aws, largest_value: 8 * KIB, ..FILE },
];

/// What this adapter can do as an event bridge, if it is one.
pub fn event_bridge(adapter: Adapter) -> Option<&'static Bridge> {
    EVENT_BRIDGES.iter().find(|bridge| bridge.adapter == adapter)
}

/// What this adapter can do as a queue bridge, if it is one.
pub fn queue_bridge(adapter: Adapter) -> Option<&'static Bridge> {
    QUEUE_BRIDGES.iter().find(|bridge| bridge.adapter == adapter)
}

/// What this adapter can do as a state store, if it is one.
pub fn state_store(adapter: Adapter) -> Option<&'static StateStore> {
    STATE_STORES.iter().find(|store| store.adapter == adapter)
}

/// What this adapter can do as a secret store, if it is one.
pub fn secret_store(adapter: Adapter) -> Option<&'static Lookup> {
    SECRET_STORES.iter().find(|store| store.adapter == adapter)
}

/// What this adapter can do as a config store, if it is one.
pub fn config_store(adapter: Adapter) -> Option<&'static Lookup> {
    CONFIG_STORES.iter().find(|store| store.adapter == adapter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_forgets_and_stays_in_its_process() {
        for bridge in [event_bridge(Adapter::InMemory), queue_bridge(Adapter::InMemory)] {
            let bridge = bridge.unwrap();
            assert!(!bridge.durable && !bridge.crosses_processes);
        }
        assert!(
            EVENT_BRIDGES
                .iter()
                .chain(&QUEUE_BRIDGES)
                .all(|bridge| bridge.durable == (bridge.adapter != Adapter::InMemory))
        );
    }

    #[test]
    fn each_adapter_stands_in_a_table_once() {
        for table in [&EVENT_BRIDGES[..], &QUEUE_BRIDGES[..]] {
            let mut adapters: Vec<_> = table.iter().map(|bridge| bridge.adapter).collect();
            adapters.sort();
            adapters.dedup();
            assert_eq!(adapters.len(), table.len());
        }
        assert_eq!(event_bridge(Adapter::Redis), None);
        assert_eq!(state_store(Adapter::Mqtt), None);
    }
}

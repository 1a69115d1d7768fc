//! What the author of an adapter implements, and what it is given: bridges for events and jobs, stores for state and
//! secrets, and the settings that open them.
//!
//! An adapter is two types. Its settings ([`EventBridge`], [`QueueBridge`], [`StateStore`] or [`SecretStore`]) are a
//! constant that generated code names, and open the adapter with the variables and secrets of a [`Setup`]. The adapter
//! ([`EventAdapter`], [`QueueAdapter`], [`StateAdapter`] or [`SecretAdapter`]) moves messages or keeps values, and
//! remembers which messages are not settled. When to try again, when to give up and what the end of a handler means is
//! the runtime's, once for all of them.

#[cfg(feature = "amqp")]
pub use crate::bridge::amqp::Amqp;
#[cfg(feature = "mqtt")]
pub use crate::bridge::mqtt::Mqtt;
#[cfg(feature = "nats")]
pub use crate::bridge::nats::Nats;
pub use crate::bridge::orphan::Orphan;
pub use crate::bridge::pending::{Pending, PendingRequest};
pub use crate::bridge::{
    BridgeError, Consumer, DeadMessage, Delivery, Depth, Endpoint, EventAdapter, IncomingRequest, Job, JobQueue,
    QueueAdapter, Reply, ReplyTo, Request, Settlement, Topic,
};
pub use crate::contract::known_subscription::KnownSubscription;
pub use crate::contract::policy::Backoff;
pub use crate::contract::presence::Environments;
pub use crate::contract::queue_policy::QueuePolicy;
pub use crate::contract::subscription_policy::{SubscriptionPolicy, WhenFull};
pub use crate::environment::{
    AnyEventBridge, Env, EventBridge, File, InMemory, Instance, QueueBridge, SecretStore, Setup, StateStore, Template,
    TemplatePart, Tls, Variables,
};
pub use crate::fault::FaultClass;
pub use crate::health::{Counters, Health};
pub use crate::maybe_ready::MaybeReady;
pub use crate::message::Message;
pub use crate::message::id::Id;
pub use crate::message::metadata::{Metadata, Trace};
pub use crate::secret::{SecretAdapter, SecretError, SecretValue};
#[cfg(feature = "redis")]
pub use crate::store::redis::Redis;
pub use crate::store::{Change, Entry, Etag, Expect, Page, Range, StateAdapter, StoreError};
pub use pontoon_schema::capability;

/// The adapters that stay in the process.
pub mod in_memory {
    pub use crate::bridge::in_memory::{InMemoryEvents, InMemoryQueues};
    pub use crate::secret::env::EnvSecrets;
    pub use crate::secret::file::FileSecrets;
    pub use crate::store::in_memory::InMemoryState;
}

/// What bridges over a network have in common: attempts, pauses and dead letters of a subscription, messages on a wire, and how
/// a connection comes back. With the feature `wire`.
#[cfg(feature = "wire")]
pub mod network {
    pub use crate::bridge::network::wire::{
        Attribute, CONTENT_TYPE, GivenUp, Incoming, Malformed, Outgoing, UnreadableMessage, read_reply, write_reply,
    };
    pub use crate::bridge::network::{
        AtomicCounters, BrokerSubscription, CONNECT_TIMEOUT, ConnectionState, DeadLetterPage, DeadLetterQuery,
        FoundDeadLetter, NetworkConsumer, Numbered, Numbering, PREFETCH, ReceivedMessage, Reconnect, WAIT_LIMIT, dead,
    };
}

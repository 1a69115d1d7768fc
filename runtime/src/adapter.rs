//! What the author of an adapter implements, and what it is given: bridges for events and jobs, stores for state and
//! secrets, and the settings that open them.
//!
//! An adapter is two types. Its settings ([`EventBridge`], [`QueueBridge`], [`StateStore`] or [`SecretStore`]) are a
//! constant that generated code names, and open the adapter with the variables and secrets of a [`Setup`]. The adapter
//! ([`EventAdapter`], [`QueueAdapter`], [`StateAdapter`] or [`SecretAdapter`]) moves messages or keeps values, and
//! remembers which messages are not settled. When to try again, when to give up and what the end of a handler means is
//! the runtime's, once for all of them.
//!
//! # An event bridge of one's own
//!
//! A topology names it by its type, and says what it can do:
//!
//! ```yaml
//! event_bridge:
//!   custom:
//!     adapter: my_bridge::MyBridge
//!     capabilities: { durable: true, competing_consumers: true, dead_letter: true, crosses_processes: true }
//!     settings: { url: "${HUB_URL}" }
//! ```
//!
//! Generated code then has `MyBridge::new().url(Template::variable("HUB_URL"))` in a constant, and compares
//! [`EventBridge::CAPABILITIES`] with what the topology says. Where the environment asks for encryption and the bridge
//! crosses processes, `.tls()` follows. `examples/custom_bridge` is one that works, with the tests of the conformance
//! suite.
//!
//! In this order:
//!
//! 1. **Settings**: a type that is `Copy`, with a `const fn new()` and a `const fn` for each setting, and
//!    [`EventBridge`]. [`CAPABILITIES`](EventBridge::CAPABILITIES) begins with [`capability::Bridge::CUSTOM`], which
//!    promises nothing; what is added has to be true. [`open`](EventBridge::open) reads the settings ([`Setup::text`])
//!    and says what is wrong ([`Setup::problem`]). It connects nothing.
//! 2. **[`EventAdapter`]**: [`topic`](EventAdapter::topic), [`subscribe`](EventAdapter::subscribe),
//!    [`retain_for`](EventAdapter::retain_for) and [`serve`](EventAdapter::serve) only note what is asked for;
//!    [`connect`](EventAdapter::connect) makes or checks it at the broker, and waits for a broker that is not there.
//!    After [`drain`](EventAdapter::drain) nothing new is taken, after [`close`](EventAdapter::close) all is
//!    [`BridgeError::Closed`], and nobody waits any more.
//! 3. **[`Topic`]**: done once the event is as safe as `durable` says. An event that is too large is
//!    [`BridgeError::TooLarge`] before anything is sent.
//! 4. **[`Consumer`]**: with the feature `wire`, `network::NetworkConsumer` is one, over a
//!    `network::BrokerSubscription`: receive, acknowledge, give back, keep a dead letter, show them. It counts
//!    attempts, holds back what is to be tried again, and gives up what has no attempt left. A message that was
//!    received belongs to this process until it is acknowledged or given back; of a process that is gone, the broker
//!    gives it to another, and counts that as `redelivered`.
//! 5. **[`Endpoint`] and [`EventAdapter::request`]**: [`Pending`] holds the requests that wait. Nobody serves a
//!    command: [`BridgeError::NoResponder`], at once. Replies go only to addresses that have the form of your own
//!    callers'.
//! 6. **On the wire**, `network::Outgoing` gives the attributes of a message by the names of CloudEvents, and
//!    `network::Incoming` reads them. What cannot be read is malformed, and never a panic.
//!
//! What returns [`MaybeReady`] may answer at once or wait. Where a method says that it is safe to drop while it waits,
//! nothing may be lost with the future: take a message as the last thing before it is returned.
//!
//! # The conformance suite
//!
//! `pontoon-conformance`, in the repository, runs the cases that all adapters pass. A bridge from elsewhere is a
//! `Custom`: its settings, the variables of one case, and how a foreign program publishes.
//! `event_bridge_suite! { custom MY_BRIDGE; without "why" { e24_permission_denied } }` makes the tests. What
//! `CAPABILITIES` claims cannot be left out.
//!
//! # Example
//!
//! Settings, and an adapter that has yet to learn its work:
//!
//! ```
//! use std::sync::Arc;
//!
//! use pontoon::adapter::capability::Bridge;
//! use pontoon::adapter::{EventAdapter, EventBridge, MaybeReady, Setup, Template};
//!
//! #[derive(Clone, Copy, Debug)]
//! pub struct MyBridge {
//!     url: Option<Template>,
//! }
//!
//! impl MyBridge {
//!     pub const fn new() -> Self {
//!         Self { url: None }
//!     }
//!
//!     pub const fn url(mut self, url: Template) -> Self {
//!         self.url = Some(url);
//!         self
//!     }
//! }
//!
//! impl EventBridge for MyBridge {
//!     const CAPABILITIES: Bridge = Bridge { durable: true, crosses_processes: true, ..Bridge::CUSTOM };
//!
//!     fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
//!         MaybeReady::boxed(async move {
//!             let Some(url) = setup.optional(self.url.as_ref()).await else {
//!                 setup.problem("`url:` is missing");
//!                 return None;
//!             };
//!             Some(connection_to(&url))
//!         })
//!     }
//! }
//!
//! # fn connection_to(_: &str) -> Arc<dyn EventAdapter> {
//! #     Arc::new(pontoon::adapter::in_memory::InMemoryEvents::new())
//! # }
//! const LOCAL: MyBridge = MyBridge::new().url(Template::variable_or("HUB_URL", "hub://localhost"));
//! # let _ = LOCAL;
//! ```

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
pub use crate::contract::worker_policy::WorkerPolicy;
#[cfg(feature = "embedded")]
pub use crate::embedded::Embedded;
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

/// The adapters on the local disk. With the feature `embedded`.
#[cfg(feature = "embedded")]
pub mod embedded {
    pub use crate::embedded::{EmbeddedEvents, EmbeddedQueues, EmbeddedState};
}

/// The adapters that stay in the process.
pub mod in_memory {
    pub use crate::bridge::in_memory::{InMemoryEvents, InMemoryQueues};
    pub use crate::secret::env::EnvSecrets;
    pub use crate::secret::file::FileSecrets;
    pub use crate::store::in_memory::InMemoryState;
}

/// What bridges over a network have in common: attempts, pauses and dead letters of a subscription, messages on a wire,
/// and how a connection comes back. With the feature `wire`.
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

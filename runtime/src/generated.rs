//! What generated code and the derives name. Not for people: it changes with the compiler that prints it, without
//! notice.

#[cfg(feature = "amqp")]
pub use crate::bridge::amqp::Amqp;
#[cfg(feature = "mqtt")]
pub use crate::bridge::mqtt::Mqtt;
#[cfg(feature = "nats")]
pub use crate::bridge::nats::Nats;
pub use crate::client::{Client, Remote, connect};
pub use crate::contract::batching::Batching;
pub use crate::contract::known_subscription::KnownSubscription;
pub use crate::contract::listeners::Listeners;
pub use crate::contract::never::Never;
pub use crate::contract::operation::{Command, Exposed, Kind, Operation, Schedule, Subscription, Tick, Worker};
pub use crate::contract::policy::{Backoff, Field, IdempotencyKey, Key, Named, Policy};
pub use crate::contract::presence::Environments;
pub use crate::contract::queue_policy::QueuePolicy;
pub use crate::contract::resource::{Event, Payload, Queue, Rejection, Secret, State};
pub use crate::contract::subscription_policy::{SubscriptionPolicy, WhenFull};
pub use crate::contract::timetable::Timetable;
#[cfg(feature = "embedded")]
pub use crate::embedded::Embedded;
pub use crate::environment::{Env, Environment, File, InMemory, Template, TemplatePart, Tls, agree};
pub use crate::handler::context::Context;
pub use crate::handler::edge::{
    AccessedBy, ChangedBy, EmittedBy, EnqueuedBy, MayAccess, MayChange, MayEmit, MayEnqueue, MayInvoke, MayRead,
    MayReveal, MayUpdate, MayWrite, ReadBy, RevealedTo, WrittenBy,
};
pub use crate::handler::error::{Cause, Error, Result};
pub use crate::handler::state::Access;
pub use crate::handler::undeclared::{Nobody, Undeclared};
pub use crate::handler::{FromResources, HandlerOf, Handles, IsHandler, Provides, Route};
pub use crate::handlers;
pub use crate::invoke::call::Call;
pub use crate::invoke::transport::{InProcess, OverBridge, Reachable, Transport};
pub use crate::listen::registration::Registration;
pub use crate::maybe_ready::Lazy;
#[cfg(feature = "redis")]
pub use crate::store::redis::Redis;
pub use crate::unit::Unit;
pub use crate::unit::adapters::Adapters;
pub use crate::unit::ports::{Collection, Emits, Enqueuer, Enqueues, Keeps, Ports, Publisher, Reveals, SecretSource};
pub use crate::unit::start::{Launch, in_memory, run, run_with, start};
pub use crate::unit::started::Started;
pub use pontoon_schema::capability::{Bound, Bridge, Ordering};

//! The markers of what is not handled but used: events, queues, state and secrets, and what their payloads must be.

use std::error::Error;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::contract::known_subscription::KnownSubscription;
use crate::contract::listeners::Listeners;
use crate::contract::presence::Environments;
use crate::contract::queue_policy::QueuePolicy;

/// What can travel between services: plain data. Implemented for every type that has what it takes.
///
/// ```
/// use pontoon::{Payload, Rejection};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Debug, Serialize, Deserialize)]
/// struct Order {
///     number: u64,
/// }
///
/// #[derive(Clone, Debug, Serialize, Deserialize)]
/// struct OutOfStock;
///
/// impl std::fmt::Display for OutOfStock {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         f.write_str("there is none left")
///     }
/// }
///
/// impl std::error::Error for OutOfStock {}
///
/// fn can_be_sent<T: Payload>() {}
/// fn can_be_a_no<T: Rejection>() {}
/// can_be_sent::<Order>();
/// can_be_a_no::<OutOfStock>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a payload",
    label = "this type travels between services",
    note = "a payload is `Serialize + DeserializeOwned + Clone + Send + Sync + 'static`: \
            `#[derive(Clone, Serialize, Deserialize)]`"
)]
pub trait Payload: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Clone + Send + Sync + 'static> Payload for T {}

/// What can be a rejection: a payload that is an error. Implemented for every type that has what it takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a rejection",
    label = "this type is what a command says no with",
    note = "a rejection is a payload that implements `std::error::Error`"
)]
pub trait Rejection: Payload + Error {}

impl<T: Payload + Error> Rejection for T {}

/// A fact that is published. Generated for each event of the topology.
pub trait Event: Copy + Send + Sync + 'static {
    /// What the fact says.
    type Payload: Payload;
    /// Where it is published, such as `shop.event.user_signed_up.v1`.
    const SUBJECT: &'static str;
    /// How many events and jobs may have led to this one, if that is limited (`max_hops`).
    const MAX_HOPS: Option<u32> = None;
    /// Where it exists: elsewhere, nothing is published.
    const ENVIRONMENTS: Environments = Environments::all();
    /// What those need who hear it.
    const LISTENERS: Listeners = Listeners::new();
    /// All who hear it, in whatever unit.
    const SUBSCRIPTIONS: &'static [KnownSubscription] = &[];
}

/// A queue of jobs. Generated for each queue of the topology.
pub trait Queue: Copy + Send + Sync + 'static {
    /// What a job says.
    type Payload: Payload;
    /// Where jobs go, such as `shop.queue.invoices`.
    const SUBJECT: &'static str;
    /// How jobs are leased, tried again and given up.
    const POLICY: QueuePolicy = QueuePolicy::new();
    /// What those need who work on it.
    const LISTENERS: Listeners = Listeners::new();
}

/// A collection of state. Generated for each collection of the topology.
pub trait State: Copy + Send + Sync + 'static {
    /// What is kept under each key.
    type Value: Payload;
    /// The collection's name.
    const NAME: &'static str;
    /// How long a value is kept after it was written, if not for ever.
    const TTL: Option<Duration> = None;
}

/// A secret. Generated for each secret of the topology.
pub trait Secret: Copy + Send + Sync + 'static {
    /// The secret's name.
    const NAME: &'static str;
}

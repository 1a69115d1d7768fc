//! The markers of what is handled: commands, subscriptions, workers and schedules.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::contract::batching::Batching;
use crate::contract::known_subscription::KnownSubscription;
use crate::contract::never::Never;
use crate::contract::policy::{Backoff, Key, Policy};
use crate::contract::presence::Environments;
use crate::contract::resource::{Event, Payload, Queue, Rejection};
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::contract::timetable::Timetable;

/// What an operation is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Request and reply.
    Command,
    /// A reaction to an event.
    Subscription,
    /// Takes jobs from a queue.
    Worker,
    /// Runs by the clock.
    Schedule,
}

/// Something that a handler handles. Generated, as a marker type, for each operation of the topology.
pub trait Operation: Copy + Send + Sync + 'static {
    /// What the handler gets.
    type Input: Payload;
    /// What it answers.
    type Output: Payload;
    /// What it says no with; [`Never`] where it does not.
    type Rejection: Rejection;
    /// What it is.
    const KIND: Kind;
    /// Its full name, such as `user.v1.sign_up`.
    const ADDRESS: &'static str;
    /// What the topology promises for it.
    const POLICY: Policy = Policy::new();

    /// What makes two inputs the same effect: the field that `idempotency: { key: … }` names, as
    /// `Some(Key::of(&input.field))`. Only asked for where [`Self::POLICY`] keeps replies.
    fn key(_input: &Self::Input) -> Option<Key> {
        None
    }
}

/// An operation that is called and answers.
pub trait Command: Operation {
    /// Where it is called over a bridge, such as `shop.command.user.v1.sign_up`.
    const SUBJECT: &'static str;
}

/// A command that may be called from outside, through the typed client.
#[diagnostic::on_unimplemented(
    message = "the topology does not let `{Self}` be called from outside",
    label = "not declared with `exposed: true`",
    note = "add `exposed: true` to this command in topology.yaml"
)]
pub trait Exposed: Command {}

/// An operation that reacts to an event.
pub trait Subscription: Operation<Output = (), Rejection = Never> {
    /// The event.
    type Event: Event<Payload = Self::Input>;
    /// How it is delivered.
    const DELIVERY: SubscriptionPolicy;
    /// Where it exists, of those in which its event does: elsewhere, it hears nothing, and nothing is kept for it.
    const ENVIRONMENTS: Environments = Environments::all();

    /// What must stay in order: the field that `ordered: { key: … }` names, as `Some(Key::of(&payload.field))`.
    fn order(_payload: &Self::Input) -> Option<Key> {
        None
    }
}

/// An operation that takes jobs from a queue.
pub trait Worker: Operation<Output = (), Rejection = Never> {
    /// The queue.
    type Queue: Queue<Payload = Self::Input>;
    /// How many runs there are in one process at a time.
    const CONCURRENCY: u32 = 1;
    /// How several jobs are gathered for a run, where it gets more than one.
    const BATCHING: Option<Batching> = None;
    /// The pauses between its attempts, where they are not the queue's.
    const BACKOFF: Option<Backoff> = None;
}

/// An operation that runs by the clock.
pub trait Schedule: Operation<Input = Tick, Output = (), Rejection = Never> {
    /// When it runs.
    const TIMETABLE: Timetable;
    /// Whether one instance at a time runs it, of those that share a state store.
    const SINGLE: bool = false;
    /// Whether one run after a start makes up for those that were missed.
    const MAKES_UP: bool = false;
}

impl KnownSubscription {
    /// A subscription of the contract. Generated code lists those of each event.
    #[must_use]
    pub const fn of<M: Subscription>() -> Self {
        let (subject, environments) = (M::Event::SUBJECT, M::ENVIRONMENTS);
        Self { subject, subscription: M::ADDRESS, delivery: M::DELIVERY, environments }
    }
}

/// The input of a schedule's handler.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use pontoon::Tick;
///
/// fn is_late(tick: Tick) -> bool {
///     SystemTime::now().duration_since(tick.due).is_ok_and(|late| late > Duration::from_secs(60))
/// }
///
/// assert!(is_late(Tick { due: SystemTime::UNIX_EPOCH, count: 0 }));
/// ```
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tick {
    /// When this run was due, to the millisecond. Of those that one run makes up for, the first.
    pub due: SystemTime,
    /// How many runs this process has started before this one.
    pub count: u64,
}

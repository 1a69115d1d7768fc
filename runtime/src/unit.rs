//! A unit, the process that generated code describes, and the ports through which its handlers reach the rest.

pub(crate) mod dead_letters;
pub(crate) mod lifecycle;
pub(crate) mod orphans;
pub(crate) mod shared;
pub(crate) mod signals;
pub(crate) mod start;
pub(crate) mod started;
pub(crate) mod wall_clock;

use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::bridge::{BridgeError, JobQueue, Topic};
use crate::contract::known_subscription::KnownSubscription;
use crate::contract::resource::{Event, Queue, Secret, State};
use crate::environment::Environment;
use crate::handler::{FromResources, Route};
use crate::invoke::outbox::{self, Port};
use crate::listen::registration::Registration;
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::secret::SecretAdapter;
use crate::store::StateAdapter;
use crate::unit::shared::Adapters;

/// One process: its handlers, made from resources and ports. Generated for each unit of a deployment.
pub trait Unit: Sized + Send + Sync + 'static {
    /// What the services of the unit are made from.
    type Resources;
    /// The topology's name, such as `shop`.
    const TOPOLOGY: &'static str;
    /// The unit's name, such as `monolith`.
    const NAME: &'static str;
    /// How long what runs may take to end when the unit stops.
    const GRACE: Duration;
    /// Where the unit can run; `PONTOON_ENV` picks one.
    const ENVIRONMENTS: &'static [Environment];

    /// All subscriptions of the topology, of this unit and of others, by event.
    const SUBSCRIPTIONS: &'static [&'static [KnownSubscription]] = &[];

    /// Makes the handlers and connects them with the ports.
    fn assemble(resources: &Self::Resources, ports: &Ports) -> Self;

    /// Makes the handler of an operation. Generated code calls it in [`Self::assemble`].
    fn make<M: Route<Self>>(resources: &M::Resources) -> M::Handler {
        FromResources::from_resources(resources)
    }

    /// Names what the unit listens to: subscriptions, queues and the clock.
    fn listen(registration: &mut Registration<Self>);
}

/// What a unit's ports are made from: the adapters of the environment.
pub struct Ports {
    adapters: Adapters,
    /// The environment's name, where it has one.
    environment: Option<&'static str>,
    asked: Mutex<Asked>,
}

/// Which ports a unit asked for.
#[derive(Default)]
pub(crate) struct Asked {
    /// All have to be there when the unit starts.
    pub(crate) secrets: Vec<&'static str>,
    /// By subject: where the outbox sends what it kept.
    pub(crate) ports: outbox::Ports,
}

impl Ports {
    pub(crate) fn new(adapters: Adapters, environment: Option<&'static str>) -> Self {
        Self { adapters, environment, asked: Mutex::default() }
    }

    /// Where an event is published: nowhere, in an environment in which it does not exist.
    #[must_use]
    pub fn publisher<E: Event>(&self) -> Publisher<E> {
        let topic = match E::ENVIRONMENTS.have(self.environment) {
            true => self.adapters.events.topic(E::SUBJECT),
            false => Arc::new(Nowhere),
        };
        self.asked().ports.insert(E::SUBJECT, (Port::Topic(Arc::clone(&topic)), E::LISTENERS));
        Publisher { topic, marker: PhantomData }
    }

    /// Where jobs of a queue are put.
    #[must_use]
    pub fn enqueuer<Q: Queue>(&self) -> Enqueuer<Q> {
        let queue = self.adapters.queues.queue(Q::SUBJECT, Q::POLICY);
        self.asked().ports.insert(Q::SUBJECT, (Port::Queue(Arc::clone(&queue)), Q::LISTENERS));
        Enqueuer { queue, marker: PhantomData }
    }

    /// Where a collection is kept.
    #[must_use]
    pub fn collection<S: State>(&self) -> Collection<S> {
        Collection { store: Arc::clone(&self.adapters.state), marker: PhantomData }
    }

    /// Where a secret is read.
    #[must_use]
    pub fn secret<X: Secret>(&self) -> SecretSource<X> {
        self.asked().secrets.push(X::NAME);
        SecretSource { store: Arc::clone(&self.adapters.secrets), marker: PhantomData }
    }

    pub(crate) fn into_asked(self) -> Asked {
        self.asked.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A unit's port for an event.
pub struct Publisher<E> {
    pub(crate) topic: Arc<dyn Topic>,
    marker: PhantomData<E>,
}

/// The topic of an event that does not exist in this environment.
struct Nowhere;

impl Topic for Nowhere {
    fn publish(&self, _: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::ready(Ok(()))
    }
}

/// A unit's port for a queue.
pub struct Enqueuer<Q> {
    pub(crate) queue: Arc<dyn JobQueue>,
    marker: PhantomData<Q>,
}

/// A unit's port for a collection of state.
pub struct Collection<S> {
    pub(crate) store: Arc<dyn StateAdapter>,
    marker: PhantomData<S>,
}

/// A unit's port for a secret.
pub struct SecretSource<X> {
    pub(crate) store: Arc<dyn SecretAdapter>,
    marker: PhantomData<X>,
}

/// A unit with a port for `E`.
pub trait Emits<E: Event> {
    /// The port.
    fn publisher(&self) -> &Publisher<E>;
}

/// A unit with a port for `Q`.
pub trait Enqueues<Q: Queue> {
    /// The port.
    fn enqueuer(&self) -> &Enqueuer<Q>;
}

/// A unit with a port for `S`.
pub trait Keeps<S: State> {
    /// The port.
    fn collection(&self) -> &Collection<S>;
}

/// A unit with a port for `X`.
pub trait Reveals<X: Secret> {
    /// The port.
    fn secret(&self) -> &SecretSource<X>;
}

//! The ports of a unit, through which its handlers reach bridges and stores.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::bridge::{BridgeError, JobQueue, Topic};
use crate::contract::resource::{Event, Queue, Secret, State};
use crate::invoke::outbox::port::{self, Port};
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::secret::SecretAdapter;
use crate::store::StateAdapter;
use crate::sync::{Mutex, MutexGuard};
use crate::unit::adapters::Adapters;

/// What a unit's ports are made from: the adapters of the environment.
pub struct Ports {
    adapters: Adapters,
    /// The environment's name, where it has one.
    environment: Option<&'static str>,
    requested: Mutex<RequestedPorts>,
}

/// Which ports a unit asked for.
#[derive(Default)]
pub(crate) struct RequestedPorts {
    /// All have to be there when the unit starts.
    pub(crate) secrets: Vec<&'static str>,
    /// By subject: where the outbox sends what it kept.
    pub(crate) ports: port::Ports,
}

impl Ports {
    pub(crate) fn new(adapters: Adapters, environment: Option<&'static str>) -> Self {
        Self { adapters, environment, requested: Mutex::default() }
    }

    /// Where an event is published: nowhere, in an environment in which it does not exist.
    #[must_use]
    pub fn publisher<E: Event>(&self) -> Publisher<E> {
        let topic = match E::ENVIRONMENTS.have(self.environment) {
            true => self.adapters.events.topic(E::SUBJECT),
            false => Arc::new(Nowhere),
        };
        self.requested().ports.insert(E::SUBJECT, (Port::Topic(Arc::clone(&topic)), E::LISTENERS));
        Publisher { topic, marker: PhantomData }
    }

    /// Where jobs of a queue are put.
    #[must_use]
    pub fn enqueuer<Q: Queue>(&self) -> Enqueuer<Q> {
        let queue = self.adapters.queues.queue(Q::SUBJECT, Q::POLICY);
        self.requested().ports.insert(Q::SUBJECT, (Port::Queue(Arc::clone(&queue)), Q::LISTENERS));
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
        self.requested().secrets.push(X::NAME);
        SecretSource { store: Arc::clone(&self.adapters.secrets), marker: PhantomData }
    }

    pub(crate) fn into_requested(self) -> RequestedPorts {
        self.requested.into_inner()
    }

    fn requested(&self) -> MutexGuard<'_, RequestedPorts> {
        self.requested.lock()
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

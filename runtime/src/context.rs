//! What a handler may do. Every edge is a trait of its own, so that one that was not declared cannot be written.

use std::future::Future;

use tokio::time::Instant;

use crate::bridge::BridgeError;
use crate::definition::{Event, Queue, Secret, State};
use crate::error::InvokeError;
use crate::id::Id;
use crate::operation::Command;
use crate::secret::{SecretError, SecretValue};
use crate::state::{Access, View};
use crate::unit::JobOptions;

/// What every handler has: the metadata of the message it handles, and the edges that its topology declares.
///
/// The context of a handler, such as `topology::user::sign_up::Context`, is this trait with the declared edges.
pub trait Context: Send + Sync {
    /// Names the message that is handled; the same for every attempt.
    fn id(&self) -> Id;

    /// Names the chain of messages that this one belongs to: the same from the first caller on.
    fn correlation(&self) -> Id;

    /// The message whose handling caused this one, if there is one.
    fn causation(&self) -> Option<Id>;

    /// On whose behalf.
    fn principal(&self) -> Option<&str>;

    /// For which tenant.
    fn tenant(&self) -> Option<&str>;

    /// When the handler is out of time: its time-out or its caller's, whichever comes first.
    fn deadline(&self) -> Option<Instant>;

    /// Which attempt this is; the first is 1.
    fn attempt(&self) -> u32;

    /// How many events and jobs led here.
    fn hops(&self) -> u32;

    /// Calls a command and waits for its answer. Declared by `invokes:`.
    ///
    /// # Errors
    /// [`InvokeError::Rejected`]: it said no. [`InvokeError::Fault`]: it could not answer.
    fn invoke<M: Command>(
        &self,
        command: M,
        input: M::Input,
    ) -> impl Future<Output = Result<M::Output, InvokeError<M::Rejection>>> + Send
    where
        Self: MayInvoke<M>,
    {
        let _ = command;
        MayInvoke::<M>::call(self, input)
    }

    /// Publishes an event; done once every subscription has it. Declared by `emits:`.
    ///
    /// # Errors
    /// A bridge that is closed or out of reach, a subscription that is full and refuses, too many hops.
    fn emit<E: Event>(&self, event: E, payload: E::Payload) -> impl Future<Output = Result<(), BridgeError>> + Send
    where
        Self: MayEmit<E>,
    {
        let _ = event;
        MayEmit::<E>::publish(self, payload)
    }

    /// Puts a job into a queue. Declared by `enqueues:`.
    ///
    /// # Errors
    /// A bridge that is closed or out of reach, a queue that is full and refuses.
    fn enqueue<Q: Queue>(&self, queue: Q, job: Q::Payload) -> impl Future<Output = Result<(), BridgeError>> + Send
    where
        Self: MayEnqueue<Q>,
    {
        self.enqueue_with(queue, job, JobOptions::new())
    }

    /// Puts a job into a queue that waits a while first, or is taken once however often it is put in.
    ///
    /// # Errors
    /// As [`Self::enqueue`].
    fn enqueue_with<Q: Queue>(
        &self,
        queue: Q,
        job: Q::Payload,
        options: JobOptions,
    ) -> impl Future<Output = Result<(), BridgeError>> + Send
    where
        Self: MayEnqueue<Q>,
    {
        let _ = queue;
        MayEnqueue::<Q>::push(self, job, options)
    }

    /// A collection of state: to read, and with `writes:` to write. Declared by `reads:` or `writes:`.
    fn state<S: State>(&self, state: S) -> View<'_, S, Self>
    where
        Self: MayRead<S> + Sized,
    {
        View::new(self, state)
    }

    /// The value of a secret, as it is now. Declared by `secrets:`.
    ///
    /// # Errors
    /// The secret is missing, or its store is out of reach.
    fn secret<X: Secret>(&self, secret: X) -> impl Future<Output = Result<SecretValue, SecretError>> + Send
    where
        Self: MayReveal<X>,
    {
        let _ = secret;
        MayReveal::<X>::reveal(self)
    }
}

// The methods of the edges are named unlike those of `Context`: both are in scope in a handler.

/// May invoke `M`.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler invoke `{M}`",
    label = "`{M}` is not declared in `invokes:`",
    note = "add the command to `invokes: […]` of this handler in topology.yaml"
)]
pub trait MayInvoke<M: Command>: Send + Sync {
    /// Calls the command. Handlers write [`Context::invoke`].
    fn call(&self, input: M::Input) -> impl Future<Output = Result<M::Output, InvokeError<M::Rejection>>> + Send;
}

/// May emit `E`.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler emit `{E}`",
    label = "`{E}` is not declared in `emits:`",
    note = "add the event to `emits: […]` of this handler in topology.yaml"
)]
pub trait MayEmit<E: Event>: Send + Sync {
    /// Publishes the event. Handlers write [`Context::emit`].
    fn publish(&self, payload: E::Payload) -> impl Future<Output = Result<(), BridgeError>> + Send;
}

/// May put jobs into `Q`.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler put jobs into `{Q}`",
    label = "`{Q}` is not declared in `enqueues:`",
    note = "add the queue to `enqueues: […]` of this handler in topology.yaml"
)]
pub trait MayEnqueue<Q: Queue>: Send + Sync {
    /// Puts the job in. Handlers write [`Context::enqueue`].
    fn push(&self, job: Q::Payload, options: JobOptions) -> impl Future<Output = Result<(), BridgeError>> + Send;
}

/// May read `S`.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler read `{S}`",
    label = "`{S}` is not declared in `reads:` or `writes:`",
    note = "add the collection to `reads: […]` of this handler in topology.yaml"
)]
pub trait MayRead<S: State>: Send + Sync {
    /// The way to the store. Handlers write [`Context::state`].
    fn access(&self) -> Access<'_>;
}

/// May write `S`, and read it.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler write `{S}`",
    label = "`{S}` is not declared in `writes:`",
    note = "add the collection to `writes: […]` of this handler in topology.yaml"
)]
pub trait MayWrite<S: State>: MayRead<S> {}

/// May know `X`.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler know the secret `{X}`",
    label = "`{X}` is not declared in `secrets:`",
    note = "add the secret to `secrets: […]` of this handler's service in topology.yaml"
)]
pub trait MayReveal<X: Secret>: Send + Sync {
    /// Reads the secret. Handlers write [`Context::secret`].
    fn reveal(&self) -> impl Future<Output = Result<SecretValue, SecretError>> + Send;
}

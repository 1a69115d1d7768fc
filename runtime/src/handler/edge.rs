//! What a handler may do, an edge at a time. Each is a trait of its own, so that one that was not declared cannot be
//! written.
//!
//! The edges of a context are its bounds: `MayEmit<event::UserSignedUp>`. What a handler calls asks for them from the
//! other side, `event::UserSignedUp: EmittedBy<the context>`: rustc then says what is missing once, at the argument, by
//! its name.

use std::future::Future;

use crate::bridge::BridgeError;
use crate::contract::job::JobOptions;
use crate::contract::operation::Command;
use crate::contract::resource::{Event, Queue, Secret, State};
use crate::handler::error::InvokeError;
use crate::handler::state::Access;
use crate::maybe_ready::MaybeReady;
use crate::secret::{SecretError, SecretValue};

/// May invoke `M`. Declared by `invokes:`.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this invoke `{M}`",
    label = "`{M}` is not declared in `invokes:`",
    note = "in a handler: add the command to its `invokes: […]` in topology.yaml",
    note = "in a function that handlers share: ask for it, `ctx: &(impl pontoon::Context + pontoon::edge::MayInvoke<{M}>)`"
)]
pub trait MayInvoke<M: Command>: Send + Sync {
    /// Calls a command and waits for its answer.
    ///
    /// # Errors
    /// [`InvokeError::Rejected`]: it said no. [`InvokeError::Fault`]: it could not answer.
    fn invoke(
        &self,
        command: M,
        input: M::Input,
    ) -> impl Future<Output = Result<M::Output, InvokeError<M::Rejection>>> + Send;
}

/// May emit `E`. Declared by `emits:`; handlers write [`Context::emit`](crate::Context::emit).
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler emit `{E}`",
    label = "called where `{E}` is not declared in `emits:`",
    note = "add it to `emits: […]` of this handler in topology.yaml"
)]
pub trait MayEmit<E: Event>: Send + Sync {
    /// Publishes the event.
    fn publish(&self, payload: E::Payload) -> MaybeReady<'_, Result<(), BridgeError>>;
}

/// May put jobs into `Q`. Declared by `enqueues:`; handlers write [`Context::enqueue`](crate::Context::enqueue).
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler put jobs into `{Q}`",
    label = "called where `{Q}` is not declared in `enqueues:`",
    note = "add it to `enqueues: […]` of this handler in topology.yaml"
)]
pub trait MayEnqueue<Q: Queue>: Send + Sync {
    /// Puts the job in.
    fn push(&self, job: Q::Payload, options: JobOptions) -> MaybeReady<'_, Result<(), BridgeError>>;
}

/// Has to do with `S`, in one way or another; handlers write [`Context::state`](crate::Context::state).
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler have to do with `{S}`",
    label = "called where `{S}` is not declared in `reads:`",
    note = "add it to `reads: […]` of this handler in topology.yaml"
)]
pub trait MayAccess<S: State>: Send + Sync {
    /// The way to the store.
    fn access(&self) -> Access<'_>;
}

/// May read `S`. Declared by `reads:`, and by `updates:`.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler read `{S}`",
    label = "called where `{S}` is not declared in `reads:`",
    note = "add it to `reads: […]` of this handler in topology.yaml"
)]
pub trait MayRead<S: State>: MayAccess<S> {}

/// May change `S` where it is as expected: nobody's change is lost by it. Declared by `updates:`, and by `writes:`.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler change `{S}`",
    label = "called where `{S}` is not declared in `updates:`",
    note = "add it to `updates: […]` of this handler in topology.yaml"
)]
pub trait MayChange<S: State>: MayAccess<S> {}

/// May read `S`, and change what it has read. Declared by `updates:`.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler change `{S}`",
    label = "called where `{S}` is not declared in `updates:`",
    note = "add it to `updates: […]` of this handler in topology.yaml"
)]
pub trait MayUpdate<S: State>: MayRead<S> + MayChange<S> {}

#[diagnostic::do_not_recommend]
impl<S: State, C: MayRead<S> + MayChange<S> + ?Sized> MayUpdate<S> for C {}

/// May write `S`, whatever is there. Declared by `writes:`.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler write `{S}`",
    label = "called where `{S}` is not declared in `writes:`",
    note = "add it to `writes: […]` of this handler in topology.yaml"
)]
pub trait MayWrite<S: State>: MayChange<S> {}

/// May know `X`. Declared by `secrets:`; handlers write [`Context::secret`](crate::Context::secret).
#[diagnostic::on_unimplemented(
    message = "the topology does not let this handler know the secret `{X}`",
    label = "called where `{X}` is not declared in `secrets:`",
    note = "add it to `secrets: […]` of this handler in topology.yaml"
)]
pub trait MayReveal<X: Secret>: Send + Sync {
    /// Reads the secret.
    fn reveal(&self) -> MaybeReady<'_, Result<SecretValue, SecretError>>;
}

/// What `C` may emit.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this emit `{Self}`",
    label = "`{Self}` is not declared in `emits:`",
    note = "in a handler: add the event to its `emits: […]` in topology.yaml",
    note = "in a function that handlers share: ask for it, `ctx: &(impl pontoon::Context + pontoon::edge::MayEmit<{Self}>)`"
)]
pub trait EmittedBy<C: ?Sized>: Event {
    /// Publishes it from there.
    fn publish(context: &C, payload: Self::Payload) -> MaybeReady<'_, Result<(), BridgeError>>;
}

/// What `C` may put jobs into.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this put jobs into `{Self}`",
    label = "`{Self}` is not declared in `enqueues:`",
    note = "in a handler: add the queue to its `enqueues: […]` in topology.yaml",
    note = "in a function that handlers share: ask for it, `ctx: &(impl pontoon::Context + pontoon::edge::MayEnqueue<{Self}>)`"
)]
pub trait EnqueuedBy<C: ?Sized>: Queue {
    /// Puts a job in from there.
    fn push(context: &C, job: Self::Payload, options: JobOptions) -> MaybeReady<'_, Result<(), BridgeError>>;
}

/// What `C` has to do with.
pub trait AccessedBy<C: ?Sized>: State {
    /// The way from there to the store.
    fn access(context: &C) -> Access<'_>;
}

/// What `C` may read.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this read `{Self}`",
    label = "`{Self}` is not declared in `reads:` or `updates:`",
    note = "in a handler: add the collection to its `updates: […]` in topology.yaml if it changes what it has read, otherwise to \
            `reads: […]`",
    note = "in a function that handlers share: ask for it, `ctx: &(impl pontoon::Context + pontoon::edge::MayRead<{Self}>)`"
)]
pub trait ReadBy<C: ?Sized>: AccessedBy<C> {}

/// What `C` may change where it is as expected.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this change `{Self}`",
    label = "`{Self}` is not declared in `updates:` or `writes:`",
    note = "in a handler: add the collection to its `updates: […]` in topology.yaml if it changes what it has read, otherwise to \
            `writes: […]`",
    note = "in a function that handlers share: ask for it, `ctx: &(impl pontoon::Context + pontoon::edge::MayUpdate<{Self}>)`"
)]
pub trait ChangedBy<C: ?Sized>: AccessedBy<C> {}

/// What `C` may write, whatever is there.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this write `{Self}`",
    label = "`{Self}` is not declared in `writes:`",
    note = "in a handler: add the collection to its `writes: […]` in topology.yaml; with `updates: […]`, \
            write `.update(&key, |old| …)`: nobody's change is lost by that",
    note = "in a function that handlers share: ask for it, `ctx: &(impl pontoon::Context + pontoon::edge::MayWrite<{Self}>)`"
)]
pub trait WrittenBy<C: ?Sized>: ChangedBy<C> {}

/// What `C` may know.
#[diagnostic::on_unimplemented(
    message = "the topology does not let this know the secret `{Self}`",
    label = "`{Self}` is not declared in `secrets:`",
    note = "in a handler: add the secret to its `secrets: […]` in topology.yaml, or to those of its service",
    note = "in a function that handlers share: ask for it, `ctx: &(impl pontoon::Context + pontoon::edge::MayReveal<{Self}>)`"
)]
pub trait RevealedTo<C: ?Sized>: Secret {
    /// Reads it from there.
    fn reveal(context: &C) -> MaybeReady<'_, Result<SecretValue, SecretError>>;
}

#[diagnostic::do_not_recommend]
impl<E: Event, C: MayEmit<E> + ?Sized> EmittedBy<C> for E {
    fn publish(context: &C, payload: E::Payload) -> MaybeReady<'_, Result<(), BridgeError>> {
        context.publish(payload)
    }
}

#[diagnostic::do_not_recommend]
impl<Q: Queue, C: MayEnqueue<Q> + ?Sized> EnqueuedBy<C> for Q {
    fn push(context: &C, job: Q::Payload, options: JobOptions) -> MaybeReady<'_, Result<(), BridgeError>> {
        context.push(job, options)
    }
}

#[diagnostic::do_not_recommend]
impl<S: State, C: MayAccess<S> + ?Sized> AccessedBy<C> for S {
    fn access(context: &C) -> Access<'_> {
        context.access()
    }
}

#[diagnostic::do_not_recommend]
impl<S: State, C: MayRead<S> + ?Sized> ReadBy<C> for S {}

#[diagnostic::do_not_recommend]
impl<S: State, C: MayChange<S> + ?Sized> ChangedBy<C> for S {}

#[diagnostic::do_not_recommend]
impl<S: State, C: MayWrite<S> + ?Sized> WrittenBy<C> for S {}

#[diagnostic::do_not_recommend]
impl<X: Secret, C: MayReveal<X> + ?Sized> RevealedTo<C> for X {
    fn reveal(context: &C) -> MaybeReady<'_, Result<SecretValue, SecretError>> {
        context.reveal()
    }
}

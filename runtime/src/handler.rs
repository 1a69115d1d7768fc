//! What ties a handler to its place, and a place to its handler.

use std::future::Future;

use crate::error::Error;
use crate::operation::Operation;

/// Handles an operation, in a context. Written by the derives; call it by [`Context::invoke`](crate::Context::invoke).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle `{M}`",
    label = "this type has no handler for `{M}`",
    note = "put `#[derive(CommandHandler)]` (or SubscriptionHandler, QueueWorker, ScheduleHandler) with its attribute \
            on `{Self}`, and write `async fn handle(&self, ctx: &impl …::Context, input: …)`"
)]
pub trait Handles<M: Operation, C>: Send + Sync {
    /// Runs the handler.
    fn run(
        &self,
        context: &C,
        input: M::Input,
    ) -> impl Future<Output = Result<M::Output, Error<M::Rejection>>> + Send;
}

/// Where an operation goes in a unit. Generated for each operation of the unit.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no place in `{U}`",
    label = "not an operation of this unit",
    note = "add its service to the deployment in topology.yaml"
)]
pub trait Route<U>: Operation {
    /// What handles it.
    type Handler: Send + Sync;

    /// The unit's handler.
    fn handler(unit: &U) -> &Self::Handler;
}

/// A handler that can be made from the resources of its service. Written by the handler derives.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made from `{R}`",
    label = "a handler in the topology, without a derive that says how it is made",
    note = "put `#[derive(CommandHandler)]` (or SubscriptionHandler, QueueWorker, ScheduleHandler) on `{Self}`"
)]
pub trait FromResources<R> {
    /// Makes the handler.
    fn from_resources(resources: &R) -> Self;
}

/// A service's resources that hold a `T`. Written by `#[derive(Resources)]`, for each field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `{T}`",
    label = "a handler of this service has a field of type `{T}`",
    note = "add a field of type `{T}` to `{Self}`, which derives `Resources`"
)]
pub trait Provides<T> {
    /// A clone of it.
    fn provide(&self) -> T;
}

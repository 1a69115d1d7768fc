//! What ties a handler to its place, and a place to its handler.

pub(crate) mod context;
pub(crate) mod edge;
pub(crate) mod error;
pub(crate) mod item;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod undeclared;

use std::future::{Future, ready};

use crate::contract::operation::Operation;
use crate::handler::error::Error;
use crate::handler::item::{Item, Outcome};
use crate::invoke::call::Call;

/// Handles an operation, in a context. Written by the derives; called through [`MayInvoke`](crate::edge::MayInvoke).
pub trait Handles<M: Operation, C>: Send + Sync {
    /// Runs the handler for one message; a fault where it gets several.
    fn run(&self, context: &C, input: M::Input) -> impl Future<Output = Result<M::Output, Error<M::Rejection>>> + Send {
        let _ = (context, input);
        ready(Err(Error::fault("it is handled in batches")))
    }

    /// Runs the handler for several messages, each of which has an outcome; a fault where it gets one.
    fn run_batch(
        &self,
        context: &C,
        items: Vec<Item<M::Input>>,
    ) -> impl Future<Output = Result<Vec<Outcome>, Error<M::Rejection>>> + Send {
        let _ = (context, items);
        ready(Err(Error::fault("its messages are handled one by one")))
    }
}

/// Where an operation goes in a unit. Generated for each operation of the unit.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no place in `{U}`",
    label = "not an operation of this unit",
    note = "add its service to the deployment in topology.yaml"
)]
pub trait Route<U>: Operation {
    /// What its service's handlers are made from.
    type Resources;
    /// What handles it.
    type Handler: HandlerOf<Self, U, Self::Resources>;

    /// The unit's handler.
    fn handler(unit: &U) -> &Self::Handler;
}

/// What handles `M` in `U`, and is made from `R`. Written by the derives: where there is none, this is all that is
/// missed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle `{M}`",
    label = "the topology expects the handler of `{M}` here",
    note = "put `#[derive(CommandHandler)]` (or SubscriptionHandler, QueueWorker, ScheduleHandler) with its attribute \
            on `{Self}`, and write `async fn handle(&self, ctx: &impl …::Context, input: …)`"
)]
pub trait HandlerOf<M: Operation, U, R>: for<'c> Handles<M, Call<'c, U>> + FromResources<R> {}

/// A handler that is the one which the topology names, `H`. The derives ask for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the handler that the topology names, `{H}`: it would never run",
    label = "another one than `{H}`",
    note = "take one of the two out, or write the path of this one as `handler:` in topology.yaml"
)]
pub trait IsHandler<H> {}

impl<H> IsHandler<H> for H {}

/// A handler that can be made from the resources of its service. Written by the handler derives.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made from `{R}`",
    label = "a handler of a service whose resources are `{R}`",
    note = "put the handler derive of its operation on `{Self}`"
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

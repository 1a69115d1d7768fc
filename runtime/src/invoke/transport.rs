//! How a command is reached from a unit: where both are in one process, by a plain call; otherwise by a request.
//! Decided by types, when the unit is compiled.

use std::future::Future;

use crate::contract::operation::Command;
use crate::handler::Route;
use crate::handler::error::InvokeError;
use crate::invoke::call::Call;
use crate::invoke::local_call::call_locally;
use crate::invoke::remote::invoke_remote;

/// How a command is reached from a unit. Generated for the commands of other units that its handlers invoke; those of
/// its own are reached [`InProcess`]ly.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be reached from `{U}`",
    label = "neither in this unit nor in one that it may call",
    note = "add its service to the deployment in topology.yaml"
)]
pub trait Reachable<U>: Command {
    /// The way.
    type Transport: Transport<Self, U>;
}

/// A way to a command.
pub trait Transport<M: Command, U> {
    /// Calls the command and waits for its answer.
    fn invoke(
        call: &Call<'_, U>,
        input: M::Input,
    ) -> impl Future<Output = Result<M::Output, InvokeError<M::Rejection>>> + Send;
}

/// A plain async call of the handler.
pub enum InProcess {}

/// One request on the event bridge of the environment.
pub enum OverBridge {}

#[diagnostic::do_not_recommend]
impl<U: Send + Sync, M: Command + Route<U>> Reachable<U> for M {
    type Transport = InProcess;
}

impl<U: Send + Sync, M: Command + Route<U>> Transport<M, U> for InProcess {
    #[inline(always)]
    fn invoke(
        call: &Call<'_, U>,
        input: M::Input,
    ) -> impl Future<Output = Result<M::Output, InvokeError<M::Rejection>>> + Send {
        call_locally::<M, U>(call, input)
    }
}

impl<U: Send + Sync, M: Command> Transport<M, U> for OverBridge {
    fn invoke(
        call: &Call<'_, U>,
        input: M::Input,
    ) -> impl Future<Output = Result<M::Output, InvokeError<M::Rejection>>> + Send {
        let (scope, shared) = (&call.scope, call.scope.origin.shared);
        invoke_remote::<M>(&*shared.adapters.events, shared.round_trips, scope.asking(), scope.deadline(), input)
    }
}

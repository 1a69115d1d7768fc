//! The way every handler is run, whoever calls. What the topology promises nothing for costs nothing.

use std::pin::pin;

use tracing::Span;
use tracing::level_filters::LevelFilter;

use crate::contract::operation::Operation;
use crate::fault::Fault;
use crate::fault::panics::Guarded;
use crate::handler::error::{Error, InvokeError};
use crate::handler::{Handles, Route};
use crate::invoke::attempts::{attempt_of, attempts, for_caller};
use crate::invoke::call::Call;
use crate::invoke::guard::InSpan;
use crate::invoke::scope::Scope;
use crate::invoke::with_policy;

/// Runs the handler of `M` in the unit of its parent's chain.
///
/// The handler's own future stands in this one once, with a scope of a few words: however long a chain of calls
/// becomes, it stays small. What keeps a promise, or has a span, is in a box: behind a branch that is decided at
/// compile time, and one that asks whether anybody listens.
pub(crate) async fn execute<M, U>(
    parent: &Scope<'_, U>,
    input: M::Input,
) -> Result<M::Output, InvokeError<M::Rejection>>
where
    U: Send + Sync,
    M: Route<U>,
{
    let round_trips = parent.origin.shared.round_trips;
    if let Err(changed) = round_trips.check(&input) {
        return Err(refused::<M, U>(parent, changed));
    }
    let answer = if const { promises::<M>() } {
        // What keeps the promises runs code of the user's, too: it clones the input, draws its key, writes the answer.
        let mut run = Box::pin(with_policy::execute::<M, U>(parent, input));
        Guarded::new(run.as_mut()).await.unwrap_or_else(|fault| Err(refused::<M, U>(parent, fault)))
    } else if LevelFilter::current() >= LevelFilter::INFO {
        Box::pin(traced::<M, U>(parent, input)).await
    } else {
        let call = Call { scope: Scope::new(parent, None) };
        let run = pin!(M::handler(call.scope.origin.unit).run(&call, input));
        outcome::<M, U>(Guarded::new(run).await, &call.scope, &Span::none())
    };
    if !round_trips.are_tried() {
        return answer;
    }
    let changed = match &answer {
        Ok(output) => round_trips.check(output),
        Err(InvokeError::Rejected(rejection)) => round_trips.check(rejection),
        Err(InvokeError::Fault(_)) => Ok(()),
    };
    match changed {
        Ok(()) => answer,
        Err(changed) => Err(refused::<M, U>(parent, changed)),
    }
}

/// What a caller gets of a fault beside the handler.
#[cold]
fn refused<M: Operation, U>(parent: &Scope<'_, U>, fault: Fault) -> InvokeError<M::Rejection> {
    let scope = Scope::new(parent, None);
    let fault = fault.report_in(&Span::none(), M::ADDRESS, attempt_of::<M, U>(&scope));
    InvokeError::Fault(for_caller(&scope, fault))
}

/// The same in a span.
async fn traced<M, U>(parent: &Scope<'_, U>, input: M::Input) -> Result<M::Output, InvokeError<M::Rejection>>
where
    U: Send + Sync,
    M: Route<U>,
{
    let call = Call { scope: Scope::new(parent, None) };
    let span = call.scope.span(M::ADDRESS);
    let run = pin!(M::handler(call.scope.origin.unit).run(&call, input));
    let run = pin!(Guarded::new(run));
    let outcome = InSpan::new(run, &span).await;
    self::outcome::<M, U>(outcome, &call.scope, &span)
}

/// What a caller gets of how a handler ended.
#[inline]
fn outcome<M: Operation, U>(
    outcome: Result<Result<M::Output, Error<M::Rejection>>, Fault>,
    scope: &Scope<'_, U>,
    span: &Span,
) -> Result<M::Output, InvokeError<M::Rejection>> {
    match outcome {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(Error::Rejected(rejection))) => Err(InvokeError::Rejected(rejection)),
        Ok(Err(Error::Fault(fault))) | Err(fault) => {
            let fault = fault.report_in(span, M::ADDRESS, attempt_of::<M, U>(scope));
            Err(InvokeError::Fault(for_caller(scope, fault)))
        }
    }
}

/// Whether the topology promises anything that holds for each run.
const fn promises<M: Operation>() -> bool {
    let policy = M::POLICY;
    policy.timeout.is_some() || policy.keep.is_some() || policy.outbox || attempts::<M>() > 1
}

//! The way a handler is run where a chain of calls begins: by a message, a request, a caller outside or the clock. What
//! the topology promises nothing for costs nothing.

use std::pin::{Pin, pin};

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
use crate::invoke::in_time::execute_in_time;
use crate::invoke::scope::Scope;
use crate::invoke::with_policy;

/// What a caller gets of an operation.
pub(crate) type Answer<M> = Result<<M as Operation>::Output, InvokeError<<M as Operation>::Rejection>>;

/// Runs the handler of `M`, the first one of a chain of calls.
///
/// The handler's own future stands in this one once. What keeps a promise, or has a span, is in a box: behind a branch
/// that is decided at compile time, and one that asks whether anybody listens.
pub(crate) async fn execute<M, U>(parent: &Scope<'_, U>, input: M::Input) -> Answer<M>
where
    U: Send + Sync,
    M: Route<U>,
{
    if const { promises::<M>() } {
        return keep_promises::<M, U>(parent, input).await;
    }
    check_input::<M, U>(parent, &input)?;
    let answer = if LevelFilter::current() >= LevelFilter::INFO {
        Box::pin(traced::<M, U>(parent, input)).await
    } else {
        let call = Call::new(Scope::new(parent, None));
        let run = pin!(M::handler(call.scope.origin.unit).run(&call, input));
        outcome::<M, U>(Guarded::new(run).await, &call.scope, &Span::none())
    };
    check_answer::<M, U>(parent, answer)
}

/// Runs the handler of an operation that is promised something.
pub(super) fn keep_promises<'c, M, U>(
    parent: &'c Scope<'_, U>,
    input: M::Input,
) -> Pin<Box<dyn Future<Output = Answer<M>> + Send + 'c>>
where
    U: Send + Sync,
    M: Route<U>,
{
    if const { promises_more::<M>() } {
        Box::pin(guarded::<M, U>(parent, input))
    } else {
        Box::pin(execute_in_time::<M, U>(parent, input))
    }
}

/// Keeping a promise runs code of the user's, too: it clones the input, draws its key, writes the answer.
async fn guarded<M, U>(parent: &Scope<'_, U>, input: M::Input) -> Answer<M>
where
    U: Send + Sync,
    M: Route<U>,
{
    check_input::<M, U>(parent, &input)?;
    let run = pin!(with_policy::execute::<M, U>(parent, input));
    let answer = Guarded::new(run).await.unwrap_or_else(|fault| Err(refused::<M, U>(parent, fault)));
    check_answer::<M, U>(parent, answer)
}

/// Refuses an input that another unit would not get as it is.
#[inline]
pub(super) fn check_input<M: Operation, U>(
    parent: &Scope<'_, U>,
    input: &M::Input,
) -> Result<(), InvokeError<M::Rejection>> {
    parent.origin.shared.round_trips.check(input).map_err(|changed| refused::<M, U>(parent, changed))
}

/// Refuses an answer that a caller in another unit would not get as it is.
#[inline]
pub(super) fn check_answer<M: Operation, U>(parent: &Scope<'_, U>, answer: Answer<M>) -> Answer<M> {
    let round_trips = parent.origin.shared.round_trips;
    if !round_trips.are_tried() {
        return answer;
    }
    let changed = match &answer {
        Ok(output) => round_trips.check(output),
        Err(InvokeError::Rejected(rejection)) => round_trips.check(rejection),
        Err(InvokeError::Fault(_)) => Ok(()),
    };
    changed.map_err(|changed| refused::<M, U>(parent, changed)).and(answer)
}

/// What a caller gets of a fault beside the handler.
#[cold]
fn refused<M: Operation, U>(parent: &Scope<'_, U>, fault: Fault) -> InvokeError<M::Rejection> {
    let scope = Scope::new(parent, None);
    let fault = fault.report_in(&Span::none(), M::ADDRESS, attempt_of::<M, U>(&scope));
    InvokeError::Fault(for_caller(&scope, fault))
}

/// The same in a span.
async fn traced<M, U>(parent: &Scope<'_, U>, input: M::Input) -> Answer<M>
where
    U: Send + Sync,
    M: Route<U>,
{
    let call = Call::new(Scope::new(parent, None));
    let span = call.scope.span(M::ADDRESS);
    let run = pin!(M::handler(call.scope.origin.unit).run(&call, input));
    let run = pin!(Guarded::new(run));
    let outcome = InSpan::new(run, &span).await;
    self::outcome::<M, U>(outcome, &call.scope, &span)
}

/// What a caller gets of how a handler ended.
#[inline]
pub(super) fn outcome<M: Operation, U>(
    outcome: Result<Result<M::Output, Error<M::Rejection>>, Fault>,
    scope: &Scope<'_, U>,
    span: &Span,
) -> Answer<M> {
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
pub(super) const fn promises<M: Operation>() -> bool {
    M::POLICY.timeout.is_some() || promises_more::<M>()
}

/// Whether it promises more than to be in time.
const fn promises_more<M: Operation>() -> bool {
    M::POLICY.keep.is_some() || M::POLICY.outbox || attempts::<M>() > 1
}

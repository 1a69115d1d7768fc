//! What a caller gets of how a handler ended, or of why it was not run.

use tracing::Span;

use crate::contract::operation::Operation;
use crate::fault::Fault;
use crate::handler::error::{Error, InvokeError};
use crate::invoke::attempts::{attempt_of, for_caller};
use crate::invoke::scope::Scope;

/// What a caller gets of an operation.
pub(crate) type InvokeResult<M> = Result<<M as Operation>::Output, InvokeError<<M as Operation>::Rejection>>;

/// What a caller gets of how a handler ended.
#[inline]
pub(super) fn outcome<M: Operation, U>(
    outcome: Result<Result<M::Output, Error<M::Rejection>>, Fault>,
    scope: &Scope<'_, U>,
    span: &Span,
) -> InvokeResult<M> {
    match outcome {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(Error::Rejected(rejection))) => Err(InvokeError::Rejected(rejection)),
        Ok(Err(Error::Fault(fault))) | Err(fault) => {
            let fault = fault.report_in(span, M::ADDRESS, attempt_of::<M, U>(scope));
            Err(InvokeError::Fault(for_caller(scope, fault)))
        }
    }
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
pub(super) fn check_answer<M: Operation, U>(parent: &Scope<'_, U>, answer: InvokeResult<M>) -> InvokeResult<M> {
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
pub(super) fn refused<M: Operation, U>(parent: &Scope<'_, U>, fault: Fault) -> InvokeError<M::Rejection> {
    let scope = Scope::new(parent, None);
    let fault = fault.report_in(&Span::none(), M::ADDRESS, attempt_of::<M, U>(&scope));
    InvokeError::Fault(for_caller(&scope, fault))
}

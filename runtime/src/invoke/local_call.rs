//! The call of a handler by another one of its unit: what is promised nothing costs what a plain call costs.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tracing::Span;

use crate::contract::operation::Operation;
use crate::fault::Fault;
use crate::fault::panics::panicked;
use crate::handler::error::{Error, InvokeError};
use crate::handler::{Handles, Route};
use crate::invoke::attempts::attempt_of;
use crate::invoke::call::Call;
use crate::invoke::execute::{keep_promises, promises};
use crate::invoke::outcome::{InvokeResult, check_answer, refused};

pin_project! {
    /// A call of one handler by another one of its unit.
    #[project = Projected]
    pub(crate) enum LocalCall<'c, M: Operation, U, F> {
        /// Of a handler that is promised something, or of an input that is refused.
        Boxed { run: Pin<Box<dyn Future<Output = InvokeResult<M>> + Send + 'c>> },
        /// Of a handler that is promised nothing. It has its caller's `Call`, and no place in memory points to another
        /// one in this future: all of it can stand in registers.
        Plain { #[pin] run: F, call: &'c Call<'c, U> },
    }
}

/// Calls a handler from another one of its unit.
#[inline(always)]
pub(crate) fn call_locally<'c, M, U>(
    caller: &'c Call<'c, U>,
    input: M::Input,
) -> impl Future<Output = InvokeResult<M>> + Send + 'c
where
    U: Send + Sync,
    M: Route<U>,
{
    let callee = caller.of_callees();
    let call: LocalCall<'c, M, U, _> = if const { promises::<M>() } {
        LocalCall::Boxed { run: keep_promises::<M, U>(&caller.scope, input) }
    } else if let Err(changed) = callee.scope.origin.shared.round_trips.check(&input) {
        // Said once somebody asks, as everything of a call.
        LocalCall::Boxed { run: Box::pin(async { Err(refused::<M, U>(&callee.scope, changed)) }) }
    } else {
        LocalCall::Plain { run: M::handler(callee.scope.origin.unit).run(callee, input), call: callee }
    };
    call
}

impl<M, U, F> Future for LocalCall<'_, M, U, F>
where
    M: Operation,
    F: Future<Output = Result<M::Output, Error<M::Rejection>>>,
{
    type Output = InvokeResult<M>;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<InvokeResult<M>> {
        match self.project() {
            Projected::Boxed { run } => run.as_mut().poll(task),
            Projected::Plain { run, call } => {
                let answer = match catch_unwind(AssertUnwindSafe(|| run.poll(task))) {
                    Ok(Poll::Pending) => return Poll::Pending,
                    Ok(Poll::Ready(Ok(output))) => Ok(output),
                    Ok(Poll::Ready(Err(Error::Rejected(rejection)))) => Err(InvokeError::Rejected(rejection)),
                    Ok(Poll::Ready(Err(Error::Fault(fault)))) => Err(reported::<M, U>(call, fault)),
                    Err(panic) => Err(reported::<M, U>(call, panicked(&*panic))),
                };
                Poll::Ready(check_answer::<M, U>(&call.scope, answer))
            }
        }
    }
}

/// What a caller gets of a fault: its cause stays with the handler, in the log.
#[cold]
#[inline(never)]
fn reported<M: Operation, U>(call: &Call<'_, U>, fault: Fault) -> InvokeError<M::Rejection> {
    let fault = fault.report_in(&Span::none(), M::ADDRESS, attempt_of::<M, U>(&call.scope));
    InvokeError::Fault(fault.without_cause())
}

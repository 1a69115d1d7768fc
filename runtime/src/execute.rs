//! The way every handler is run, whoever calls. What the topology promises nothing for costs nothing.

mod promised;

use std::pin::pin;

use tracing::Span;

use crate::call::Call;
use crate::error::{Error, InvokeError};
use crate::fault::Fault;
use crate::guard::Guarded;
use crate::handler::{Handles, Route};
use crate::operation::{Kind, Operation};
use crate::scope::{Origin, Scope};

/// Runs the handler of `M` in a unit: for `parent`, or as the first of its chain.
///
/// The handler's own future stands in this one once, with a scope of a few words: however long a chain of calls becomes,
/// it stays small. What keeps a promise is in a box, behind one branch that is decided at compile time.
pub(crate) async fn execute<M, U>(
    unit: &U,
    origin: &Origin<'_>,
    parent: Option<&Scope<'_>>,
    input: M::Input,
) -> Result<M::Output, InvokeError<M::Rejection>>
where
    U: Send + Sync,
    M: Route<U>,
    M::Handler: for<'x> Handles<M, Call<'x, U>>,
{
    if const { promises::<M>() } {
        return Box::pin(promised::execute::<M, U>(unit, origin, parent, input)).await;
    }
    let call = Call { unit, scope: Scope::new(origin, parent, None) };
    let span = call.scope.span(M::ADDRESS);
    let run = pin!(M::handler(unit).run(&call, input));
    match Guarded::new(run, span.as_deref()).await {
        Ok(Ok(output)) => Ok(output),
        Ok(Err(Error::Rejected(rejection))) => Err(InvokeError::Rejected(rejection)),
        Ok(Err(Error::Fault(fault))) | Err(fault) => {
            Err(InvokeError::Fault(carried(&call.scope, report(fault, M::ADDRESS, span.as_deref()))))
        }
    }
}

/// Whether the topology promises anything that holds for each run.
const fn promises<M: Operation>() -> bool {
    let policy = M::POLICY;
    policy.timeout.is_some() || policy.keep.is_some() || policy.outbox || attempts::<M>() > 1
}

/// How often this way of running tries. Events and jobs are tried again by their bridge.
const fn attempts<M: Operation>() -> u32 {
    if matches!(M::KIND, Kind::Command) { M::POLICY.attempts } else { 1 }
}

/// Logs a fault, in the span of the handler.
#[cold]
fn report(fault: Fault, handler: &'static str, span: Option<&Span>) -> Fault {
    let _entered = span.map(Span::enter);
    fault.report(handler)
}

/// What a caller gets of a fault.
#[cold]
fn carried(scope: &Scope<'_>, fault: Fault) -> Fault {
    if scope.has_caller() { fault.stripped() } else { fault }
}

//! The way a handler is run where a chain of calls begins: by a message, a request, a caller outside or the clock. What
//! the topology promises nothing for costs nothing.

use std::pin::{Pin, pin};

use tracing::Span;
use tracing::level_filters::LevelFilter;

use crate::contract::operation::Operation;
use crate::fault::panics::Guarded;
use crate::handler::{Handles, Route};
use crate::invoke::attempts::attempts;
use crate::invoke::call::Call;
use crate::invoke::guard::InSpan;
use crate::invoke::in_time::execute_in_time;
use crate::invoke::outcome::{InvokeResult, check_answer, check_input, outcome, refused};
use crate::invoke::scope::Scope;
use crate::invoke::with_policy;

/// Runs the handler of `M`, the first one of a chain of calls.
///
/// The handler's own future stands in this one once. What keeps a promise, or has a span, is in a box: behind a branch
/// that is decided at compile time, and one that asks whether anybody listens.
pub(crate) async fn execute<M, U>(parent: &Scope<'_, U>, input: M::Input) -> InvokeResult<M>
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
) -> Pin<Box<dyn Future<Output = InvokeResult<M>> + Send + 'c>>
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
async fn guarded<M, U>(parent: &Scope<'_, U>, input: M::Input) -> InvokeResult<M>
where
    U: Send + Sync,
    M: Route<U>,
{
    check_input::<M, U>(parent, &input)?;
    let run = pin!(with_policy::execute::<M, U>(parent, input));
    let answer = Guarded::new(run).await.unwrap_or_else(|fault| Err(refused::<M, U>(parent, fault)));
    check_answer::<M, U>(parent, answer)
}

/// The same in a span.
async fn traced<M, U>(parent: &Scope<'_, U>, input: M::Input) -> InvokeResult<M>
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

/// Whether the topology promises anything that holds for each run.
pub(super) const fn promises<M: Operation>() -> bool {
    M::POLICY.timeout.is_some() || promises_more::<M>()
}

/// Whether it promises more than to be in time.
const fn promises_more<M: Operation>() -> bool {
    M::POLICY.keep.is_some() || M::POLICY.outbox || attempts::<M>() > 1
}

//! A handler of which the topology promises a time-out and no more.

use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;
use tracing::Span;

use crate::fault::Fault;
use crate::fault::panics::Guarded;
use crate::handler::error::Error;
use crate::handler::{Handles, Route};
use crate::invoke::call::Call;
use crate::invoke::guard::{InSpan, Limited, Limits, out_of_time};
use crate::invoke::outcome::{InvokeResult, check_answer, check_input, outcome};
use crate::invoke::scope::{Own, Scope};

/// Runs the handler of `M` until it is out of time.
pub(super) async fn execute_in_time<M, U>(parent: &Scope<'_, U>, input: M::Input) -> InvokeResult<M>
where
    U: Send + Sync,
    M: Route<U>,
{
    check_input::<M, U>(parent, &input)?;
    let inherited = parent.deadline();
    let (due, is_over) = deadline(M::POLICY.timeout, inherited);
    let own = Own { id: None, deadline: due.or(inherited), attempt: None, unit_of_work: None };
    let call = Call::new(Scope::new(parent, Some(&own)));
    let span = call.scope.span(M::ADDRESS);
    let ended = if is_over { Err(out_of_time()) } else { attempt_until::<M, U>(&due, &call, input, &span).await };
    check_answer::<M, U>(parent, outcome::<M, U>(ended, &call.scope, &span))
}

/// Runs the handler of `M` once, in its span, until its own deadline: a caller that is out of time drops this future,
/// no need to watch that once more.
pub(super) async fn attempt_until<M, U>(
    due: &Option<Instant>,
    call: &Call<'_, U>,
    input: M::Input,
    span: &Span,
) -> Result<Result<M::Output, Error<M::Rejection>>, Fault>
where
    U: Send + Sync,
    M: Route<U>,
{
    let limits = Limits { deadline: due, lifecycle: None };
    let run = pin!(M::handler(call.scope.origin.unit).run(call, input));
    let run = pin!(Guarded::new(run));
    let run = pin!(InSpan::new(run, span));
    Limited::new(run, &limits).await.flatten()
}

/// When an attempt that begins now is out of time by its own time-out, and whether that is now. The clock is read only
/// where there is one, and once.
pub(super) fn deadline(timeout: Option<Duration>, inherited: Option<Instant>) -> (Option<Instant>, bool) {
    let Some(timeout) = timeout else { return (None, false) };
    let now = Instant::now();
    let at = inherited.map_or(now + timeout, |inherited| inherited.min(now + timeout));
    (Some(at), at <= now)
}

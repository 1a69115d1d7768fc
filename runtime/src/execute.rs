//! The way every handler is run, whoever calls: deadline, attempts, idempotency, outbox, faults.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::call::Call;
use crate::error::{Error, InvokeError};
use crate::fault::Fault;
use crate::guard::{Guarded, Limits, out_of_time};
use crate::handler::{Handles, Route};
use crate::inbox::{self, Claim, Claimed, Reply};
use crate::operation::{Kind, Operation};
use crate::outbox::{self, Stage};
use crate::scope::{Origin, Scope};

/// Runs the handler of `M` in a unit: for `parent`, or as the first of its chain.
///
/// What a policy may need is behind a pointer, and the handler's own future stands here once: this future is not much
/// larger than the handler's, however long a chain of calls becomes.
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
    let stage = const { M::POLICY.outbox }.then(|| Arc::new(Stage::default()));
    let mut call = Call { unit, scope: Scope::new(origin, parent, stage.as_deref()) };
    let inherited = call.scope.deadline;

    let claim = if const { M::POLICY.keep.is_some() } {
        match Box::pin(inbox::claim(origin.core, M::ADDRESS, M::key(&input), M::POLICY, inherited)).await {
            Ok(Claimed::Mine(claim)) => claim,
            Ok(Claimed::Replied(reply)) => return reply.read::<M>(),
            Err(fault) => return Err(InvokeError::Fault(fault.report(M::ADDRESS))),
        }
    } else {
        None
    };

    let spare = const { attempts::<M>() > 1 }.then(|| Box::new(input.clone()));
    let mut input = input;
    loop {
        let limits = limits(&mut call.scope, M::POLICY.timeout, inherited, parent.is_none());
        let span = call.scope.span(M::ADDRESS);
        let ended = if limits.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            Err(out_of_time())
        } else {
            let run = pin!(M::handler(unit).run(&call, input));
            Guarded::new(run, &span, limits).await
        };
        let fault = match ended {
            Ok(Ok(output)) => {
                if stage.is_none() && claim.is_none() {
                    return Ok(output);
                }
                let reply = claim.as_ref().map(|_| Reply::output::<M>(&output)).transpose();
                match Box::pin(seal(origin, stage.clone(), claim.as_ref(), reply)).await {
                    Ok(()) => return Ok(output),
                    Err(fault) => fault,
                }
            }
            Ok(Err(Error::Rejected(rejection))) => {
                if claim.is_none() {
                    return Err(InvokeError::Rejected(rejection));
                }
                let reply = Reply::rejection::<M>(&rejection).map(Some);
                match Box::pin(seal(origin, None, claim.as_ref(), reply)).await {
                    Ok(()) => return Err(InvokeError::Rejected(rejection)),
                    Err(fault) => fault,
                }
            }
            Ok(Err(Error::Fault(fault))) | Err(fault) => fault,
        };
        let fault = span.in_scope(|| fault.report(M::ADDRESS));
        let again = if const { attempts::<M>() > 1 } { pause::<M>(&fault, call.scope.attempt, inherited) } else { None };
        let (Some(pause), Some(spare)) = (again, &spare) else {
            if let Some(claim) = claim {
                Box::pin(claim.release(origin.core)).await;
            }
            let carried = parent.is_some() || origin.outside;
            return Err(InvokeError::Fault(if carried { fault.stripped() } else { fault }));
        };
        if let Some(stage) = &stage {
            stage.clear();
        }
        Box::pin(sleep(pause)).await;
        input = M::Input::clone(spare);
        call.scope.attempt += 1;
    }
}

/// How often this way of running tries. Events and jobs are tried again by their bridge.
const fn attempts<M: Operation>() -> u32 {
    if matches!(M::KIND, Kind::Command) { M::POLICY.attempts } else { 1 }
}

/// What ends the next attempt. The clock is read only where a time-out asks for it.
fn limits<'c>(
    scope: &mut Scope<'c>,
    timeout: Option<Duration>,
    inherited: Option<Instant>,
    first: bool,
) -> Limits<'c> {
    let deadline = match timeout {
        Some(timeout) => {
            let own = Instant::now() + timeout;
            scope.deadline = Some(inherited.map_or(own, |inherited| inherited.min(own)));
            scope.deadline
        }
        // A caller that is out of time drops this future: no need to watch its deadline again.
        None => inherited.filter(|_| first),
    };
    let lifecycle = (first && scope.origin.outside).then_some(&scope.origin.core.lifecycle);
    Limits { deadline, lifecycle }
}

/// How long to wait before the next attempt, if there is one.
fn pause<M: Operation>(fault: &Fault, attempt: u32, inherited: Option<Instant>) -> Option<Duration> {
    if attempt >= M::POLICY.attempts || !fault.class().is_transient() {
        return None;
    }
    let pause = M::POLICY.backoff.after(attempt);
    let in_time = inherited.is_none_or(|deadline| Instant::now() + pause < deadline);
    in_time.then_some(pause)
}

/// Makes what the handler did take effect: what it held back and the reply to give again, in one transaction.
async fn seal(
    origin: &Origin<'_>,
    stage: Option<Arc<Stage>>,
    claim: Option<&Claim>,
    reply: Result<Option<Reply>, Fault>,
) -> Result<(), Fault> {
    let record = claim.zip(reply?).map(|(claim, reply)| claim.record(&reply)).transpose().map_err(Fault::caused_by)?;
    let stage = stage.unwrap_or_default();
    outbox::commit(origin.core, &stage, record).await.map_err(Fault::caused_by)
}

//! A handler for which the topology promises something: time-out, retry, idempotency, outbox.

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::call::Call;
use crate::error::{Error, InvokeError};
use crate::execute::{attempts, carried, report};
use crate::fault::Fault;
use crate::guard::{Guarded, Limited, Limits, out_of_time};
use crate::handler::{Handles, Route};
use crate::inbox::{self, Claim, Claimed, Reply};
use crate::operation::Operation;
use crate::outbox::{self, Stage};
use crate::scope::{Origin, Own, Scope};

/// Runs the handler of `M` as its policy says.
pub(super) async fn execute<M, U>(
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
    let outer = Scope::new(origin, parent, None);
    let inherited = outer.deadline();
    let stage = M::POLICY.outbox.then(Stage::default);
    let mut own = Own { id: outer.id(), deadline: inherited, attempt: outer.attempt(), stage };

    let claim = if M::POLICY.keep.is_some() {
        match inbox::claim(origin.core, M::ADDRESS, M::key(&input), M::POLICY, inherited).await {
            Ok(Claimed::Mine(claim)) => claim,
            Ok(Claimed::Replied(reply)) => return reply.read::<M>(),
            Err(fault) => return Err(InvokeError::Fault(carried(&outer, fault.report(M::ADDRESS)))),
        }
    } else {
        None
    };

    let spare = (attempts::<M>() > 1).then(|| input.clone());
    let mut input = input;
    loop {
        let deadline = deadline(&mut own, M::POLICY.timeout, inherited);
        // Only its own: a caller that is out of time drops this future, no need to watch that once more.
        let limits = Limits { deadline: &deadline, lifecycle: None };
        let call = Call { unit, scope: Scope::new(origin, parent, Some(&own)) };
        let span = call.scope.span(M::ADDRESS);
        let ended = if limits.are_over() {
            Err(out_of_time())
        } else {
            let run = pin!(M::handler(unit).run(&call, input));
            let run = pin!(Guarded::new(run, span.as_deref()));
            Limited::new(run, limits).await.flatten()
        };
        let fault = match ended {
            Ok(Ok(output)) => match effect::<M>(origin, own.stage.as_ref(), claim.as_ref(), &output).await {
                Ok(()) => return Ok(output),
                Err(fault) => fault,
            },
            Ok(Err(Error::Rejected(rejection))) => match record::<M>(origin, claim.as_ref(), &rejection).await {
                Ok(()) => return Err(InvokeError::Rejected(rejection)),
                Err(fault) => fault,
            },
            Ok(Err(Error::Fault(fault))) | Err(fault) => fault,
        };
        let fault = report(fault, M::ADDRESS, span.as_deref());
        let (Some(pause), Some(spare)) = (pause::<M>(&fault, own.attempt, inherited), &spare) else {
            if let Some(claim) = claim {
                claim.release(origin.core).await;
            }
            return Err(InvokeError::Fault(carried(&outer, fault)));
        };
        if let Some(stage) = &own.stage {
            stage.clear();
        }
        sleep(pause).await;
        input = spare.clone();
        own.attempt += 1;
    }
}

/// When the next attempt is out of time by its own time-out. The clock is read only where there is one.
fn deadline(own: &mut Own, timeout: Option<Duration>, inherited: Option<Instant>) -> Option<Instant> {
    let at = Instant::now() + timeout?;
    own.deadline = Some(inherited.map_or(at, |inherited| inherited.min(at)));
    own.deadline
}

/// How long to wait before the next attempt, if there is one.
fn pause<M: Operation>(fault: &Fault, attempt: u32, inherited: Option<Instant>) -> Option<Duration> {
    if attempt >= attempts::<M>() || !fault.class().is_transient() {
        return None;
    }
    let pause = M::POLICY.backoff.after(attempt);
    let in_time = inherited.is_none_or(|deadline| Instant::now() + pause < deadline);
    in_time.then_some(pause)
}

/// Makes what a handler did take effect: what it held back and the reply to give again, in one transaction.
async fn effect<M: Operation>(
    origin: &Origin<'_>,
    stage: Option<&Stage>,
    claim: Option<&Claim>,
    output: &M::Output,
) -> Result<(), Fault> {
    let record = match claim {
        Some(claim) => Some(claim.record(&Reply::output::<M>(output)?).map_err(Fault::caused_by)?),
        None => None,
    };
    match (stage, record) {
        (None, None) => Ok(()),
        (Some(stage), record) => outbox::commit(origin.core, stage, record).await.map_err(Fault::caused_by),
        (None, Some(record)) => origin.core.adapters.state.commit(vec![record]).await.map_err(Fault::caused_by),
    }
}

/// Records a rejection: it is a reply, to be given again. What the handler held back is left out.
async fn record<M: Operation>(
    origin: &Origin<'_>,
    claim: Option<&Claim>,
    rejection: &M::Rejection,
) -> Result<(), Fault> {
    let Some(claim) = claim else { return Ok(()) };
    let record = claim.record(&Reply::rejection::<M>(rejection)?).map_err(Fault::caused_by)?;
    origin.core.adapters.state.commit(vec![record]).await.map_err(Fault::caused_by)
}

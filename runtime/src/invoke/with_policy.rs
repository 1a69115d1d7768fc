//! A handler for which the topology promises something: time-out, retry, idempotency, outbox.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::Span;

use crate::contract::operation::Operation;
use crate::fault::Attempt;
use crate::fault::{Chain, Fault};
use crate::handler::Route;
use crate::handler::error::{Error, InvokeError};
use crate::handler::state::{CONTENTION, UPDATES};
use crate::invoke::attempts::{attempt_of, attempts, for_caller};
use crate::invoke::call::Call;
use crate::invoke::guard::out_of_time;
use crate::invoke::idempotency::{self, Claim, Claimed, StoredReply};
use crate::invoke::in_time::{attempt_until, deadline};
use crate::invoke::outbox;
use crate::invoke::outbox::unit_of_work::UnitOfWork;
use crate::invoke::scope::{Own, Scope};
use crate::one_line::OneLine;
use crate::store::{Change, StoreError};
use crate::unit::shared::Shared;

/// Runs the handler of `M` as its policy says.
pub(super) async fn execute<M, U>(
    parent: &Scope<'_, U>,
    input: M::Input,
) -> Result<M::Output, InvokeError<M::Rejection>>
where
    U: Send + Sync,
    M: Route<U>,
{
    let shared = parent.origin.shared;
    let outer = Scope::new(parent, None);
    let inherited = outer.deadline();
    let unit_of_work = M::POLICY.outbox.then(UnitOfWork::default);
    let unit_of_work = unit_of_work.as_ref();
    let mut attempt = outer.attempt();
    let mut own = Own { id: Some(outer.id()), deadline: inherited, attempt: Some(attempt), unit_of_work };

    let claim = if M::POLICY.keep.is_some() {
        match idempotency::claim::<M, U>(shared, &outer, &input).await {
            Ok(Claimed::Mine(claim)) => claim,
            Ok(Claimed::Replied(reply)) => return reply.read::<M>(),
            Err(fault) => {
                return Err(InvokeError::Fault(for_caller(
                    &outer,
                    fault.report_in(&Span::none(), M::ADDRESS, attempt_of::<M, U>(&outer)),
                )));
            }
        }
    } else {
        None
    };

    // A caller in another unit tries again from there.
    let tries = if outer.is_asked() { 1 } else { attempts::<M>() };
    let spare = (tries > 1 || runs_again::<M>()).then(|| input.clone());
    let mut input = input;
    // How often somebody else was faster with what this attempt has changed.
    let mut collisions = 0;
    let (mut due, mut over) = deadline(M::POLICY.timeout, inherited);
    loop {
        own.deadline = due.or(inherited);
        let (caller, of_callees);
        let call = if const { M::POLICY.outbox } {
            caller = Scope::new(parent, Some(&own));
            of_callees = Call::new(Scope::new(&caller, None));
            Call::holding(Scope::new(parent, Some(&own)), &of_callees)
        } else {
            Call::new(Scope::new(parent, Some(&own)))
        };
        let span = call.scope.span(M::ADDRESS);
        let ended = if over { Err(out_of_time()) } else { attempt_until::<M, U>(&due, &call, input, &span).await };
        let failed = match ended {
            Ok(Ok(output)) => match effect::<M>(shared, unit_of_work, claim.as_ref(), &output).await {
                Ok(()) => return Ok(output),
                Err(fault) if runs_again::<M>() && is_collision(&fault) => Failed::Collided(fault),
                Err(fault) => Failed::With(fault),
            },
            Ok(Err(Error::Rejected(rejection))) => match record::<M>(shared, claim.as_ref(), &rejection).await {
                Ok(()) => return Err(InvokeError::Rejected(rejection)),
                Err(fault) => Failed::With(fault),
            },
            Ok(Err(Error::Fault(fault))) | Err(fault) => Failed::With(fault),
        };
        if let Some(unit_of_work) = unit_of_work {
            unit_of_work.clear();
        }
        let fault = match (failed, &spare) {
            (Failed::Collided(fault), Some(spare)) if collisions < UPDATES => {
                collisions += 1;
                let error = OneLine(Chain(fault.cause()));
                span.in_scope(
                    || tracing::debug!(target: "pontoon", error = %error, collisions, "another run was faster"),
                );
                sleep(CONTENTION.after(collisions)).await;
                over = due.is_some_and(|due| due <= Instant::now());
                input = spare.clone();
                continue;
            }
            (Failed::Collided(fault) | Failed::With(fault), _) => fault,
        };
        let pause = if tries > 1 { pause::<M>(&fault, attempt, inherited) } else { None };
        let again = pause.zip(spare.as_ref());
        let this = Attempt { number: attempt, of: attempts::<M>() };
        let this = again.is_some().then_some(this).or_else(|| attempt_of::<M, U>(&call.scope));
        let fault = fault.report_in(&span, M::ADDRESS, this);
        let Some((pause, spare)) = again else {
            if let Some(claim) = claim {
                claim.release().await;
            }
            return Err(InvokeError::Fault(for_caller(&outer, fault)));
        };
        sleep(pause).await;
        input = spare.clone();
        attempt += 1;
        own.attempt = Some(attempt);
        (due, over) = deadline(M::POLICY.timeout, inherited);
    }
}

/// How an attempt did not succeed.
enum Failed {
    /// Another run was faster with what this one has changed. Nothing has taken effect: it is no fault, and no attempt.
    Collided(Fault),
    With(Fault),
}

/// Whether a handler runs again where another run has changed what it has changed, and was faster. What it does is held
/// back, and the topology says that running it twice does no harm.
const fn runs_again<M: Operation>() -> bool {
    M::POLICY.outbox && (M::POLICY.repeatable || M::POLICY.keep.is_some())
}

/// Whether a commit has found other state than the handler had. What the runtime keeps there is not the handler's.
fn is_collision(fault: &Fault) -> bool {
    let cause = fault.cause().and_then(|cause| cause.downcast_ref::<StoreError>());
    matches!(cause, Some(StoreError::Conflict { collection, .. }) if !collection.starts_with('$'))
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
    shared: &Shared,
    unit_of_work: Option<&UnitOfWork>,
    claim: Option<&Claim>,
    output: &M::Output,
) -> Result<(), Fault> {
    let Some(claim) = claim else {
        return match unit_of_work {
            Some(unit_of_work) => outbox::commit(shared.outbox_context(), unit_of_work, None).await,
            None => Ok(()),
        };
    };
    let reply = StoredReply::output::<M>(output)?;
    match unit_of_work {
        Some(unit_of_work) => {
            claim.commit(&reply, |record| outbox::commit(shared.outbox_context(), unit_of_work, Some(record))).await
        }
        None => claim.commit(&reply, |record| write(shared, record)).await,
    }
}

/// Records a rejection: it is a reply, to be given again. What the handler held back is left out.
async fn record<M: Operation>(shared: &Shared, claim: Option<&Claim>, rejection: &M::Rejection) -> Result<(), Fault> {
    let Some(claim) = claim else { return Ok(()) };
    claim.commit(&StoredReply::rejection::<M>(rejection)?, |record| write(shared, record)).await
}

async fn write(shared: &Shared, record: Change) -> Result<(), Fault> {
    shared.adapters.state.commit(vec![record]).await.map_err(Fault::caused_by)
}

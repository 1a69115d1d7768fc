//! Takes messages from a consumer and hands them to a handler; decides what becomes of each. The same for every
//! adapter.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::bridge::{BridgeError, Consumer, Delivery, Settlement};
use crate::contract::never::Never;
use crate::contract::operation::Operation;
use crate::fault::Attempt;
use crate::fault::panics::Guarded;
use crate::handler::Route;
use crate::handler::error::InvokeError;
use crate::invoke::execute::execute;
use crate::invoke::scope::{Origin, Scope, Source};
use crate::listen::consumer_policy::ConsumerPolicy;
use crate::listen::settlement::{after_fault, input, settle};
use crate::one_line::OneLine;
use crate::unit::lifecycle::Phase;
use crate::unit::shared::RunningUnit;

/// Takes messages one by one until there are no more, or none is to be taken any more.
pub(crate) async fn consume<M, U>(running: Arc<RunningUnit<U>>, consumer: Arc<dyn Consumer>, policy: ConsumerPolicy)
where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    let lifecycle = &running.shared.lifecycle;
    let last = last_phase(&*consumer);
    let mut over = pin!(lifecycle.reached(last));
    loop {
        if lifecycle.has_reached(last) {
            return;
        }
        let delivery = match consumer.next() {
            ready if ready.is_ready() => ready.await,
            later => tokio::select! {
                biased;
                delivery = later => delivery,
                () = &mut over => return,
            },
        };
        let Some(delivery) = delivery else { return };
        deliver::<M, U>(&running, &*consumer, policy, &delivery).await;
    }
}

/// What a broker keeps is left there once the unit stops. What only this process has is finished first.
pub(super) fn last_phase(consumer: &dyn Consumer) -> Phase {
    if consumer.is_volatile() { Phase::Drained } else { Phase::Stopping }
}

/// Handles one message, and settles it.
async fn deliver<M, U>(running: &RunningUnit<U>, consumer: &dyn Consumer, policy: ConsumerPolicy, delivery: &Delivery)
where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    if done_first(policy, consumer) {
        deliver_once::<M, U>(running, consumer, policy, delivery).await;
    } else {
        let settlement = handle::<M, U>(running, consumer, policy, delivery).await;
        settle(running, consumer, M::ADDRESS, delivery, settlement).await;
    }
}

/// Whether a message is done with before it is handled: one that must not come twice. Memory cannot bring it back in
/// any case.
pub(super) fn done_first(policy: ConsumerPolicy, consumer: &dyn Consumer) -> bool {
    policy.at_most_once && !consumer.is_volatile()
}

/// Handles one message that must not come twice. One that the broker has taken back by then is somebody else's.
pub(super) async fn deliver_once<M, U>(
    running: &RunningUnit<U>,
    consumer: &dyn Consumer,
    policy: ConsumerPolicy,
    delivery: &Delivery,
) where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    if let Err(error) = consumer.settle(delivery, Settlement::Ack).await {
        tracing::debug!(target: "pontoon", handler = M::ADDRESS, error = %OneLine(&error), "the broker has it again");
        return;
    }
    let settlement = handle::<M, U>(running, consumer, policy, delivery).await;
    // Otherwise there is nothing left to settle.
    let settlement = settlement.filter(|settlement| matches!(settlement, Settlement::Malformed));
    settle(running, consumer, M::ADDRESS, delivery, settlement).await;
}

/// Runs the handler for one message. Whatever panics on the way, the message is settled: nobody else would get it.
pub(super) async fn handle<M, U>(
    running: &RunningUnit<U>,
    consumer: &dyn Consumer,
    policy: ConsumerPolicy,
    delivery: &Delivery,
) -> Option<Settlement>
where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    let run = pin!(run::<M, U>(running, consumer, policy, delivery));
    let ended = Guarded::new(run).await;
    ended.unwrap_or_else(|panic| {
        let attempt = Attempt { number: delivery.attempt, of: policy.attempts };
        let panic = panic.report_attempt(M::ADDRESS, attempt);
        Some(after_fault::<M, U>(running, policy, delivery, &panic))
    })
}

/// Runs the handler for one message. Nothing is to be settled where the message is somebody else's by now.
async fn run<M, U>(
    running: &RunningUnit<U>,
    consumer: &dyn Consumer,
    policy: ConsumerPolicy,
    delivery: &Delivery,
) -> Option<Settlement>
where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    let input = match input::<M>(policy, delivery) {
        Ok(input) => input,
        Err(settlement) => return Some(settlement),
    };
    let metadata = delivery.message.metadata();
    let attempt = Attempt { number: delivery.attempt, of: policy.attempts };
    let origin = Origin::new(running, Source::Message(metadata, attempt), &metadata.deadline);
    let before = Scope::before(&origin);
    let mut run = pin!(execute::<M, U>(&before, input));
    let ended = match consumer.lease() {
        None => run.await,
        Some(lease) => tokio::select! {
            biased;
            ended = &mut run => ended,
            error = extend(consumer, delivery, lease) => {
                tracing::warn!(target: "pontoon", handler = M::ADDRESS, error = %OneLine(&error), "stopped half way");
                return None;
            }
        },
    };
    Some(match ended {
        Ok(()) => Settlement::Ack,
        Err(InvokeError::Rejected(never)) => match never {},
        Err(InvokeError::Fault(fault)) => after_fault::<M, U>(running, policy, delivery, &fault),
    })
}

/// Holds a message for as long as this is waited for, and returns only if it is lost.
pub(super) async fn hold(consumer: &dyn Consumer, delivery: &Delivery) -> BridgeError {
    match consumer.lease() {
        None => pending().await,
        Some(lease) => extend(consumer, delivery, lease).await,
    }
}

/// Holds a message by extending its lease, again and again.
async fn extend(consumer: &dyn Consumer, delivery: &Delivery, lease: Duration) -> BridgeError {
    loop {
        sleep(lease / 2).await;
        if let Err(error @ BridgeError::LeaseLost) = consumer.extend(delivery).await {
            return error;
        }
    }
}

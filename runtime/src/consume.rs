//! Takes messages from a feed and hands them to a handler; decides what becomes of each. The same for every adapter.

use std::future::pending;
use std::pin::pin;
use std::sync::Arc;

use tokio::time::{Instant, sleep};

use crate::bridge::{Arrival, BridgeError, Feed, Settlement};
use crate::delivery::Consumption;
use crate::error::InvokeError;
use crate::execute::execute;
use crate::fault::{Chain, Fault, FaultClass};
use crate::guard::Guarded;
use crate::handler::Route;
use crate::inbox::Busy;
use crate::lifecycle::Phase;
use crate::never::Never;
use crate::one_line::OneLine;
use crate::operation::Operation;
use crate::running::Running;
use crate::scope::{Attempt, Origin, Scope, Source};
use crate::soon::Soon;

mod ordered;

pub(crate) use ordered::consume_ordered;

/// Takes messages one by one until there are no more, or none is to be taken any more.
pub(crate) async fn consume<M, U>(running: Arc<Running<U>>, feed: Arc<dyn Feed>, rules: Consumption)
where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    let lifecycle = &running.core.lifecycle;
    let last = last_phase(&*feed);
    let mut over = pin!(lifecycle.reached(last));
    loop {
        if lifecycle.has_reached(last) {
            return;
        }
        let arrival = match feed.next() {
            now @ Soon::Now(_) => now.await,
            later => tokio::select! {
                biased;
                arrival = later => arrival,
                () = &mut over => return,
            },
        };
        let Some(arrival) = arrival else { return };
        deliver::<M, U>(&running, &*feed, rules, &arrival).await;
    }
}

/// What a broker keeps is left there once the unit stops. What only this process has is finished first.
fn last_phase(feed: &dyn Feed) -> Phase {
    if feed.is_volatile() { Phase::Drained } else { Phase::Stopping }
}

/// Handles one message, and settles it.
async fn deliver<M, U>(running: &Running<U>, feed: &dyn Feed, rules: Consumption, arrival: &Arrival)
where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    if done_first(rules, feed) {
        deliver_once::<M, U>(running, feed, rules, arrival).await;
    } else {
        let settlement = handle::<M, U>(running, feed, rules, arrival).await;
        settle(running, feed, M::ADDRESS, arrival, settlement).await;
    }
}

/// Whether a message is done with before it is handled: one that must not come twice. Memory cannot bring it back in any case.
fn done_first(rules: Consumption, feed: &dyn Feed) -> bool {
    rules.at_most_once && !feed.is_volatile()
}

/// Handles one message that must not come twice. One that the broker has taken back by then is somebody else's.
async fn deliver_once<M, U>(running: &Running<U>, feed: &dyn Feed, rules: Consumption, arrival: &Arrival)
where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    if let Err(error) = feed.settle(arrival, Settlement::Done).await {
        tracing::debug!(target: "pontoon", handler = M::ADDRESS, error = %OneLine(&error), "the broker has it again");
        return;
    }
    let settlement = handle::<M, U>(running, feed, rules, arrival).await;
    // Otherwise there is nothing left to settle.
    let settlement = settlement.filter(|settlement| matches!(settlement, Settlement::Unreadable));
    settle(running, feed, M::ADDRESS, arrival, settlement).await;
}

/// Runs the handler for one message. Whatever panics on the way, the message is settled: nobody else would get it.
async fn handle<M, U>(
    running: &Running<U>,
    feed: &dyn Feed,
    rules: Consumption,
    arrival: &Arrival,
) -> Option<Settlement>
where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    let run = pin!(run::<M, U>(running, feed, rules, arrival));
    let ended = Guarded::new(run).await;
    ended.unwrap_or_else(|panic| {
        let attempt = Attempt { number: arrival.attempt, of: rules.attempts };
        let panic = panic.report_attempt(M::ADDRESS, attempt);
        Some(after_fault::<M, U>(running, rules, arrival, &panic))
    })
}

/// Runs the handler for one message. Nothing is to be settled where the message is somebody else's by now.
async fn run<M, U>(running: &Running<U>, feed: &dyn Feed, rules: Consumption, arrival: &Arrival) -> Option<Settlement>
where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    let Arrival { message, attempt, .. } = arrival;
    if *attempt > rules.attempts {
        return Some(give_up::<M>(rules, arrival, "its lease ended in every attempt".to_owned()));
    }
    let input = match message.read::<M::Input>() {
        Ok(input) => input,
        Err(fault) => return Some(malformed::<M>(rules, arrival, &fault)),
    };
    if message.metadata().deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return Some(give_up::<M>(rules, arrival, "its deadline was over".to_owned()));
    }
    let metadata = message.metadata();
    let origin = Origin::new(
        running,
        Source::Message(metadata, Attempt { number: *attempt, of: rules.attempts }),
        &metadata.deadline,
    );
    let before = Scope::before(&origin);
    let run = execute::<M, U>(&before, input);
    let ended = tokio::select! {
        biased;
        ended = run => ended,
        error = hold(feed, arrival) => {
            tracing::warn!(target: "pontoon", handler = M::ADDRESS, error = %OneLine(&error), "stopped half way");
            return None;
        }
    };
    Some(match ended {
        Ok(()) => Settlement::Done,
        Err(InvokeError::Rejected(never)) => match never {},
        Err(InvokeError::Fault(fault)) => after_fault::<M, U>(running, rules, arrival, &fault),
    })
}

/// What becomes of a message that cannot be read: another attempt would end as this one.
fn malformed<M: Operation>(rules: Consumption, arrival: &Arrival, fault: &Fault) -> Settlement {
    let given_up = give_up::<M>(rules, arrival, format!("malformed: {}", OneLine(Chain(fault.cause()))));
    if rules.dead_letter { given_up } else { Settlement::Unreadable }
}

/// Holds a message for as long as this is waited for, and returns only if it is lost.
async fn hold(feed: &dyn Feed, arrival: &Arrival) -> BridgeError {
    let Some(lease) = feed.lease() else { return pending().await };
    loop {
        sleep(lease / 2).await;
        if let Err(error @ BridgeError::LeaseLost) = feed.extend(arrival).await {
            return error;
        }
    }
}

fn after_fault<M: Operation, U>(
    running: &Running<U>,
    rules: Consumption,
    arrival: &Arrival,
    fault: &Fault,
) -> Settlement {
    if let Some(Busy(pause)) = busy(fault) {
        return Settlement::Later(*pause);
    }
    let class = fault.class();
    // It may be another unit that has stopped, and answers so.
    let may_come_again = class.is_transient() || class == FaultClass::Stopped;
    if class == FaultClass::Stopped && !running.core.lifecycle.is_running() {
        return Settlement::Again(std::time::Duration::ZERO);
    }
    if may_come_again && arrival.attempt < rules.attempts {
        return Settlement::Again(rules.backoff.after(arrival.attempt));
    }
    give_up::<M>(rules, arrival, format!("{fault}: {}", OneLine(Chain(fault.cause()))))
}

/// Another handler has the key of the message: nothing went wrong.
fn busy(fault: &Fault) -> Option<&Busy> {
    fault.cause()?.downcast_ref()
}

fn give_up<M: Operation>(rules: Consumption, arrival: &Arrival, reason: String) -> Settlement {
    let (id, attempts) = (arrival.message.metadata().id, arrival.attempt);
    tracing::error!(target: "pontoon", handler = M::ADDRESS, message = %id, attempts, reason, "given up");
    if rules.dead_letter { Settlement::Dead(reason) } else { Settlement::Done }
}

async fn settle<U>(
    running: &Running<U>,
    feed: &dyn Feed,
    handler: &'static str,
    arrival: &Arrival,
    settlement: Option<Settlement>,
) {
    match settlement {
        Some(settlement) => {
            if let Err(error) = feed.settle(arrival, settlement).await {
                let id = arrival.message.metadata().id;
                tracing::warn!(target: "pontoon", handler, message = %id, error = %OneLine(&error), "it may be handled once more");
            }
        }
        None => feed.forget(arrival),
    }
    running.core.lifecycle.settled();
}

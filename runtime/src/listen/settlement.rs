//! What becomes of a message: the decisions, and how the consumer is told. The same for one message and for those of a
//! batch.

use tokio::time::Instant;

use crate::bridge::{Consumer, Delivery, Settlement};
use crate::contract::operation::Operation;
use crate::fault::{Chain, Fault, FaultClass};
use crate::invoke::idempotency::Busy;
use crate::listen::consumer_policy::ConsumerPolicy;
use crate::one_line::OneLine;
use crate::unit::shared::RunningUnit;

/// The input of a message that is to be handled; or what becomes of one that is not.
pub(super) fn input<M: Operation>(policy: ConsumerPolicy, delivery: &Delivery) -> Result<M::Input, Settlement> {
    let message = &delivery.message;
    if delivery.attempt > policy.attempts {
        return Err(give_up::<M>(policy, delivery, "its lease ended in every attempt".to_owned()));
    }
    let input = message.read::<M::Input>().map_err(|fault| malformed::<M>(policy, delivery, &fault))?;
    if message.metadata().deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return Err(give_up::<M>(policy, delivery, "its deadline was over".to_owned()));
    }
    Ok(input)
}

/// What becomes of a message that cannot be read: another attempt would end as this one.
pub(super) fn malformed<M: Operation>(policy: ConsumerPolicy, delivery: &Delivery, fault: &Fault) -> Settlement {
    let given_up = give_up::<M>(policy, delivery, format!("malformed: {}", OneLine(Chain(fault.cause()))));
    if policy.dead_letter { given_up } else { Settlement::Malformed }
}

/// What becomes of a message whose handler has ended in a fault.
pub(super) fn after_fault<M: Operation, U>(
    running: &RunningUnit<U>,
    policy: ConsumerPolicy,
    delivery: &Delivery,
    fault: &Fault,
) -> Settlement {
    if let Some(Busy(pause)) = busy(fault) {
        return Settlement::Postpone(*pause);
    }
    let class = fault.class();
    // It may be another unit that has stopped, and answers so.
    let may_come_again = class.is_transient() || class == FaultClass::Stopped;
    if class == FaultClass::Stopped && !running.shared.lifecycle.is_running() {
        return Settlement::Release;
    }
    if may_come_again && delivery.attempt < policy.attempts {
        return Settlement::Retry(policy.backoff.after(delivery.attempt));
    }
    give_up::<M>(policy, delivery, format!("{fault}: {}", OneLine(Chain(fault.cause()))))
}

/// Another handler has the key of the message: nothing went wrong.
fn busy(fault: &Fault) -> Option<&Busy> {
    fault.cause()?.downcast_ref()
}

fn give_up<M: Operation>(policy: ConsumerPolicy, delivery: &Delivery, reason: String) -> Settlement {
    let (id, attempts) = (delivery.message.metadata().id, delivery.attempt);
    tracing::error!(target: "pontoon", handler = M::ADDRESS, message = %id, attempts, reason, "given up");
    if policy.dead_letter { Settlement::DeadLetter(reason) } else { Settlement::Ack }
}

/// Tells the consumer what became of a message. Where that is nothing, the message is somebody else's.
pub(super) async fn settle<U>(
    running: &RunningUnit<U>,
    consumer: &dyn Consumer,
    handler: &'static str,
    delivery: &Delivery,
    settlement: Option<Settlement>,
) {
    match settlement {
        Some(settlement) => {
            let settled = match consumer.settle(delivery, settlement).now() {
                Ok(settled) => settled,
                Err(later) => later.await,
            };
            if let Err(error) = settled {
                let id = delivery.message.metadata().id;
                tracing::warn!(target: "pontoon", handler, message = %id, error = %OneLine(&error), "it may be handled once more");
            }
        }
        None => consumer.forget(delivery),
    }
    running.shared.lifecycle.settled();
}

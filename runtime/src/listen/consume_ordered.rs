//! Messages in order: those with one key go through one lane, and one that fails holds up those behind it.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::bridge::{Consumer, Delivery, Settlement};
use crate::contract::operation::Subscription;
use crate::contract::policy::Key;
use crate::fault::Fault;
use crate::fault::panics::guarded;
use crate::handler::Route;
use crate::listen::consume::{deliver_once, done_first, handle, hold, last_phase};
use crate::listen::consumer_policy::ConsumerPolicy;
use crate::listen::settlement::{malformed, settle};
use crate::unit::lifecycle::Phase;
use crate::unit::shared::RunningUnit;

/// Takes messages and hands each to the lane of its key.
pub(crate) async fn consume_ordered<M, U>(
    running: Arc<RunningUnit<U>>,
    consumer: Arc<dyn Consumer>,
    policy: ConsumerPolicy,
) where
    U: Send + Sync,
    M: Subscription + Route<U>,
{
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..policy.concurrency.max(1)).map(|_| mpsc::channel(1)).unzip();
    let lanes = join_all(receivers.into_iter().map(|lane| drive::<M, U>(&running, &*consumer, policy, lane)));
    tokio::join!(dispatch::<M, U>(&running, &*consumer, policy, senders), lanes);
}

async fn dispatch<M: Subscription, U>(
    running: &RunningUnit<U>,
    consumer: &dyn Consumer,
    policy: ConsumerPolicy,
    lanes: Vec<mpsc::Sender<Delivery>>,
) {
    let (lifecycle, last) = (&running.shared.lifecycle, last_phase(consumer));
    let mut over = pin!(lifecycle.reached(last));
    loop {
        if lifecycle.has_reached(last) {
            return;
        }
        let delivery = tokio::select! {
            biased;
            delivery = consumer.next() => delivery,
            () = &mut over => return,
        };
        let Some(delivery) = delivery else { return };
        let key = match key::<M>(&delivery) {
            Ok(key) => key,
            Err(fault) => {
                let settlement = malformed::<M>(policy, &delivery, &fault);
                settle(running, consumer, M::ADDRESS, &delivery, Some(settlement)).await;
                continue;
            }
        };
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % lanes.len() as u64).unwrap_or_default();
        if lanes[lane].send(delivery).await.is_err() {
            return;
        }
    }
}

/// What a message must stay in order with. Without it, it cannot be handled: in which lane it belongs nobody knows.
fn key<M: Subscription>(delivery: &Delivery) -> Result<Option<Key>, Fault> {
    let payload = delivery.message.read::<M::Input>()?;
    guarded(|| M::order(&payload))
}

/// Handles the messages of a lane one after the other, each until it is done or given up.
async fn drive<M, U>(
    running: &RunningUnit<U>,
    consumer: &dyn Consumer,
    policy: ConsumerPolicy,
    mut lane: mpsc::Receiver<Delivery>,
) where
    U: Send + Sync,
    M: Subscription + Route<U>,
{
    while let Some(mut delivery) = lane.recv().await {
        if done_first(policy, consumer) {
            deliver_once::<M, U>(running, consumer, policy, &delivery).await;
            continue;
        }
        let settlement = loop {
            // It comes again, and so do those behind it, in their order.
            if consumer.is_lost(&delivery) {
                tracing::debug!(target: "pontoon", handler = M::ADDRESS, "the broker has it again");
                break None;
            }
            match handle::<M, U>(running, consumer, policy, &delivery).await {
                Some(Settlement::Retry(pause)) if running.shared.lifecycle.is_running() => {
                    tokio::select! {
                        biased;
                        () = running.shared.lifecycle.reached(Phase::Stopping) => break Some(Settlement::Retry(pause)),
                        _ = hold(consumer, &delivery) => break None,
                        () = retry(consumer, &delivery, pause) => delivery.attempt += 1,
                    }
                }
                // Another handler has its key. What is behind it waits as well.
                Some(Settlement::Postpone(pause)) if running.shared.lifecycle.is_running() => {
                    tokio::select! {
                        biased;
                        () = running.shared.lifecycle.reached(Phase::Stopping) => break Some(Settlement::Postpone(pause)),
                        _ = hold(consumer, &delivery) => break None,
                        () = sleep(pause) => {}
                    }
                }
                settlement => break settlement,
            }
        };
        let comes_again = matches!(settlement, Some(Settlement::Retry(_) | Settlement::Postpone(_)));
        settle(running, consumer, M::ADDRESS, &delivery, settlement).await;
        // What is behind it has to wait for it, wherever it comes again. In memory that is here.
        if comes_again && !consumer.is_volatile() {
            return;
        }
    }
}

/// Waits until the next attempt at a message may begin.
async fn retry(consumer: &dyn Consumer, delivery: &Delivery, pause: Duration) {
    sleep(pause).await;
    consumer.retried(delivery).await;
}

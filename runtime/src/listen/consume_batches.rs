//! Messages in batches: gathers several from a consumer, hands them to a handler together, and settles each by itself.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex as AsyncMutex;
use tokio::time::sleep;

use crate::bridge::{Consumer, Delivery, Settlement};
use crate::contract::batching::Batching;
use crate::contract::never::Never;
use crate::contract::operation::Operation;
use crate::handler::Route;
use crate::listen::batch_run::{BatchRun, runs};
use crate::listen::consume::last_phase;
use crate::listen::consumer_policy::ConsumerPolicy;
use crate::listen::held_deliveries::HeldDeliveries;
use crate::listen::settlement::settle;
use crate::unit::lifecycle::Phase;
use crate::unit::shared::RunningUnit;

/// One of the lanes that take batches from a consumer.
#[derive(Clone)]
pub(crate) struct BatchLane {
    pub(crate) consumer: Arc<dyn Consumer>,
    pub(crate) policy: ConsumerPolicy,
    pub(crate) batching: Batching,
    /// Whose turn it is to gather: lanes that did so at the same time would share out what is enough for one batch.
    pub(crate) turn: Arc<AsyncMutex<()>>,
}

/// What was gathered.
enum Gathered {
    /// A batch, which may be smaller than it could be.
    Batch(Vec<Delivery>),
    /// The last one: the consumer has ended, or none is to be taken any more.
    Last(Vec<Delivery>),
}

/// Takes batches one by one until there are no more messages, or none is to be taken any more.
pub(crate) async fn consume_batches<M, U>(running: Arc<RunningUnit<U>>, lane: BatchLane)
where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    let consumer = &*lane.consumer;
    loop {
        let held = HeldDeliveries::new(consumer);
        let goes_on = tokio::select! {
            biased;
            goes_on = take::<M, U>(&running, &lane, &held) => goes_on,
            never = held.keep() => match never {},
        };
        if !goes_on {
            return;
        }
    }
}

/// Takes one batch, and settles all that is in it. Says whether there may be another one.
async fn take<M, U>(running: &RunningUnit<U>, lane: &BatchLane, held: &HeldDeliveries<'_>) -> bool
where
    U: Send + Sync,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    let consumer = &*lane.consumer;
    let (deliveries, goes_on) = match gather(running, lane, held).await {
        Gathered::Batch(deliveries) => (deliveries, true),
        Gathered::Last(deliveries) => (deliveries, false),
    };
    for deliveries in runs(deliveries) {
        // What a broker keeps it gives to somebody who does not stop.
        if !consumer.is_volatile() && !running.shared.lifecycle.is_running() {
            release(running, consumer, M::ADDRESS, deliveries).await;
        } else {
            BatchRun { running, consumer, policy: lane.policy, held }.handle::<M>(deliveries).await;
        }
    }
    goes_on
}

async fn release<U>(
    running: &RunningUnit<U>,
    consumer: &dyn Consumer,
    handler: &'static str,
    deliveries: Vec<Delivery>,
) {
    for delivery in &deliveries {
        settle(running, consumer, handler, delivery, Some(Settlement::Release)).await;
    }
}

/// Waits for a first message, then takes those that come until there are enough, or it has waited for long enough. What
/// stops gathers no more than what is there.
async fn gather<U>(running: &RunningUnit<U>, lane: &BatchLane, held: &HeldDeliveries<'_>) -> Gathered {
    let BatchLane { consumer, batching, turn, .. } = lane;
    let lifecycle = &running.shared.lifecycle;
    let last = last_phase(&**consumer);
    let mut gathered = Vec::new();
    let mut over = pin!(lifecycle.reached(last));
    let _turn = tokio::select! {
        biased;
        () = &mut over => return Gathered::Last(gathered),
        turn = turn.lock() => turn,
    };
    let mut enough = pin!(enough(running, batching.wait));
    while gathered.len() < batching.most as usize {
        if lifecycle.has_reached(last) {
            return Gathered::Last(gathered);
        }
        let next = match consumer.next() {
            // It is taken by then, and must not be dropped.
            ready if ready.is_ready() => ready.await,
            later => tokio::select! {
                biased;
                next = later => next,
                () = &mut over => return Gathered::Last(gathered),
                () = &mut enough, if !gathered.is_empty() => break,
            },
        };
        let Some(delivery) = next else { return Gathered::Last(gathered) };
        held.add(&delivery);
        gathered.push(delivery);
        if gathered.len() == 1 {
            enough.set(self::enough(running, batching.wait));
        }
    }
    Gathered::Batch(gathered)
}

/// Waits until what has come is enough: for so long, or until the unit stops.
async fn enough<U>(running: &RunningUnit<U>, wait: Duration) {
    tokio::select! {
        () = sleep(wait) => {}
        () = running.shared.lifecycle.reached(Phase::Stopping) => {}
    }
}

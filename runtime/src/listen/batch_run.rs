//! One run of a handler of batches: which messages are in it, in whose name, and what becomes of each.

use std::collections::HashMap;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::bridge::{Consumer, Delivery, Settlement};
use crate::contract::never::Never;
use crate::contract::operation::Operation;
use crate::fault::panics::{Guarded, guarded};
use crate::fault::{Attempt, Fault};
use crate::handler::Route;
use crate::handler::item::ItemLabel;
use crate::invoke::execute_batch::{BatchMember, execute_batch};
use crate::invoke::scope::{Origin, Scope, Source};
use crate::listen::consume::done_first;
use crate::listen::consumer_policy::ConsumerPolicy;
use crate::listen::held_deliveries::HeldDeliveries;
use crate::listen::settlement::{after_fault, input, settle};
use crate::message::id::Id;
use crate::message::metadata::Metadata;
use crate::one_line::OneLine;
use crate::unit::shared::RunningUnit;

/// What all messages of a run have in common: its handler acts, and what it calls and sends goes on, in that name.
#[derive(Clone, Eq, Hash, PartialEq)]
struct ActsFor {
    tenant: Option<Arc<str>>,
    principal: Option<Arc<str>>,
    deadline: Option<Instant>,
}

impl From<&Metadata> for ActsFor {
    fn from(metadata: &Metadata) -> Self {
        let Metadata { tenant, principal, deadline, .. } = metadata;
        Self { tenant: tenant.clone(), principal: principal.clone(), deadline: *deadline }
    }
}

/// Divides what was gathered into runs, in the order in which their first messages came. A message that is tried again
/// has a run of its own: what makes a run fail takes an attempt of its neighbours with it once, and not each time.
pub(super) fn runs(deliveries: Vec<Delivery>) -> Vec<Vec<Delivery>> {
    let mut runs: Vec<Vec<Delivery>> = Vec::new();
    let mut open: HashMap<ActsFor, usize> = HashMap::new();
    for delivery in deliveries {
        if delivery.attempt > 1 {
            runs.push(vec![delivery]);
            continue;
        }
        let place = *open.entry(ActsFor::from(delivery.message.metadata())).or_insert(runs.len());
        match runs.get_mut(place) {
            Some(run) => run.push(delivery),
            None => runs.push(vec![delivery]),
        }
    }
    runs
}

/// The metadata of a run: of one message its own. Several have a run with a name of its own, which none of them has
/// caused.
fn metadata(deliveries: &[Delivery]) -> Option<Metadata> {
    let mut all = deliveries.iter().map(|delivery| delivery.message.metadata());
    let first = all.next()?;
    if deliveries.len() == 1 {
        return Some(first.clone());
    }
    let mut of_run = Metadata { id: Id::random(), causation: None, ..first.clone() };
    for metadata in all {
        if metadata.correlation != first.correlation {
            of_run.correlation = of_run.id;
        }
        if metadata.trace != first.trace {
            of_run.trace = None;
        }
        of_run.hops = of_run.hops.max(metadata.hops);
    }
    Some(of_run)
}

/// A run of a handler for several messages of a consumer.
pub(super) struct BatchRun<'r, U> {
    pub(super) running: &'r RunningUnit<U>,
    pub(super) consumer: &'r dyn Consumer,
    pub(super) policy: ConsumerPolicy,
    pub(super) held: &'r HeldDeliveries<'r>,
}

/// The messages of a run, and what its handler gets of each.
struct Members<T> {
    deliveries: Vec<Delivery>,
    members: Vec<BatchMember<T>>,
}

/// How a run has ended.
enum RunEnd {
    /// With an outcome of each message, in their order.
    Outcomes(Vec<Result<(), Fault>>),
    /// With a fault of all of them.
    Failed(Fault),
    /// Half way: all of them are somebody else's by now.
    Lost,
}

/// Why a message is not handled.
enum NotHandled {
    /// This has become of it.
    Settled(Settlement),
    Fault(Fault),
}

impl<U: Send + Sync> BatchRun<'_, U> {
    /// Runs the handler, and settles each message by itself. Whatever panics on the way, all are settled: nobody else
    /// would get them.
    pub(super) async fn handle<M>(&self, deliveries: Vec<Delivery>)
    where
        M: Route<U> + Operation<Output = (), Rejection = Never>,
    {
        let deliveries = self.without_lost::<M>(deliveries).await;
        let deliveries = match self.is_done_first() {
            true => self.acknowledged::<M>(deliveries).await,
            false => deliveries,
        };
        let Members { deliveries, members } = self.members::<M>(deliveries).await;
        let Some(metadata) = metadata(&deliveries) else { return };
        let run = pin!(self.run::<M>(&deliveries, members, &metadata));
        let ended = Guarded::new(run)
            .await
            .unwrap_or_else(|panic| RunEnd::Failed(panic.report_attempt(M::ADDRESS, self.attempt(&deliveries))));
        let settlements = self.settlements::<M>(&deliveries, ended);
        let settled = deliveries.iter().zip(settlements);
        join_all(settled.map(|(delivery, settlement)| self.settle::<M>(delivery, settlement))).await;
    }

    fn is_done_first(&self) -> bool {
        done_first(self.policy, self.consumer)
    }

    /// The attempt of a run: that of its one message, or the first.
    fn attempt(&self, deliveries: &[Delivery]) -> Attempt {
        let number = deliveries.first().map_or(1, |delivery| delivery.attempt);
        Attempt { number, of: self.policy.attempts }
    }

    /// Leaves out what became somebody else's while it waited.
    async fn without_lost<M: Operation>(&self, deliveries: Vec<Delivery>) -> Vec<Delivery> {
        let (lost, ours): (Vec<_>, Vec<_>) = deliveries.into_iter().partition(|delivery| self.held.is_lost(delivery));
        for delivery in &lost {
            tracing::debug!(target: "pontoon", handler = M::ADDRESS, message = %delivery.message.metadata().id, "the broker has it again");
            self.settle::<M>(delivery, None).await;
        }
        ours
    }

    /// Messages that must not come twice are done with before they are handled. One that the broker has taken back by
    /// then is somebody else's.
    async fn acknowledged<M: Operation>(&self, deliveries: Vec<Delivery>) -> Vec<Delivery> {
        let acknowledged =
            join_all(deliveries.iter().map(|delivery| self.consumer.settle(delivery, Settlement::Ack))).await;
        let mut ours = Vec::with_capacity(deliveries.len());
        for (delivery, acknowledged) in deliveries.into_iter().zip(acknowledged) {
            self.held.let_go(&delivery);
            match acknowledged {
                Ok(()) => ours.push(delivery),
                Err(error) => {
                    tracing::debug!(target: "pontoon", handler = M::ADDRESS, error = %OneLine(&error), "the broker has it again");
                }
            }
        }
        ours
    }

    /// Reads the messages. What is not to be handled is settled, and its neighbours go on.
    async fn members<M: Operation>(&self, deliveries: Vec<Delivery>) -> Members<M::Input> {
        let mut all = Members { deliveries: Vec::new(), members: Vec::new() };
        for delivery in deliveries {
            match self.input::<M>(&delivery) {
                Ok(input) => {
                    let metadata = delivery.message.metadata();
                    let (id, correlation) = (metadata.id, metadata.correlation);
                    let label = ItemLabel { id, correlation, attempt: delivery.attempt };
                    all.members.push(BatchMember { input, label });
                    all.deliveries.push(delivery);
                }
                Err(settlement) => self.settle::<M>(&delivery, Some(settlement)).await,
            }
        }
        all
    }

    /// What the handler gets of a message, which another unit would get as it is; or what becomes of the message.
    fn input<M: Operation>(&self, delivery: &Delivery) -> Result<M::Input, Settlement> {
        let read = guarded(|| {
            let input = input::<M>(self.policy, delivery).map_err(NotHandled::Settled)?;
            self.running.shared.round_trips.check(&input).map_err(NotHandled::Fault)?;
            Ok(input)
        });
        let fault = match read {
            Ok(Ok(input)) => return Ok(input),
            Ok(Err(NotHandled::Settled(settlement))) => return Err(settlement),
            Ok(Err(NotHandled::Fault(fault))) | Err(fault) => fault,
        };
        let attempt = Attempt { number: delivery.attempt, of: self.policy.attempts };
        Err(self.after_fault::<M>(delivery, &fault.report_attempt(M::ADDRESS, attempt)))
    }

    /// What becomes of a message that has failed, also where its error panics when it is shown.
    fn after_fault<M: Operation>(&self, delivery: &Delivery, fault: &Fault) -> Settlement {
        let after = |fault: &Fault| after_fault::<M, U>(self.running, self.policy, delivery, fault);
        guarded(|| after(fault)).unwrap_or_else(|panic| after(&panic))
    }

    /// Runs the handler.
    async fn run<M>(&self, deliveries: &[Delivery], members: Vec<BatchMember<M::Input>>, metadata: &Metadata) -> RunEnd
    where
        M: Route<U> + Operation<Output = (), Rejection = Never>,
    {
        let source = Source::Message(metadata, self.attempt(deliveries));
        let origin = Origin::new(self.running, source, &metadata.deadline);
        let before = Scope::before(&origin);
        let run = pin!(execute_batch::<M, U>(&before, members));
        let lost = async {
            match self.is_done_first() {
                true => pending().await,
                false => self.held.all_lost(deliveries).await,
            }
        };
        tokio::select! {
            biased;
            ended = run => ended.map_or_else(RunEnd::Failed, RunEnd::Outcomes),
            () = lost => {
                tracing::warn!(target: "pontoon", handler = M::ADDRESS, messages = deliveries.len(), "stopped half way: others have its messages");
                RunEnd::Lost
            }
        }
    }

    /// What becomes of each message. Nothing of what is somebody else's by now.
    fn settlements<M: Operation>(&self, deliveries: &[Delivery], ended: RunEnd) -> Vec<Option<Settlement>> {
        let after = |(delivery, ended): (&Delivery, Result<(), &Fault>)| match ended {
            _ if !self.is_done_first() && self.held.is_lost(delivery) => None,
            Ok(()) => Some(Settlement::Ack),
            Err(fault) => Some(self.after_fault::<M>(delivery, fault)),
        };
        match ended {
            RunEnd::Lost => deliveries.iter().map(|_| None).collect(),
            RunEnd::Outcomes(outcomes) => {
                let outcomes = outcomes.iter().map(|outcome| outcome.as_ref().copied());
                deliveries.iter().zip(outcomes).map(after).collect()
            }
            RunEnd::Failed(fault) => deliveries.iter().map(|delivery| after((delivery, Err(&fault)))).collect(),
        }
    }

    async fn settle<M: Operation>(&self, delivery: &Delivery, settlement: Option<Settlement>) {
        // Of what was done with before, there is nothing else left to settle.
        let left = |settlement: &Settlement| !self.is_done_first() || matches!(settlement, Settlement::Malformed);
        settle(self.running, self.consumer, M::ADDRESS, delivery, settlement.filter(left)).await;
        self.held.let_go(delivery);
    }
}

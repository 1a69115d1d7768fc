//! What a unit listens to: requests, subscriptions, queues and the clock.

use std::collections::HashMap;
use std::sync::Arc;

use crate::bridge::{Consumer, Endpoint};
use crate::contract::known_subscription::KnownSubscription;
use crate::contract::never::Never;
use crate::contract::operation::{Command, Operation, Schedule, Subscription, Worker};
use crate::contract::resource::{Event, Queue};
use crate::contract::worker_policy::WorkerPolicy;
use crate::handler::Route;
use crate::listen::consume::consume;
use crate::listen::consume_batches::{BatchLane, consume_batches};
use crate::listen::consume_ordered::consume_ordered;
use crate::listen::consumer_policy::ConsumerPolicy;
use crate::listen::lane::Lane;
use crate::listen::schedule;
use crate::listen::schedule::runs::ScheduledRuns;
use crate::listen::serve::{Answers, boxed_answer, serve};
use crate::unit::adapters::Adapters;

/// Takes what a unit listens to, while it starts.
pub struct Registration<U> {
    adapters: Adapters,
    /// The environment's name, where it has one.
    environment: Option<&'static str>,
    pub(crate) lanes: Vec<Lane<U>>,
    pub(crate) clocks: Vec<Lane<U>>,
    /// By the address of the subscription or worker.
    pub(crate) consumers: HashMap<&'static str, Arc<dyn Consumer>>,
    pub(crate) problems: Vec<String>,
}

impl<U: Send + Sync + 'static> Registration<U> {
    pub(crate) fn new(adapters: Adapters, environment: Option<&'static str>) -> Self {
        let (lanes, clocks) = (Vec::new(), Vec::new());
        Self { adapters, environment, lanes, clocks, consumers: HashMap::new(), problems: Vec::new() }
    }

    /// Requests for a command, from other units and from outside.
    pub fn serve<M>(&mut self, _: M)
    where
        M: Command + Route<U>,
    {
        let endpoint = self.adapters.events.serve(M::SUBJECT);
        self.lanes.push(serving(M::ADDRESS, endpoint, boxed_answer::<M, U>));
    }

    /// Events of this unit for all who hear them in other units: they are kept from the first one on, whichever unit
    /// starts first. Comes after what the unit itself listens to.
    pub fn retain<E: Event>(&mut self, _: E) {
        for subscribed in E::SUBSCRIPTIONS {
            self.retain_one(*subscribed);
        }
    }

    /// The same for one of those who hear them, where others are not in this deployment.
    pub fn retain_for<M: Subscription>(&mut self, _: M) {
        self.retain_one(KnownSubscription::of::<M>());
    }

    fn retain_one(&mut self, KnownSubscription { subject, subscription, delivery, environments }: KnownSubscription) {
        let is_ours = self.consumers.contains_key(subscription);
        if !delivery.at_most_once && !is_ours && environments.have(self.environment) {
            self.adapters.events.retain_for(subject, subscription, delivery);
        }
    }

    /// Whether a subscription exists in this environment.
    fn hears<M: Subscription>(&self) -> bool {
        M::ENVIRONMENTS.have(self.environment)
    }

    /// Events of a subscription, where it exists.
    pub fn subscribe<M>(&mut self, _: M)
    where
        M: Subscription + Route<U>,
    {
        if !self.hears::<M>() {
            return;
        }
        let consumer = self.adapters.events.subscribe(M::Event::SUBJECT, M::ADDRESS, M::DELIVERY);
        self.consumers.insert(M::ADDRESS, Arc::clone(&consumer));
        let policy = ConsumerPolicy::from(M::DELIVERY);
        if const { M::DELIVERY.ordered } {
            let lane = move |running| consume_ordered::<M, U>(running, Arc::clone(&consumer), policy);
            self.lanes.push(Lane::new(M::ADDRESS, lane));
            return;
        }
        self.consume::<M>(&consumer, policy);
    }

    /// Jobs of a worker's queue.
    pub fn work<M>(&mut self, _: M)
    where
        M: Worker + Route<U>,
    {
        let policy = ConsumerPolicy::of_worker::<M>();
        let worker = WorkerPolicy { concurrency: policy.concurrency, batching: policy.batching };
        let consumer = self.adapters.queues.worker(M::Queue::SUBJECT, M::Queue::POLICY, worker);
        self.consumers.insert(M::ADDRESS, Arc::clone(&consumer));
        self.consume::<M>(&consumer, policy);
    }

    /// As many lanes as there are to be runs at a time.
    fn consume<M>(&mut self, consumer: &Arc<dyn Consumer>, policy: ConsumerPolicy)
    where
        M: Route<U> + Operation<Output = (), Rejection = Never>,
    {
        let lanes = 0..policy.concurrency.max(1);
        match policy.batching {
            None => self.lanes.extend(lanes.map(|_| consuming::<M, U>(consumer, policy))),
            Some(batching) => {
                let consumer = Arc::clone(consumer);
                let lane = BatchLane { consumer, policy, batching, turn: Arc::default() };
                self.lanes.extend(lanes.map(|_| consuming_batches::<M, U>(lane.clone())));
            }
        }
    }

    /// Ticks of a schedule.
    pub fn schedule<M>(&mut self, _: M)
    where
        M: Schedule + Route<U>,
    {
        match ScheduledRuns::read(M::TIMETABLE) {
            Ok(plan) => {
                let plan = Arc::new(plan);
                let clock = move |running| schedule::run::<M, U>(running, Arc::clone(&plan));
                self.clocks.push(Lane::that_may_end(M::ADDRESS, clock));
            }
            Err(problem) => self.problems.push(format!("the timetable of {}: {problem}", M::ADDRESS)),
        }
    }
}

/// A lane that takes requests for a command.
fn serving<U>(name: &'static str, endpoint: Arc<dyn Endpoint>, answers: Answers<U>) -> Lane<U>
where
    U: Send + Sync + 'static,
{
    Lane::new(name, move |running| serve(running, Arc::clone(&endpoint), answers))
}

/// A lane that takes messages from a consumer one by one.
fn consuming<M, U>(consumer: &Arc<dyn Consumer>, policy: ConsumerPolicy) -> Lane<U>
where
    U: Send + Sync + 'static,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    let consumer = Arc::clone(consumer);
    Lane::new(M::ADDRESS, move |running| consume::<M, U>(running, Arc::clone(&consumer), policy))
}

/// A lane that takes messages from a consumer in batches.
fn consuming_batches<M, U>(lane: BatchLane) -> Lane<U>
where
    U: Send + Sync + 'static,
    M: Route<U> + Operation<Output = (), Rejection = Never>,
{
    Lane::new(M::ADDRESS, move |running| consume_batches::<M, U>(running, lane.clone()))
}

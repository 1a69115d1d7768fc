//! What a unit listens to: requests, subscriptions, queues and the clock.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use crate::bridge::Feed;
use crate::consume::{consume, consume_ordered};
use crate::core::Adapters;
use crate::definition::{Event, Queue};
use crate::delivery::Consumption;
use crate::handler::Route;
use crate::operation::{Command, Schedule, Subscription, Worker};
use crate::running::Running;
use crate::schedule::{self, Plan};
use crate::serve::serve;

/// Takes what a unit listens to, while it starts.
pub struct Intake<U> {
    adapters: Adapters,
    pub(crate) lanes: Vec<Lane<U>>,
    pub(crate) clocks: Vec<Lane<U>>,
    /// By the address of the subscription or worker.
    pub(crate) feeds: HashMap<&'static str, Arc<dyn Feed>>,
    pub(crate) problems: Vec<String>,
}

/// What is boxed once for as long as the unit runs: the loop of one lane.
type Loop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Begins one lane of a running unit.
pub(crate) type Lane<U> = Box<dyn FnOnce(Arc<Running<U>>) -> Loop + Send>;

impl<U: Send + Sync + 'static> Intake<U> {
    pub(crate) fn new(adapters: Adapters) -> Self {
        Self { adapters, lanes: Vec::new(), clocks: Vec::new(), feeds: HashMap::new(), problems: Vec::new() }
    }

    /// Requests for a command, from other units and from outside.
    pub fn serve<M>(&mut self, _: M)
    where
        M: Command + Route<U>,
    {
        let inlet = self.adapters.events.serve(M::SUBJECT);
        self.lanes.push(Box::new(move |running| Box::pin(serve::<M, U>(running, inlet))));
    }

    /// Events of this unit for a subscription of another unit: they are kept for it from the first one on, whichever of the
    /// two starts first.
    pub fn keep<M: Subscription>(&mut self, _: M) {
        self.adapters.events.keep(M::Event::SUBJECT, M::ADDRESS, M::DELIVERY);
    }

    /// Events of a subscription.
    pub fn subscribe<M>(&mut self, _: M)
    where
        M: Subscription + Route<U>,
    {
        let feed = self.adapters.events.subscribe(M::Event::SUBJECT, M::ADDRESS, M::DELIVERY);
        self.feeds.insert(M::ADDRESS, Arc::clone(&feed));
        let rules = Consumption::from(M::DELIVERY);
        if M::DELIVERY.ordered {
            self.lanes.push(Box::new(move |running| Box::pin(consume_ordered::<M, U>(running, feed, rules))));
            return;
        }
        for _ in 0..rules.concurrency.max(1) {
            let feed = Arc::clone(&feed);
            self.lanes.push(Box::new(move |running| Box::pin(consume::<M, U>(running, feed, rules))));
        }
    }

    /// Jobs of a worker's queue.
    pub fn work<M>(&mut self, _: M)
    where
        M: Worker + Route<U>,
    {
        let feed: Arc<dyn Feed> = self.adapters.queues.queue(M::Queue::SUBJECT, M::Queue::RULES);
        self.feeds.insert(M::ADDRESS, Arc::clone(&feed));
        let rules = Consumption::of_queue(M::Queue::RULES, M::CONCURRENCY);
        for _ in 0..rules.concurrency.max(1) {
            let feed = Arc::clone(&feed);
            self.lanes.push(Box::new(move |running| Box::pin(consume::<M, U>(running, feed, rules))));
        }
    }

    /// Ticks of a schedule.
    pub fn tick<M>(&mut self, _: M)
    where
        M: Schedule + Route<U>,
    {
        match Plan::read(M::TIMETABLE) {
            Ok(plan) => self.clocks.push(Box::new(move |running| Box::pin(schedule::run::<M, U>(running, plan)))),
            Err(problem) => self.problems.push(format!("the timetable of {}: {problem}", M::ADDRESS)),
        }
    }
}

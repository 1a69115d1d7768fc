//! What is promised about a handler that is started from outside, in words, and what of it is so because nothing else
//! is written.

use std::fmt::Display;

use super::Time;
use super::contract::environments;
use crate::source::Span;
use crate::topology::{Backoff, Batch, Delivery, Handler, Located, Schedule, Subscription, Topology, Worker};

/// The promises about a handler: `at least once`, `5 attempts (default)`, `1 at a time (default)`.
pub(super) fn of(topology: &Topology, handler: Handler) -> Vec<String> {
    match handler {
        Handler::Subscription(id) => {
            let only = environments(topology, &topology.presence(id)).map(|names| match names.as_slice() {
                [] => "in no environment".to_owned(),
                names => format!("only in {}", names.join(", ")),
            });
            only.into_iter().chain(of_subscription(&topology.subscriptions[id])).collect()
        }
        Handler::Worker(id) => of_worker(topology, &topology.workers[id]),
        Handler::Schedule(id) => of_schedule(&topology.schedules[id]),
        Handler::Command(_) => Vec::new(),
    }
}

fn of_subscription(subscription: &Subscription) -> Vec<String> {
    let here = subscription.operation.name.span;
    let say = |what: &dyn Display, span: Span| said(what, span, here);
    if subscription.delivery.value == Delivery::AtMostOnce {
        let promises = [
            say(&"at most once", subscription.delivery.span),
            "acknowledged before it is handled".to_owned(),
            at_a_time(subscription.concurrency, here),
        ];
        return promises.into_iter().chain(subscription.batch.map(batch)).collect();
    }
    let promises = [
        say(&"at least once", subscription.delivery.span),
        "acknowledged when it is handled".to_owned(),
        say(&attempts(subscription.attempts.value), subscription.attempts.span),
        say(&pauses(&subscription.backoff), subscription.backoff.span),
        at_a_time(subscription.concurrency, here),
    ];
    promises.into_iter().chain(subscription.batch.map(batch)).collect()
}

fn of_worker(topology: &Topology, worker: &Worker) -> Vec<String> {
    let (queue, here) = (&topology.queues[worker.queue.value], worker.operation.name.span);
    let of_queue = |what: &dyn Display, span: Span| said(what, span, queue.name.span);
    let pauses = pauses(&worker.backoff);
    let promises = [
        "acknowledged when it is done".to_owned(),
        of_queue(&format!("lease {}", Time(queue.lease.value)), queue.lease.span),
        of_queue(&attempts(queue.attempts.value), queue.attempts.span),
        match worker.backoff.span == here {
            true => of_queue(&pauses, queue.backoff.span),
            false => pauses,
        },
        at_a_time(worker.concurrency, here),
    ];
    promises.into_iter().chain(worker.batch.map(batch)).collect()
}

fn of_schedule(schedule: &Schedule) -> Vec<String> {
    let instances = if schedule.single.value { "in one instance at a time" } else { "in every instance" };
    let made_up = schedule.makes_up().then(|| "one run makes up for missed ones".to_owned());
    [instances.to_owned()].into_iter().chain(made_up).collect()
}

/// What is not written stands where its owner does.
fn said(what: &dyn Display, span: Span, owner: Span) -> String {
    if span == owner { format!("{what} (default)") } else { what.to_string() }
}

fn at_a_time(concurrency: Located<u32>, owner: Span) -> String {
    said(&format!("{} at a time", concurrency.value), concurrency.span, owner)
}

fn batch(batch: Located<Batch>) -> String {
    format!("batches of up to {}, gathered for {}", batch.value.most.value, Time(batch.value.wait.value))
}

fn attempts(count: u32) -> String {
    if count == 1 { "1 attempt".to_owned() } else { format!("{count} attempts") }
}

fn pauses(backoff: &Located<Backoff>) -> String {
    format!("pauses {}..{}", Time(backoff.value.first), Time(backoff.value.longest))
}

//! `broker_time_limit`: an event or a job that is held for longer than its broker lets it be.

use std::collections::HashSet;
use std::time::Duration;

use pontoon_schema::capability::LONGEST_PAUSE_HELD;

use super::Input;
use super::wording::{length, time};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Backoff, Batch, Connection, Delivery, Handler, Located, Queue, Subscription, Worker};

/// What of a connection says how long its broker lets a message be held.
const SETTING: &str = "consumer_timeout";

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    // An inherited bridge is one place in the file: what does not fit it is said once.
    let mut seen = HashSet::new();
    for placement in &input.placements {
        for (environment_id, environment) in placement.identified_environments() {
            for handler in placement.units.iter().flat_map(|placed| &placed.handlers) {
                let (bridge, message) = match *handler {
                    Handler::Subscription(id) if input.topology.has_subscription(environment_id, id) => {
                        (&environment.event_bridge, HeldMessage::of_subscription(&input.topology.subscriptions[id]))
                    }
                    Handler::Worker(id) => {
                        let worker = &input.topology.workers[id];
                        let queue = &input.topology.queues[worker.queue.value];
                        (&environment.queue_bridge, Some(HeldMessage::of_worker(worker, queue)))
                    }
                    Handler::Subscription(_) | Handler::Command(_) | Handler::Schedule(_) => continue,
                };
                let (Some(bridge), Some(message)) = (bridge, message) else { continue };
                let Some(limit) = limit(bridge) else { continue };
                let held = Held::of(&message, limit);
                let is_new = seen.insert((held.span, bridge.adapter.span));
                if held.time >= held.room && is_new {
                    let address = input.topology.address(*handler);
                    findings.add(held.finding(&address, &environment.name.value, bridge));
                }
            }
        }
    }
}

/// How long the broker lets a message be held, if that has an end.
fn limit(bridge: &Connection) -> Option<Duration> {
    let known = bridge.bridge()?.longest_hold?;
    Some(bridge.duration(SETTING).unwrap_or(known))
}

/// A message that is held, and for how long it may be.
struct HeldMessage<'t> {
    /// What it is.
    noun: &'static str,
    /// How long it waits for others of its batch, before each attempt.
    gathered: Duration,
    timeout: Option<&'t Located<Duration>>,
    attempts: u32,
    backoff: &'t Located<Backoff>,
    /// Whether the broker has a place where it waits for its next attempt.
    waits_at_broker: bool,
}

impl<'t> HeldMessage<'t> {
    /// Nothing where an event comes at most once: it is acknowledged before it is handled.
    fn of_subscription(subscription: &'t Subscription) -> Option<Self> {
        if subscription.delivery.value == Delivery::AtMostOnce {
            return None;
        }
        let (attempts, backoff) = (subscription.attempts.value, &subscription.backoff);
        let is_long = backoff.value.longest_of(attempts) > LONGEST_PAUSE_HELD;
        Some(Self {
            noun: "an event",
            gathered: gathered(subscription.batch),
            timeout: subscription.operation.timeout.as_ref(),
            attempts,
            backoff,
            waits_at_broker: subscription.ordered.is_none() && is_long,
        })
    }

    /// The place at the broker is the queue's, whatever pauses a worker has of its own.
    fn of_worker(worker: &'t Worker, queue: &Queue) -> Self {
        let attempts = queue.attempts.value;
        Self {
            noun: "a job",
            gathered: gathered(worker.batch),
            timeout: worker.operation.timeout.as_ref(),
            attempts,
            backoff: &worker.backoff,
            waits_at_broker: queue.backoff.value.longest_of(attempts) > LONGEST_PAUSE_HELD,
        }
    }
}

fn gathered(batch: Option<Located<Batch>>) -> Duration {
    batch.map_or(Duration::ZERO, |batch| batch.value.wait.value)
}

/// How long a message may be held.
struct Held {
    noun: &'static str,
    span: Span,
    time: Duration,
    /// How long that may be.
    room: Duration,
    limit: Duration,
    /// What it is made of.
    text: String,
}

impl Held {
    fn of(message: &HeldMessage<'_>, limit: Duration) -> Self {
        let HeldMessage { noun, gathered, timeout, attempts, backoff, waits_at_broker } = *message;
        let each = timeout.map_or(Duration::ZERO, |timeout| timeout.value) + gathered;
        let with = if gathered.is_zero() { "" } else { ", with the wait for its batch" };
        let allowed = format!("{}{with}", time(each));
        let span = timeout.map_or(backoff.span, |timeout| timeout.span);
        let backoff = backoff.value;
        if waits_at_broker {
            // What was held for a quarter of the time waits for its next attempt at the broker, as it does for long
            // pauses.
            let room = limit / 4 * 3;
            let text = format!("one attempt may take {allowed}, and has three quarters of that: {}", length(room));
            return Self { noun, span, time: each, room, limit, text };
        }
        let held = each.saturating_mul(attempts).saturating_add(backoff.total(attempts));
        let pauses = length(backoff.total(attempts));
        let text = match (attempts, each.is_zero()) {
            (0 | 1, _) => format!("it may take {allowed}"),
            (_, true) => format!("{pauses} of pauses between its {attempts} attempts"),
            (_, false) => format!("{attempts} attempts of {allowed}, and {pauses} between them"),
        };
        Self { noun, span, time: held, room: limit, limit, text }
    }

    fn finding(&self, address: &str, environment: &str, bridge: &Connection) -> Diagnostic {
        let (adapter, limit) = (bridge.name(), length(self.limit));
        let message = format!(
            "{address} may hold {} for {}: the broker of `{environment}` takes it back after {limit}",
            self.noun,
            length(self.time)
        );
        // With as much to spare as has to be there.
        let needed = time(whole_hours(self.time.saturating_mul(4) / 3));
        let allow = match &bridge.custom {
            None => format!("write `{SETTING}: {needed}` below `{adapter}`"),
            Some(_) => format!("say `longest_hold: {needed}` of `{adapter}`, here and in its CAPABILITIES"),
        };
        Diagnostic::error("broker_time_limit", message)
            .label(self.span, self.text.clone())
            .label(
                bridge.adapter.span,
                format!("in `{environment}`, `{adapter}` lets {} be held for {limit}", self.noun),
            )
            .help(format!(
                "give {address} a shorter `timeout:`, fewer `attempts:` or shorter pauses; or, where the broker's own \
                 configuration allows that, {allow}"
            ))
    }
}

fn whole_hours(duration: Duration) -> Duration {
    const HOUR: u64 = 3600;
    Duration::from_secs((duration.as_secs() / HOUR + 1).saturating_mul(HOUR))
}

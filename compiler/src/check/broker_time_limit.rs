//! `broker_time_limit`: an event that is held for longer than its broker lets it be.

use std::collections::HashSet;
use std::time::Duration;

use pontoon_schema::capability::LONGEST_PAUSE_HELD;

use super::Input;
use super::wording::{length, time};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Connection, Delivery, Handler, Subscription};

/// What of a connection says how long its broker lets a message be held.
const SETTING: &str = "consumer_timeout";

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    // An inherited bridge is one place in the file: what does not fit it is said once.
    let mut seen = HashSet::new();
    for placement in &input.placements {
        for (environment_id, environment) in placement.identified_environments() {
            let Some(bridge) = &environment.event_bridge else { continue };
            let Some(limit) = limit(bridge) else { continue };
            for handler in placement.units.iter().flat_map(|placed| &placed.handlers) {
                let Handler::Subscription(id) = *handler else { continue };
                if !input.topology.has_subscription(environment_id, id) {
                    continue;
                }
                let Some(held) = Held::of(&input.topology.subscriptions[id], limit) else { continue };
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

/// How long a subscription may hold an event.
struct Held {
    span: Span,
    time: Duration,
    /// How long that may be.
    room: Duration,
    limit: Duration,
    /// What it is made of.
    text: String,
}

impl Held {
    /// Nothing where an event comes at most once: it is acknowledged before it is handled.
    fn of(subscription: &Subscription, limit: Duration) -> Option<Self> {
        if subscription.delivery.value == Delivery::AtMostOnce {
            return None;
        }
        let timeout = subscription.operation.timeout;
        let each = timeout.map_or(Duration::ZERO, |timeout| timeout.value);
        let (attempts, backoff) = (subscription.attempts.value, subscription.backoff.value);
        let span = timeout.map_or(subscription.backoff.span, |timeout| timeout.span);
        let waits_at_broker = subscription.ordered.is_none() && backoff.longest_of(attempts) > LONGEST_PAUSE_HELD;
        if waits_at_broker {
            // What was held for a quarter of the time waits for its next attempt at the broker, as it does for long
            // pauses.
            let room = limit / 4 * 3;
            let text = format!("one attempt may take {}, and has three quarters of that: {}", time(each), length(room));
            return Some(Self { span, time: each, room, limit, text });
        }
        let held = each.saturating_mul(attempts).saturating_add(backoff.total(attempts));
        let (allowed, pauses) = (time(each), length(backoff.total(attempts)));
        let text = match (attempts, each.is_zero()) {
            (0 | 1, _) => format!("it may take {allowed}"),
            (_, true) => format!("{pauses} of pauses between its {attempts} attempts"),
            (_, false) => format!("{attempts} attempts of {allowed}, and {pauses} between them"),
        };
        Some(Self { span, time: held, room: limit, limit, text })
    }

    fn finding(&self, address: &str, environment: &str, bridge: &Connection) -> Diagnostic {
        let (adapter, limit) = (bridge.name(), length(self.limit));
        let message = format!(
            "{address} may hold an event for {}: the broker of `{environment}` takes it back after {limit}",
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
            .label(bridge.adapter.span, format!("in `{environment}`, `{adapter}` lets an event be held for {limit}"))
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

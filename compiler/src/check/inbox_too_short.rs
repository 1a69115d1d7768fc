//! `inbox_too_short`: keys that are forgotten while the same message may still come again.

use std::time::Duration;

use super::Input;
use super::wording::{count, length, time};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Handler, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for handler in topology.handlers() {
        let operation = topology.operation(handler);
        let Some(idempotency) = &operation.idempotency else { continue };
        let Some(horizon) = Horizon::of(topology, handler) else { continue };
        let keep = idempotency.value.keep;
        if keep.value >= horizon.total() {
            continue;
        }
        let address = topology.address(handler);
        let (kept, needed) = (time(keep.value), time(round_up(horizon.total())));
        let message = format!(
            "{address} remembers what it has handled for {kept}, and may see it again after {}",
            length(horizon.total())
        );
        let mut found =
            Diagnostic::error("inbox_too_short", message).label(keep.span, format!("forgotten after {kept}"));
        if horizon.span != keep.span {
            found = found.label(horizon.span, horizon.text());
        }
        findings.add(found.help(format!("write `keep: {needed}` or longer")));
    }
}

/// How long a message may keep coming back.
struct Horizon {
    span: Span,
    attempts: u32,
    /// How long one attempt may take.
    each: Duration,
    waits: Duration,
}

impl Horizon {
    fn of(topology: &Topology, handler: Handler) -> Option<Self> {
        let timeout = topology.operation(handler).timeout.map_or(Duration::ZERO, |timeout| timeout.value);
        let (attempts, backoff, each) = match handler {
            Handler::Command(id) => {
                let retry = topology.commands[id].retry.as_ref()?.value;
                (retry.attempts, retry.backoff, timeout)
            }
            Handler::Subscription(id) => {
                let subscription = &topology.subscriptions[id];
                (subscription.attempts, subscription.backoff, timeout)
            }
            Handler::Worker(id) => {
                let queue = &topology.queues[topology.workers[id].queue.value];
                (queue.attempts, queue.backoff, timeout.max(queue.lease.value))
            }
            Handler::Schedule(_) => return None,
        };
        let waits = backoff.value.total(attempts.value);
        Some(Self { span: attempts.span, attempts: attempts.value, each, waits })
    }

    fn total(&self) -> Duration {
        self.each.saturating_mul(self.attempts).saturating_add(self.waits)
    }

    fn text(&self) -> String {
        let attempts = count(self.attempts as usize, "attempt", "attempts");
        let each = if self.each.is_zero() { String::new() } else { format!(" of {}", time(self.each)) };
        format!("{attempts}{each}, and {} of back-off between them", length(self.waits))
    }
}

/// The next whole minute, hour or day: nobody wants to read `keep: 487300ms`.
fn round_up(duration: Duration) -> Duration {
    let units = [60, 60 * 60, 24 * 60 * 60].map(Duration::from_secs);
    let unit = units.into_iter().rev().find(|unit| duration > *unit).unwrap_or(units[0]);
    let times = duration.as_millis().div_ceil(unit.as_millis());
    unit.saturating_mul(u32::try_from(times).unwrap_or(u32::MAX))
}

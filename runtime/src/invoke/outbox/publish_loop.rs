//! The loop that publishes what is committed for one subject: at once, or by the relay.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::contract::policy::Backoff;
use crate::invoke::outbox::direct;
use crate::invoke::outbox::lane::{Lane, Work};
use crate::invoke::outbox::pass::Pass;
use crate::invoke::outbox::relay::Relay;
use crate::invoke::outbox::state::OutboxContext;

/// Between two tries of a relay that could not publish.
const PAUSES: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));

/// Between two looks while another process relays.
const LOOKS: Backoff = Backoff::new(Duration::from_millis(10), Duration::from_millis(250));

/// Publishes what is committed for the subject, for as long as the unit runs.
pub(super) async fn run(context: OutboxContext<'_>, lane: &Lane) {
    let mut relay = Relay::default();
    let (mut failures, mut due) = (0, None);
    // One that was at work before has ended, and nobody knows how far it came.
    lane.set(|state| (state.look, state.blocked) = (true, false));
    loop {
        match lane.next() {
            Work::None => {
                lane.rest.notify_waiters();
                context.lifecycle.settled();
                tokio::select! {
                    () = lane.wake.notified() => {}
                    () = until(due) => lane.look(),
                }
                continue;
            }
            Work::Queue => {
                let left = direct::publish(context, lane, &mut relay).await;
                lane.set(|state| {
                    state.publishing = false;
                    state.behind |= left;
                });
                continue;
            }
            Work::Relay => {}
        }
        let pass = relay.pass(context, lane).await;
        let is_blocked = !matches!(pass, Pass::Clear | Pass::Others(_));
        lane.set(|state| {
            state.relaying = false;
            state.behind |= is_blocked;
            state.blocked = is_blocked;
        });
        due = None;
        let pause = match pass {
            Pass::Clear => {
                failures = 0;
                continue;
            }
            Pass::Others(until) => {
                (failures, due) = (0, Some(until));
                continue;
            }
            Pass::Closed => {
                lane.rest.notify_waiters();
                return;
            }
            Pass::Leased => LOOKS,
            Pass::Failed => PAUSES,
        };
        failures += 1;
        lane.rest.notify_waiters();
        context.lifecycle.settled();
        tokio::select! {
            () = sleep(pause.after(failures)) => {}
            () = lane.hurry.notified() => failures = 0,
        }
        lane.set(|state| state.blocked = false);
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

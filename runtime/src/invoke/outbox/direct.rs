//! What a process has committed, published by itself at once: events as long as nothing older waits; jobs whatever
//! waits, as they have no order.
//!
//! It does so for a short time after the commit only. What is not published by then is the relay's, and any process may
//! relay it.

use std::mem;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, sleep, timeout_at};

use crate::bridge::BridgeError;
use crate::invoke::outbox::dead_letters::dead_letter;
use crate::invoke::outbox::lane::{Lane, Queued};
use crate::invoke::outbox::order::prefix;
use crate::invoke::outbox::port::is_final;
use crate::invoke::outbox::records::{COLLECTION, DIRECT, WAIT_LIMIT, remove};
use crate::invoke::outbox::relay::Relay;
use crate::invoke::outbox::state::OutboxContext;
use crate::store::Range;

/// How many entries are published at a time where no listener needs an order.
const AT_A_TIME: usize = 64;

/// Publishes what is in the queue. Says whether something is left for the relay.
pub(super) async fn publish(context: OutboxContext<'_>, lane: &Lane, relay: &mut Relay) -> bool {
    let mut rest: Vec<Queued> = lane.take();
    relay.own(&rest);
    while let Some(first) = rest.first() {
        let mut last = first.number;
        let run = rest.iter().skip(1).take_while(|next| {
            let follows = next.previous == last;
            last = next.number;
            follows
        });
        let others = rest.split_off(1 + run.count());
        let run = mem::replace(&mut rest, others);
        let run = if lane.keeps_order() { turn(context, lane, relay, run).await } else { Some(run) };
        let Some(run) = run else { return true };
        if !publish_run(context, lane, relay, run).await {
            return true;
        }
    }
    false
}

/// Waits until no older entry waits, and leaves out what a relay has published meanwhile. Nothing where it is not its
/// turn in time.
async fn turn(context: OutboxContext<'_>, lane: &Lane, relay: &Relay, run: Vec<Queued>) -> Option<Vec<Queued>> {
    let first = run.first()?;
    let (end, mut pause) = (first.since + WAIT_LIMIT, Duration::from_millis(2));
    if relay.all_gone_up_to == Some(first.previous) && Instant::now() < end {
        return Some(run);
    }
    loop {
        let range = Range { prefix: prefix(lane.subject), after: None, limit: 1 };
        let page = context.store.list(COLLECTION, range).await.ok()?;
        if Instant::now() >= end {
            return None;
        }
        match (page.entries.first(), page.next) {
            (Some((oldest, _)), _) if *oldest < first.key => {}
            (Some((oldest, _)), _) => {
                let oldest = oldest.clone();
                return Some(run.into_iter().filter(|queued| queued.key >= oldest).collect());
            }
            // A page without an entry says nothing where another one follows.
            (None, Some(_)) => {}
            (None, None) => return Some(Vec::new()),
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

/// Publishes entries that follow each other. Says whether all of them are done with.
async fn publish_run(context: OutboxContext<'_>, lane: &Lane, relay: &mut Relay, run: Vec<Queued>) -> bool {
    let Some((last, last_key)) = run.last().map(|queued| (queued.number, queued.key.clone())) else { return true };
    let mut changes = Vec::with_capacity(run.len());
    let (mut done, mut published, mut all) = (Vec::with_capacity(run.len()), Vec::new(), true);
    // In the order of the numbers also where several are under way.
    let at_a_time = if lane.listeners.ordered { 1 } else { AT_A_TIME };
    let attempts = run.into_iter().map(|queued| async move {
        let end = queued.since + DIRECT;
        // A process that was stopped meanwhile goes on here: others may have published it long ago.
        let sent = match Instant::now() < end {
            true => timeout_at(end, lane.port.publish(queued.job.clone())).await,
            false => Ok(Err(BridgeError::Unavailable("its turn came too late".into()))),
        };
        (queued, sent)
    });
    let mut attempts = stream::iter(attempts).buffered(at_a_time);
    while let Some((queued, sent)) = attempts.next().await {
        match sent {
            Ok(Ok(())) => {
                changes.extend(remove(&lane.listeners, &queued.key));
                published.push(queued.key);
                done.push(queued.done);
            }
            Ok(Err(error)) if is_final(&error, 1) => {
                all &= dead_letter(context, lane, &queued.key, &error.to_string()).await.is_ok();
            }
            ended => {
                all = false;
                say(context, &queued.key, ended);
                if lane.listeners.ordered {
                    break;
                }
            }
        }
    }
    drop(attempts);
    // What is published and cannot be taken out is taken out by the relay; after a crash it is published once more.
    relay.published(published);
    if context.store.commit(changes.clone()).await.is_ok() {
        relay.taken_out(&changes);
        relay.all_gone_up_to = None;
        // Of jobs, older ones may wait.
        if all && lane.keeps_order() {
            relay.gone_up_to(last, &last_key);
        }
    } else {
        all = false;
    }
    for done in done {
        // Where nobody waits any more, nobody has to hear it.
        let _ = done.send(());
    }
    all
}

fn say(context: OutboxContext<'_>, entry: &str, ended: Result<Result<(), BridgeError>, Elapsed>) {
    let reason = match ended {
        Ok(Err(error)) => error.to_string(),
        _ => format!("not published within {DIRECT:?}"),
    };
    context.outbox.say_left(entry, &reason);
}

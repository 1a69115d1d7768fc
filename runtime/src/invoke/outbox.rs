//! `outbox: true`: what a handler writes and sends takes effect together once it succeeded, or not at all.
//!
//! Events and jobs are put into the state store in the same transaction as the writes, and published after it, in the
//! order of commits. They belong to their subject: whatever a crash or a broker out of reach leaves behind, any unit
//! that can publish the subject relays: at least once, under its old id.

mod commit;
mod dead_letters;
mod direct;
mod entry;
mod foreign;
mod holding;
mod lane;
mod order;
mod pass;
pub(crate) mod port;
mod publish_loop;
mod records;
mod relay;
mod sightings;
pub(crate) mod state;
mod sweep;
pub(crate) mod unit_of_work;

pub(crate) use commit::commit;
pub use dead_letters::{OutboxDeadLetter, OutboxDeadLetters};

use futures_util::future::join_all;

use crate::unit::lifecycle::Phase;

use state::OutboxContext;

/// Publishes what is committed, for as long as the unit runs. It may be begun again after a panic.
pub(crate) async fn run(context: OutboxContext<'_>) {
    let lanes = join_all(context.outbox.lanes.values().map(|lane| publish_loop::run(context, lane)));
    tokio::select! {
        () = context.lifecycle.reached(Phase::Ended) => {}
        _ = async { tokio::join!(sweep::sweep(context), lanes) } => {}
    }
}

/// Waits until what was committed is published, as far as it can be now.
pub(crate) async fn finish(context: OutboxContext<'_>) {
    join_all(context.outbox.lanes.values().map(|lane| lane.rested())).await;
}

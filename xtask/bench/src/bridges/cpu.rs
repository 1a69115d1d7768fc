//! The CPU time of what crosses a broker: of both ends, which this process is, and of the broker.

use crate::rounds::{Cost, Error};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use pontoon_brokers::Broker;

/// What a round has done: how long an operation took by the clock, and how many there were.
pub(super) struct Done {
    pub(super) clock: f64,
    pub(super) operations: u64,
}

/// What an operation costs by the clock and in CPU time, while nothing else is done.
pub(super) fn cost(broker: &Broker, round: impl FnOnce() -> Result<Done, Error>) -> Result<Cost, Error> {
    let (broker_before, own_before) = (broker.cpu()?, own()?);
    let Done { clock, operations } = round()?;
    // In this order, so that looking at the broker is no part of it.
    let own_used = own()? - own_before;
    let broker_used = (broker.cpu()? - broker_before).as_secs_f64();
    let each = |seconds: f64| seconds / operations as f64;
    Ok(Cost { clock, cpu: each(own_used + broker_used), broker: each(broker_used) })
}

/// The CPU time of this process so far, in seconds.
fn own() -> Result<f64, Error> {
    let used = getrusage(UsageWho::RUSAGE_SELF)?;
    Ok((used.user_time() + used.system_time()).num_microseconds() as f64 / 1e6)
}

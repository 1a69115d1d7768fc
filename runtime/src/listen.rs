//! What starts handlers: requests, deliveries and the clock.

mod batch_run;
pub(crate) mod consume;
pub(crate) mod consume_batches;
pub(crate) mod consume_ordered;
pub(crate) mod consumer_policy;
pub(crate) mod eager;
mod held_deliveries;
pub(crate) mod lane;
pub(crate) mod lanes;
pub(crate) mod registration;
pub(crate) mod schedule;
pub(crate) mod serve;
mod settlement;

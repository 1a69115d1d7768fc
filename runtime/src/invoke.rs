//! How a handler is run, whoever calls: time-outs, retries, idempotency, the outbox, and the way to another unit.

pub(crate) mod attempts;
pub(crate) mod call;
mod call_context;
pub(crate) mod caller;
pub(crate) mod execute;
pub(crate) mod execute_batch;
pub(crate) mod guard;
pub(crate) mod idempotency;
mod in_time;
mod local_call;
pub(crate) mod outbox;
mod outcome;
pub(crate) mod remote;
pub(crate) mod round_trip;
pub(crate) mod scope;
pub(crate) mod transport;
pub(crate) mod with_policy;

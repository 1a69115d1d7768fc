//! What the topology says, as marker traits and constants: operations, resources, and what is promised for them.

pub(crate) mod batching;
pub(crate) mod job;
pub(crate) mod known_subscription;
pub(crate) mod listeners;
pub(crate) mod never;
pub(crate) mod operation;
pub(crate) mod policy;
pub(crate) mod presence;
pub(crate) mod queue_policy;
pub(crate) mod resource;
pub(crate) mod subscription_policy;
pub(crate) mod timetable;
pub(crate) mod worker_policy;

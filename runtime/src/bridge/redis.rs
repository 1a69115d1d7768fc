//! Jobs in Redis: a stream for each queue, whose one consumer group all workers share.
//!
//! Needs Redis 6.2 or later. All keys of a topology have its name as their hash tag, and so are in one slot of a
//! cluster, on one of its nodes:
//!
//! | key | what |
//! |---|---|
//! | `{shop}:queue:invoices` | the stream of jobs: the attributes of CloudEvents, and `data` |
//! | `{shop}:queue:invoices:later` | the jobs that wait for their time, by when it is, in ms of the server's clock |
//! | `{shop}:queue:invoices:held` | what those are |
//! | `{shop}:queue:invoices:seen:…` | a deduplication id, for as long as it counts |
//! | `{shop}:queue:invoices:dead` | the stream of dead letters |
//!
//! A job stays pending in the group until its worker has acknowledged it, which removes it. Whoever takes jobs also
//! takes those over that have been pending for longer than a lease. A delivery is known by its number: what settles or
//! extends an earlier one is refused. Changes that wait side by side go to the server in one call.

mod adapter;
mod arrivals;
mod deliveries;
mod fields;
mod group;
mod job_queue;
mod keys;
mod push;
mod queue_connection;
mod scripts;
mod settle;
mod subscription;
mod take;

use std::sync::Arc;

use crate::bridge::QueueAdapter;
use crate::environment::{QueueBridge, Setup};
use crate::maybe_ready::MaybeReady;
use crate::store::redis::Redis;

use adapter::RedisQueues;

impl QueueBridge for Redis {
    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn QueueAdapter>>> {
        MaybeReady::boxed(async move {
            let address = self.address(setup).await?;
            Some(Arc::new(RedisQueues::new(setup.instance, address)) as Arc<dyn QueueAdapter>)
        })
    }
}

//! The queue bridge over Redis: its connection, and the queues that were asked for.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join_all;
use pontoon_schema::capability::{self, Adapter};
use tokio::task::JoinSet;

use super::arrivals::Arrivals;
use super::group::Group;
use super::job_queue::RedisQueue;
use super::keys::{self, QueueKeys};
use super::push::Pushes;
use super::queue_connection::QueueConnection;
use super::subscription::{JobsContext, RedisJobs};
use crate::bridge::network::{AtomicCounters, NetworkConsumer, NetworkQueue};
use crate::bridge::{BridgeError, Consumer, JobQueue, QueueAdapter};
use crate::contract::queue_policy::QueuePolicy;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::contract::worker_policy::WorkerPolicy;
use crate::environment::Instance;
use crate::health::{Counters, Health};
use crate::maybe_ready::MaybeReady;
use crate::net::io_thread;
use crate::store::redis::Address;
use crate::sync::{Mutex, MutexGuard};

/// The queue bridge over Redis.
pub(super) struct RedisQueues {
    instance: Instance,
    address: Address,
    source: Arc<str>,
    largest: u64,
    connection: Arc<QueueConnection>,
    queues: Mutex<HashMap<&'static str, QueueOfProcess>>,
    counters: Arc<AtomicCounters>,
    tasks: Mutex<JoinSet<()>>,
}

/// A queue, and what this process has of it.
#[derive(Clone)]
struct QueueOfProcess {
    queue: Arc<NetworkQueue<RedisJobs, RedisQueue>>,
    jobs: Arc<JobsContext>,
}

impl RedisQueues {
    /// The queues of a topology. Nothing is connected yet.
    pub(super) fn new(instance: Instance, address: Address) -> Self {
        let largest = capability::queue_bridge(Adapter::Redis).map_or(u64::MAX, |bridge| bridge.largest_payload);
        let connection = QueueConnection::new(address.clone(), keys::probe(instance.topology));
        Self {
            instance,
            address,
            source: instance.source().into(),
            largest,
            connection: Arc::new(connection),
            queues: Mutex::default(),
            counters: Arc::default(),
            tasks: Mutex::default(),
        }
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<&'static str, QueueOfProcess>> {
        self.queues.lock()
    }

    fn declared(&self) -> Vec<QueueOfProcess> {
        self.queues().values().cloned().collect()
    }

    fn declare(&self, subject: &'static str, policy: QueuePolicy) -> QueueOfProcess {
        let keys = QueueKeys::new(&self.instance, subject);
        let blocking = QueueConnection::new(self.address.clone(), keys.jobs.clone());
        let arrivals = Arrivals::new(blocking, keys.jobs.clone());
        let jobs = JobsContext::new(&self.connection, keys.clone(), subject, &self.source, policy.lease, arrivals);
        let jobs = Arc::new(jobs);
        let pushes = Group::new(Pushes { keys: keys.clone(), policy }, &self.connection);
        let queue = RedisQueue {
            connection: Arc::clone(&self.connection),
            keys,
            subject,
            source: Arc::clone(&self.source),
            pushes,
            largest: self.largest,
        };
        let (source, counters) = (RedisJobs(Arc::clone(&jobs)), Arc::clone(&self.counters));
        let consumer = NetworkConsumer::new(source, subject, SubscriptionPolicy::from(policy), counters);
        let queue = Arc::new(NetworkQueue { consumer, queue, when_full: policy.when_full });
        QueueOfProcess { queue, jobs }
    }

    async fn connect(&self) -> Result<(), BridgeError> {
        self.connection.connect().await?;
        self.connection.advise().await;
        let mut tasks = self.tasks.lock();
        for QueueOfProcess { jobs, .. } in self.declared() {
            tasks.spawn_on(Arc::clone(&jobs.arrivals).run(), &io_thread::handle());
            let keep = async move { jobs.deliveries.keep(&jobs.connection, &jobs.keys, jobs.lease).await };
            tasks.spawn_on(keep, &io_thread::handle());
        }
        Ok(())
    }

    async fn drain(&self) {
        let queues = self.declared();
        join_all(queues.iter().map(|queue| queue.jobs.drain())).await;
    }

    async fn close(&self) {
        self.drain().await;
        self.tasks.lock().abort_all();
        let queues = self.declared();
        join_all(queues.iter().map(|queue| queue.jobs.arrivals.close())).await;
        self.connection.close().await;
    }
}

impl QueueAdapter for RedisQueues {
    fn queue(&self, subject: &'static str, policy: QueuePolicy) -> Arc<dyn JobQueue> {
        let mut queues = self.queues();
        let declared = queues.entry(subject).or_insert_with(|| self.declare(subject, policy));
        Arc::<NetworkQueue<RedisJobs, RedisQueue>>::clone(&declared.queue)
    }

    fn worker(&self, subject: &'static str, policy: QueuePolicy, worker: WorkerPolicy) -> Arc<dyn Consumer> {
        let mut queues = self.queues();
        let declared = queues.entry(subject).or_insert_with(|| self.declare(subject, policy));
        declared.jobs.take_at_once(worker.at_once());
        Arc::<NetworkQueue<RedisJobs, RedisQueue>>::clone(&declared.queue)
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.connect())
    }

    fn drain(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.drain())
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.close())
    }

    fn health(&self) -> Health {
        self.connection.health()
    }

    fn counters(&self) -> Counters {
        self.counters.without_replies()
    }
}

//! The adapter: the connection, and the parts that work over it.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join_all;

use crate::bridge::nats::address::Address;
use crate::bridge::nats::connect::Connector;
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::core_subscription::CoreSubscription;
use crate::bridge::nats::dead_letters::DeadLetterStore;
use crate::bridge::nats::declarations::{BufferedSubscription, Declarations};
use crate::bridge::nats::drop_oldest::DropOldestBuffer;
use crate::bridge::nats::endpoint::NatsEndpoint;
use crate::bridge::nats::event_stream::EventStream;
use crate::bridge::nats::jetstream_api::JetStreamApi;
use crate::bridge::nats::job_queue::NatsQueue;
use crate::bridge::nats::names;
use crate::bridge::nats::orphans::OrphanedConsumers;
use crate::bridge::nats::provision::{ProvisionLog, Provisioner};
use crate::bridge::nats::publisher::NatsPublisher;
use crate::bridge::nats::pull_consumer::{ConsumerAt, PullConsumer};
use crate::bridge::nats::requests::Requests;
use crate::bridge::nats::stream_config::{DeclaredQueue, LEASE, RetainedSubscription};
use crate::bridge::nats::subscription::{CoreConsumer, JetStreamSubscription};
use crate::bridge::nats::supervisor::Supervisor;
use crate::bridge::nats::topic::NatsTopic;
use crate::bridge::network::{NetworkConsumer, NetworkQueue};
use crate::bridge::orphan::Orphan;
use crate::bridge::{BridgeError, Consumer, Endpoint, EventAdapter, JobQueue, QueueAdapter, Reply, Request, Topic};
use crate::contract::known_subscription::KnownSubscription;
use crate::contract::queue_policy::QueuePolicy;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::contract::worker_policy::WorkerPolicy;
use crate::environment::Instance;
use crate::health::{Counters, Health};
use crate::maybe_ready::MaybeReady;
use crate::sync::Mutex;

/// The bridge over NATS: requests and lossy events over core NATS, all other events and jobs over JetStream.
pub(super) struct NatsAdapter {
    connection: Arc<Connection>,
    declarations: Arc<Declarations>,
    api: JetStreamApi,
    publisher: Arc<NatsPublisher>,
    requests: Arc<Requests>,
    orphans: OrphanedConsumers,
    queues: Mutex<HashMap<&'static str, Arc<WorkQueue>>>,
    supervisor: Arc<Supervisor>,
}

/// A queue, with its workers and those who put jobs in.
type WorkQueue = NetworkQueue<JetStreamSubscription, NatsQueue>;

impl NatsAdapter {
    pub(super) fn new(instance: Instance, verify: bool, address: Address) -> Self {
        let replicas = address.replicas;
        let connection = Arc::new(Connection::new(instance, Connector::new(address)));
        let declarations = Arc::<Declarations>::default();
        let api = JetStreamApi::new(&connection);
        let event_stream = Arc::new(EventStream::new(api.clone(), names::event_stream(instance.topology)));
        let publisher = Arc::new(NatsPublisher::new(&connection, &event_stream));
        let requests = Arc::new(Requests::new(&connection));
        let provisioner = Provisioner {
            topology: instance.topology,
            verify,
            replicas,
            api: api.clone(),
            declarations: Arc::clone(&declarations),
            event_stream: Arc::clone(&event_stream),
            log: ProvisionLog::default(),
        };
        let supervisor = Supervisor {
            connection: Arc::clone(&connection),
            declarations: Arc::clone(&declarations),
            event_stream,
            provisioner,
            publisher: Arc::clone(&publisher),
            requests: Arc::clone(&requests),
            task: Mutex::default(),
        };
        let orphans = OrphanedConsumers::new(&connection, &api, &declarations);
        let (queues, supervisor) = (Mutex::default(), Arc::new(supervisor));
        Self { connection, declarations, api, publisher, requests, orphans, queues, supervisor }
    }

    /// A durable consumer of JetStream, with what it has given up.
    fn durable(
        &self,
        at: &ConsumerAt<'_>,
        dead_letters: DeadLetterStore,
        policy: &SubscriptionPolicy,
    ) -> JetStreamSubscription {
        let consumer = Arc::new(PullConsumer::new(&self.connection, at, policy));
        self.declarations.lists().pull_consumers.push(Arc::clone(&consumer));
        JetStreamSubscription { connection: Arc::clone(&self.connection), consumer, dead_letters }
    }

    /// The queue of a subject, the same one each time.
    fn work_queue(&self, subject: &'static str, policy: QueuePolicy) -> Arc<WorkQueue> {
        let mut queues = self.queues.lock();
        Arc::clone(queues.entry(subject).or_insert_with(|| Arc::new(self.declare(subject, policy))))
    }

    fn declare(&self, subject: &'static str, policy: QueuePolicy) -> WorkQueue {
        let name = self.connection.instance.without_topology(subject);
        let dead_letters = DeadLetterStore::new(&self.publisher, &self.api, subject, name);
        let (stream, jobs) = (names::queue_stream(subject), SubscriptionPolicy::from(policy));
        let at = ConsumerAt { stream: &stream, consumer: names::WORKERS, lease: policy.lease };
        let source = self.durable(&at, dead_letters, &jobs);
        {
            let mut lists = self.declarations.lists();
            lists.queues.push(DeclaredQueue { subject, policy });
            lists.dead_letters |= policy.dead_letter;
        }
        let consumer = NetworkConsumer::new(source, subject, jobs, Arc::clone(&self.connection.counters));
        let queue = NatsQueue::new(&self.publisher, &self.api, subject);
        NetworkQueue { consumer, queue, when_full: policy.when_full }
    }

    async fn drain(&self) {
        let connection = &*self.connection;
        let (subscriptions, consumers) = (self.declarations.subscriptions(), self.declarations.pull_consumers());
        let subscriptions = join_all(subscriptions.iter().map(|one| one.drain(connection)));
        tokio::join!(subscriptions, join_all(consumers.iter().map(|one| one.drain())));
    }

    fn health(&self) -> Health {
        self.connection.state.health().and(self.connection.refusals.health())
    }

    fn counters(&self) -> Counters {
        self.connection.counters.counters(&self.requests.replies)
    }
}

impl EventAdapter for NatsAdapter {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        self.declarations.lists().publishes = true;
        Arc::new(NatsTopic::new(&self.publisher, &self.declarations, subject))
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        let counters = Arc::clone(&self.connection.counters);
        let dead_letters = DeadLetterStore::new(&self.publisher, &self.api, subject, subscription);
        if policy.at_most_once {
            let core = Arc::new(CoreSubscription::new(subject, subscription));
            let buffer = Arc::new(DropOldestBuffer::new(subscription, &policy));
            let mut lists = self.declarations.lists();
            lists.dead_letters |= policy.dead_letter;
            lists.subscriptions.push(Arc::clone(&core));
            lists.buffers.push(BufferedSubscription { subscription: core, buffer: Arc::clone(&buffer) });
            let source = CoreConsumer { buffer, dead_letters };
            return Arc::new(NetworkConsumer::new(source, subscription, policy, counters));
        }
        let stream = names::event_stream(self.connection.instance.topology);
        self.declarations.retain(RetainedSubscription { subject, subscription, policy });
        let at = ConsumerAt { stream: &stream, consumer: &names::consumer(subscription), lease: LEASE };
        let source = self.durable(&at, dead_letters, &policy);
        Arc::new(NetworkConsumer::new(source, subscription, policy, counters))
    }

    fn retain_for(&self, subject: &'static str, subscription: &'static str, policy: SubscriptionPolicy) {
        // Core NATS keeps nothing: what may be lost is for those who listen.
        if !policy.at_most_once {
            self.declarations.retain(RetainedSubscription { subject, subscription, policy });
        }
    }

    fn know(&self, subscriptions: Arc<[KnownSubscription]>) {
        self.declarations.lists().known = Some(subscriptions);
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        let subscription = Arc::new(CoreSubscription::new(subject, subject));
        self.declarations.lists().subscriptions.push(Arc::clone(&subscription));
        Arc::new(NatsEndpoint { connection: Arc::clone(&self.connection), subscription })
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        MaybeReady::boxed(self.requests.request(request))
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.supervisor.connect())
    }

    fn orphans(&self) -> MaybeReady<'_, Result<Vec<Orphan>, BridgeError>> {
        MaybeReady::boxed(self.orphans.find())
    }

    fn remove_orphan(&self, orphan: Orphan) -> MaybeReady<'_, Result<bool, BridgeError>> {
        MaybeReady::boxed(async move { self.orphans.remove(&orphan).await })
    }

    fn drain(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.drain())
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.supervisor.close())
    }

    fn health(&self) -> Health {
        self.health()
    }

    fn counters(&self) -> Counters {
        self.counters()
    }
}

impl QueueAdapter for NatsAdapter {
    fn queue(&self, subject: &'static str, policy: QueuePolicy) -> Arc<dyn JobQueue> {
        self.work_queue(subject, policy)
    }

    fn worker(&self, subject: &'static str, policy: QueuePolicy, worker: WorkerPolicy) -> Arc<dyn Consumer> {
        let queue = self.work_queue(subject, policy);
        queue.consumer.subscription().consumer.add_workers(worker.in_flight());
        queue
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.supervisor.connect())
    }

    fn drain(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.drain())
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.supervisor.close())
    }

    fn health(&self) -> Health {
        self.health()
    }

    fn counters(&self) -> Counters {
        self.counters()
    }
}

impl Drop for NatsAdapter {
    /// The tasks of the connection end with the bridge.
    fn drop(&mut self) {
        self.connection.state.close();
    }
}

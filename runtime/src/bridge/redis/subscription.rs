//! The jobs of a queue as the runtime takes them: deliveries of the consumer group that all workers share.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, timeout};

use super::arrivals::Arrivals;
use super::deliveries::{Deliveries, JobDelivery};
use super::fields::{self, ReadFields};
use super::group::Group;
use super::keys::QueueKeys;
use super::queue_connection::QueueConnection;
use super::settle::{Becomes, SETTLED, SettledJob, Settlements};
use super::take::{self, Look, TakenEntry, TakenJobs};
use crate::bridge::network::wire::{GivenUp, Outgoing};
use crate::bridge::network::{
    BrokerSubscription, DeadLetterPage, DeadLetterQuery, FoundDeadLetter, ReceivedMessage, dead,
};
use crate::bridge::{BridgeError, DeadMessage, Delivery};
use crate::one_line::OneLine;
use crate::sync::Mutex;

/// After an attempt to take jobs that failed.
const PAUSE: Duration = Duration::from_millis(200);

/// How long one who stops waits for the server.
const ENDING: Duration = Duration::from_secs(2);

/// How long nobody looks for jobs that others have left, at most.
const LONGEST_LOOK: Duration = Duration::from_secs(5);

/// How many dead letters are read at once.
const PAGE: usize = 100;

/// The consumer group of a queue, as one process takes from it.
pub(super) struct RedisJobs(pub(super) Arc<JobsContext>);

/// The connection and the keys of a queue, and what this process has of it.
pub(super) struct JobsContext {
    pub(super) connection: Arc<QueueConnection>,
    pub(super) keys: QueueKeys,
    pub(super) subject: &'static str,
    pub(super) source: Arc<str>,
    pub(super) lease: Duration,
    pub(super) arrivals: Arc<Arrivals>,
    pub(super) deliveries: Deliveries,
    settlements: Arc<Group<Settlements>>,
    /// How many wait for a job: so many are taken at once.
    wanting: AtomicUsize,
    /// How many one of them takes one after the other, for a batch.
    at_once: AtomicU32,
    /// Taken, and not received yet.
    buffer: Mutex<VecDeque<TakenJob>>,
    state: AsyncMutex<TakeState>,
    drained: AtomicBool,
}

/// The taking of jobs that is under way. Whoever waits for it may be dropped, and the next one goes on waiting.
struct TakeState {
    taking: Option<BoxFuture<'static, Result<TakenJobs, BridgeError>>>,
    /// Where to go on looking for what others have left, and when.
    cursor: String,
    look: Instant,
    /// Whether the last time there were as many as were wanted.
    is_busy: bool,
}

/// A job that was taken.
struct TakenJob {
    delivery: JobDelivery,
    fields: ReadFields,
}

/// The acknowledgement of a job or a dead letter.
#[derive(Clone)]
pub(super) enum RedisToken {
    Job(JobDelivery),
    /// The entry of a dead letter in its stream.
    DeadLetter(String),
}

/// A delivery that is being settled. Also where nobody waits for that any more, its lease is not extended after it.
struct Settling<'s> {
    deliveries: &'s Deliveries,
    delivery: JobDelivery,
}

impl Drop for Settling<'_> {
    fn drop(&mut self) {
        self.deliveries.let_go(&self.delivery);
    }
}

/// Somebody who waits for a job.
struct Wanting<'w>(&'w AtomicUsize);

impl Drop for Wanting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl JobsContext {
    pub(super) fn new(
        connection: &Arc<QueueConnection>,
        keys: QueueKeys,
        subject: &'static str,
        source: &Arc<str>,
        lease: Duration,
        arrivals: Arrivals,
    ) -> Self {
        Self {
            connection: Arc::clone(connection),
            settlements: Group::new(Settlements { keys: keys.clone() }, connection),
            keys,
            subject,
            source: Arc::clone(source),
            lease,
            arrivals: Arc::new(arrivals),
            deliveries: Deliveries::default(),
            wanting: AtomicUsize::new(0),
            at_once: AtomicU32::new(1),
            buffer: Mutex::default(),
            state: AsyncMutex::new(TakeState {
                taking: None,
                cursor: "0-0".to_owned(),
                look: Instant::now(),
                is_busy: false,
            }),
            drained: AtomicBool::new(false),
        }
    }

    /// Who waits for a job takes so many in a row.
    pub(super) fn take_at_once(&self, jobs: u32) {
        self.at_once.fetch_max(jobs, Ordering::Relaxed);
    }

    /// How many jobs are wanted: one for each who waits, and for one of them a batch.
    fn wanted(&self) -> u32 {
        let wanting = u32::try_from(self.wanting.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        wanting.saturating_sub(1).saturating_add(self.at_once.load(Ordering::Relaxed))
    }

    fn is_over(&self) -> bool {
        self.drained.load(Ordering::SeqCst) || self.connection.is_closed()
    }

    /// The next job; `None` once there is to be none.
    async fn next(self: &Arc<Self>) -> Option<TakenJob> {
        self.wanting.fetch_add(1, Ordering::Relaxed);
        let _wanting = Wanting(&self.wanting);
        if !self.is_over()
            && let Some(job) = self.buffer.lock().pop_front()
        {
            return Some(job);
        }
        let mut state = self.state.lock().await;
        loop {
            if self.is_over() {
                return None;
            }
            if let Some(job) = self.buffer.lock().pop_front() {
                return Some(job);
            }
            match self.take(&mut state).await {
                Ok(None) => {}
                Ok(Some((due, last))) => self.wait(state.look, due, last).await,
                Err(BridgeError::Closed) => return None,
                Err(error) => {
                    tracing::debug!(target: "pontoon", queue = self.subject, error = %OneLine(&error), "no jobs can be taken");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Takes as many jobs as are wanted. Where there are none, returns when the next one is due, and the last entry of
    /// the stream.
    async fn take(self: &Arc<Self>, state: &mut TakeState) -> Result<Option<(Option<Duration>, String)>, BridgeError> {
        let left = (state.look <= Instant::now()).then(|| (state.cursor.clone(), self.lease));
        let is_busy = mem::take(&mut state.is_busy);
        let taking = state.taking.get_or_insert_with(|| {
            let context = Arc::clone(self);
            Box::pin(async move {
                // Those who were done together want jobs together.
                yield_now().await;
                let (connection, keys, wanted) = (&context.connection, &context.keys, context.wanted());
                match left {
                    None if is_busy => take::take_many(connection, keys, wanted).await,
                    left => take::take(connection, keys, wanted, left).await,
                }
            })
        });
        let taken = taking.await;
        state.taking = None;
        let TakenJobs { jobs, is_enough, look } = taken?;
        state.is_busy = is_enough;
        let Some(Look { cursor, due, last }) = look else {
            self.keep(jobs);
            return Ok(None);
        };
        // Once through, there is time until the next leases can be over.
        if cursor == "0-0" {
            state.look = Instant::now() + self.look_again();
        }
        if !cursor.is_empty() {
            state.cursor = cursor;
        }
        if jobs.is_empty() {
            return Ok(Some((due, last)));
        }
        self.keep(jobs);
        Ok(None)
    }

    /// Keeps jobs until they are received.
    fn keep(&self, jobs: Vec<TakenEntry>) {
        let jobs = jobs.into_iter().map(|(entry, number, fields)| {
            let delivery = JobDelivery::new(entry, number);
            self.deliveries.hold(&delivery);
            TakenJob { delivery, fields }
        });
        self.buffer.lock().extend(jobs);
    }

    fn look_again(&self) -> Duration {
        (self.lease / 4).min(LONGEST_LOOK)
    }

    /// Waits until there may be a job.
    async fn wait(&self, look: Instant, due: Option<Duration>, last: String) {
        let arrived = self.arrivals.arrived.notified();
        self.arrivals.want(last);
        let look = look.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        tokio::select! {
            () = arrived => {}
            () = sleep(due.map_or(look, |due| due.min(look))) => {}
        }
    }

    /// Settles a delivery, which is not held any more by then.
    async fn settle(&self, delivery: JobDelivery, becomes: Becomes) -> Result<(), BridgeError> {
        let _settling = Settling { deliveries: &self.deliveries, delivery: delivery.clone() };
        match self.settlements.make(SettledJob { delivery, becomes }).await? {
            SETTLED => Ok(()),
            _ => Err(BridgeError::LeaseLost),
        }
    }

    /// Takes nothing new, and gives back what nobody has received.
    pub(super) async fn drain(self: &Arc<Self>) {
        self.drained.store(true, Ordering::SeqCst);
        self.arrivals.arrived.notify_waiters();
        self.arrivals.arrived.notify_one();
        // What is on its way to us is taken in first. Where the server does not answer, it comes again after its lease.
        let _ = timeout(ENDING, async {
            let mut state = self.state.lock().await;
            if state.taking.is_some() {
                let _ = self.take(&mut state).await;
            }
        })
        .await;
        let left = mem::take(&mut *self.buffer.lock());
        let given_back = left.into_iter().map(|job| self.settle(job.delivery, Becomes::Untouched));
        for error in join_all(given_back).await.into_iter().filter_map(Result::err) {
            tracing::debug!(target: "pontoon", queue = self.subject, error = %OneLine(&error), "a job comes again after its lease");
        }
    }

    /// What comes again, as this attempt.
    fn written(&self, delivery: &Delivery, attempt: u32) -> Result<fields::WrittenFields, BridgeError> {
        let mut outgoing = Outgoing::new(self.subject, &delivery.message, &self.source);
        outgoing.attempt = attempt;
        outgoing.deadline = delivery.message.metadata().deadline;
        // It was carried before.
        let body = outgoing.body(u64::MAX)?;
        Ok(fields::write(&outgoing, &body))
    }

    async fn keep_dead(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        let mut outgoing = Outgoing::new(self.subject, &dead.message, &self.source);
        outgoing.dead = Some(GivenUp { reason: &dead.reason, attempts: dead.attempts });
        let fields = fields::write(&outgoing, &outgoing.body(u64::MAX)?);
        let mut add = redis::cmd("XADD");
        add.arg(&self.keys.dead).arg("*");
        fields.put(&mut add);
        let add = &add;
        self.connection.ask(|mut commands| async move { add.exec_async(&mut commands).await }).await
    }

    async fn forget_dead(&self, entry: &str) -> Result<(), BridgeError> {
        let mut delete = redis::cmd("XDEL");
        delete.arg(&self.keys.dead).arg(entry);
        let delete = &delete;
        self.connection.ask(|mut commands| async move { delete.exec_async(&mut commands).await }).await
    }

    async fn look_at_dead(&self, query: DeadLetterQuery) -> Result<Vec<FoundDeadLetter<RedisToken>>, BridgeError> {
        let (mut page, mut from) = (DeadLetterPage::new(query), "-".to_owned());
        while !page.is_full() {
            let mut range = redis::cmd("XRANGE");
            range.arg(&self.keys.dead).arg(&from).arg("+").arg("COUNT").arg(PAGE);
            let range = &range;
            let found: Vec<(String, ReadFields)> =
                self.connection.ask(|mut commands| async move { range.query_async(&mut commands).await }).await?;
            let Some((last, _)) = found.last() else { break };
            from = format!("({last}");
            for (entry, fields) in found {
                let bytes = fields.iter().map(|(_, value)| value.len()).sum();
                page.add(dead(fields::read(fields)), bytes, RedisToken::DeadLetter(entry));
            }
        }
        Ok(page.into_found())
    }
}

impl BrokerSubscription for RedisJobs {
    type Token = RedisToken;

    async fn receive(&self) -> Option<ReceivedMessage<RedisToken>> {
        let TakenJob { delivery, fields } = self.0.next().await?;
        let redelivered = delivery.number.saturating_sub(1);
        Some(ReceivedMessage { incoming: fields::read(fields), redelivered, token: RedisToken::Job(delivery) })
    }

    async fn ack(&self, token: RedisToken) -> Result<(), BridgeError> {
        match token {
            RedisToken::Job(delivery) => self.0.settle(delivery, Becomes::Done).await,
            RedisToken::DeadLetter(entry) => self.0.forget_dead(&entry).await,
        }
    }

    async fn release(&self, token: RedisToken) -> Result<(), BridgeError> {
        match token {
            RedisToken::Job(delivery) => self.0.settle(delivery, Becomes::Attempted).await,
            // It has never left.
            RedisToken::DeadLetter(_) => Ok(()),
        }
    }

    async fn retry(&self, delivery: &Delivery, token: RedisToken, pause: Duration) -> Result<bool, BridgeError> {
        match token {
            RedisToken::Job(job) => {
                let fields = self.0.written(delivery, delivery.attempt.saturating_add(1))?;
                self.0.settle(job, Becomes::Again(pause, fields)).await.map(|()| true)
            }
            RedisToken::DeadLetter(_) => Ok(false),
        }
    }

    fn is_lost(&self, token: &RedisToken) -> bool {
        matches!(token, RedisToken::Job(delivery) if delivery.is_lost())
    }

    fn lease(&self) -> Option<Duration> {
        Some(self.0.lease)
    }

    /// What was received is held by the thread of the connections.
    async fn extend(&self, token: RedisToken) -> Result<(), BridgeError> {
        if self.is_lost(&token) { Err(BridgeError::LeaseLost) } else { Ok(()) }
    }

    async fn dead_letter(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        self.0.keep_dead(dead).await
    }

    async fn dead_letters(&self, query: DeadLetterQuery) -> Result<Vec<FoundDeadLetter<RedisToken>>, BridgeError> {
        self.0.look_at_dead(query).await
    }
}

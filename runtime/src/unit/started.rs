//! A unit that has started: its client, its dead letters, its end.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::bridge::{BridgeError, Consumer, Depth};
use crate::client::{Client, Local};
use crate::contract::operation::Operation;
use crate::contract::resource::{Queue, State};
use crate::handler::edge::{MayAccess, MayChange, MayRead, MayWrite};
use crate::handler::state::{Access, View};
use crate::health::{Counters, Health};
use crate::invoke::outbox::{self, OutboxDeadLetters};
use crate::listen::lane::Lane;
use crate::listen::registration::Registration;
use crate::unit::Unit;
use crate::unit::dead_letters::DeadLetters;
use crate::unit::lifecycle::Phase;
use crate::unit::orphans::{self, Orphans};
use crate::unit::ports::{Enqueues, Keeps};
use crate::unit::shared::RunningUnit;

/// A unit that has started. Dropped without [`Started::shutdown`], it ends at once.
///
/// ```
/// use pontoon::operating::Counters;
/// use pontoon::{DeadLetter, DeadLetters, Depth, Health, Result, StopError};
/// use shop::topology::{email, monolith, queue, secret};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let unit = monolith::in_memory(shop::resources()).secret(secret::SmtpPassword, "hunter2").await?;
/// assert_eq!(unit.health(), Health::Ready);
/// assert_eq!(unit.counters(), Counters::default());
///
/// let depth: Depth = unit.depth(queue::Invoices).await?;
/// assert_eq!(depth.waiting, 0);
///
/// let given_up: DeadLetters<email::Greet> = unit.dead_letters(email::Greet);
/// let letters: Vec<DeadLetter<shop::UserSignedUp>> = given_up.list().await?;
/// assert!(letters.is_empty() && given_up.replay_all().await? == 0);
///
/// let stopped: Result<(), StopError> = unit.shutdown().await;
/// assert!(stopped.is_ok());
/// # Ok(())
/// # }
/// ```
pub struct Started<U: Unit> {
    running: Arc<RunningUnit<U>>,
    consumers: HashMap<&'static str, Arc<dyn Consumer>>,
    clocks: Vec<JoinHandle<()>>,
    lanes: Vec<JoinHandle<()>>,
    /// Publishes what handlers have committed, and so ends after them.
    outbox: JoinHandle<()>,
}

/// A unit was stopped, and not everything had ended within its grace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StopError {
    /// The unit.
    pub unit: &'static str,
    /// How long it had.
    pub grace: Duration,
    /// How many messages are lost.
    pub lost: usize,
}

impl fmt::Display for StopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unit, grace, lost } = self;
        write!(f, "{unit} was ended: its grace of {grace:?} was over, {lost} messages are lost")
    }
}

impl std::error::Error for StopError {}

impl<U: Unit> Started<U> {
    pub(crate) fn begin(running: Arc<RunningUnit<U>>, registration: Registration<U>) -> Self {
        let Registration { lanes, clocks, consumers, .. } = registration;
        let begin = |lane: Lane<U>| tokio::spawn(lane.run(Arc::clone(&running)));
        let lanes = lanes.into_iter().map(begin).collect();
        let clocks = clocks.into_iter().map(begin).collect();
        let outbox = begin(Lane::that_ends_last("outbox", |running: Arc<RunningUnit<U>>| async move {
            outbox::run(running.shared.outbox_context()).await;
        }));
        tracing::info!(target: "pontoon", unit = U::NAME, "ready");
        let events = Arc::clone(&running.shared.adapters.events);
        // Nothing waits for it; a bridge that closes ends it.
        tokio::spawn(async move { orphans::report(U::NAME, &*events).await });
        Self { running, consumers, clocks, lanes, outbox }
    }

    /// Calls the unit's exposed commands.
    #[must_use]
    pub fn client(&self) -> Client<Local<U>> {
        Client::new(Arc::clone(&self.running))
    }

    /// Whether its bridges and stores can do their work now, and every handler is supplied.
    #[must_use]
    pub fn health(&self) -> Health {
        let shared = &self.running.shared;
        shared.adapters.health().and(shared.lanes.health()).and(shared.outbox.health())
    }

    /// What went by on its bridges without anybody being told, and what its outbox has.
    #[must_use]
    pub fn counters(&self) -> Counters {
        let shared = &self.running.shared;
        shared.outbox.count(shared.adapters.counters())
    }

    /// What a subscription or a worker has given up.
    #[must_use]
    pub fn dead_letters<M: Operation>(&self, _: M) -> DeadLetters<M> {
        DeadLetters::new(self.consumers.get(M::ADDRESS).cloned())
    }

    /// What the outbox has given up: what could never be sent, and what may have been sent so long ago that a listener
    /// may have forgotten it. Of every unit that shares the state store.
    #[must_use]
    pub fn outbox_dead_letters(&self) -> OutboxDeadLetters<'_> {
        OutboxDeadLetters::new(self.running.shared.outbox_context())
    }

    /// What the broker keeps for subscriptions that the topology does not have.
    #[must_use]
    pub fn orphans(&self) -> Orphans<'_> {
        Orphans::new(&*self.running.shared.adapters.events)
    }

    /// What a queue holds.
    ///
    /// # Errors
    /// The bridge is out of reach.
    pub async fn depth<Q: Queue>(&self, _: Q) -> Result<Depth, BridgeError>
    where
        U: Enqueues<Q>,
    {
        self.running.unit.enqueuer().queue.depth().await
    }

    /// A collection of state, as tests and tools may see and change it.
    pub fn state<S: State>(&self, state: S) -> View<'_, S, Self>
    where
        U: Keeps<S>,
    {
        View::new(self, state)
    }

    /// Waits until no event and no job of this process is under way, waits, or is to be tried again: for tests. Delayed
    /// jobs are waited for, too.
    pub async fn settled(&self) {
        let far = Instant::now() + Duration::from_secs(365 * 24 * 3600);
        let shared = &self.running.shared;
        shared.lifecycle.finished(|| self.unfinished(far) + shared.outbox.busy()).await;
    }

    /// Stops: nothing new is taken, what runs and what only this process has is finished within the grace, then the
    /// adapters are closed, in the reverse of the order they were connected in.
    ///
    /// # Errors
    /// [`StopError`]: the grace was over before that. What still ran has been ended.
    pub async fn shutdown(mut self) -> Result<(), StopError> {
        let lifecycle = &self.running.shared.lifecycle;
        lifecycle.advance(Phase::Stopping);
        let end = Instant::now() + U::GRACE;
        let (clocks, lanes) = (&mut self.clocks, &mut self.lanes);
        let consumers = &self.consumers;
        let adapters = &self.running.shared.adapters;
        let ended = timeout_at(end, async {
            tokio::join!(adapters.events.drain(), adapters.queues.drain());
            lifecycle.calls_done().await;
            join_all(clocks).await;
            outbox::finish(self.running.shared.outbox_context()).await;
            let outbox = &self.running.shared.outbox;
            lifecycle.finished(|| unfinished(consumers, end) + outbox.busy()).await;
            lifecycle.advance(Phase::Drained);
            join_all(lanes).await;
            // What the last handlers have committed.
            outbox::finish(self.running.shared.outbox_context()).await;
        });
        let stopped = ended.await.map_err(|_| StopError { unit: U::NAME, grace: U::GRACE, lost: self.unfinished(end) });
        lifecycle.advance(Phase::Ended);
        self.outbox.abort();
        let late = self.unfinished(Instant::now() + Duration::from_secs(365 * 24 * 3600));
        if stopped.is_ok() && late > 0 {
            tracing::warn!(target: "pontoon", unit = U::NAME, lost = late, "what was due after the grace is lost");
        }
        adapters.queues.close().await;
        adapters.events.close().await;
        adapters.state.close().await;
        tracing::info!(target: "pontoon", unit = U::NAME, "stopped");
        stopped
    }

    fn unfinished(&self, until: Instant) -> usize {
        unfinished(&self.consumers, until)
    }
}

fn unfinished(consumers: &HashMap<&'static str, Arc<dyn Consumer>>, until: Instant) -> usize {
    consumers.values().map(|consumer| consumer.unfinished(until)).sum()
}

impl<U: Unit> Drop for Started<U> {
    fn drop(&mut self) {
        self.running.shared.lifecycle.advance(Phase::Ended);
        for task in self.clocks.iter().chain(&self.lanes).chain([&self.outbox]) {
            task.abort();
        }
    }
}

impl<U: Unit + Keeps<S>, S: State> MayAccess<S> for Started<U> {
    fn access(&self) -> Access<'_> {
        Access {
            store: &*self.running.unit.collection().store,
            unit_of_work: None,
            round_trips: self.running.shared.round_trips,
        }
    }
}

impl<U: Unit + Keeps<S>, S: State> MayRead<S> for Started<U> {}
impl<U: Unit + Keeps<S>, S: State> MayChange<S> for Started<U> {}
impl<U: Unit + Keeps<S>, S: State> MayWrite<S> for Started<U> {}

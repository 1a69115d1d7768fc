//! The consumer of a backlog, and the queue that jobs are pushed into.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use crate::bridge::{BridgeError, Consumer, DeadMessage, Delivery, Depth, Job, JobQueue, Settlement};
use crate::embedded::backlog::{BacklogName, CountedReader, CountedWriter, Found, StoredBacklog};
use crate::embedded::database::Database;
use crate::embedded::dead_letters::{ClearDeadLetters, Clearing};
use crate::embedded::error::StorageError;
use crate::embedded::hand_out::{CountAttempt, HandOut};
use crate::embedded::memory::StoredLimits;
use crate::embedded::message::MessageRecord;
use crate::embedded::port::{FolderPort, OpenPort};
use crate::embedded::push::{Admission, Admitted, Deduplication, Push, PushOutcome};
use crate::embedded::settle::{Fate, Settle};
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::message::id::Id;
use crate::unit::dead_letters::AT_A_TIME;

/// The consumer of a backlog through a port; of a queue, also where jobs are pushed.
pub(super) struct EmbeddedConsumer {
    port: Arc<FolderPort>,
    name: BacklogName,
    limits: StoredLimits,
    backlog: OnceLock<Arc<StoredBacklog>>,
    largest: u64,
}

/// A backlog in an open database.
struct OpenBacklog {
    port: OpenPort,
    backlog: Arc<StoredBacklog>,
}

impl EmbeddedConsumer {
    pub(super) fn new(port: Arc<FolderPort>, name: BacklogName, limits: StoredLimits, largest: u64) -> Self {
        Self { port, name, limits, backlog: OnceLock::new(), largest }
    }

    /// Makes the backlog, where it is not there, in an open database.
    pub(super) fn register(&self, database: &Database) -> Arc<StoredBacklog> {
        let backlog = self.backlog.get_or_init(|| {
            let backlog = database.backlog(self.name.clone());
            backlog.register(self.limits);
            backlog
        });
        Arc::clone(backlog)
    }

    fn open(&self) -> Result<OpenBacklog, BridgeError> {
        let port = self.port.open()?;
        let backlog = self.register(&port.database);
        Ok(OpenBacklog { port, backlog })
    }

    /// The next message; `None` once the port is closed.
    async fn wait(&self) -> Option<Delivery> {
        let port = self.port.opened().await?;
        let backlog = self.register(&port.database);
        let _waiting = CountedReader::of(&backlog);
        loop {
            let readable = backlog.readable.notified();
            let until = match backlog.take(port.number, &port.database.clock) {
                Found::Message(delivery) => return Some(delivery),
                Found::Nothing(until) => until,
                Found::Uncounted => {
                    port.database.submit(HandOut::of(Arc::clone(&backlog)));
                    None
                }
            };
            let due = async {
                match until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.port.closed() => return None,
                () = readable => {}
                () = due => {}
            }
        }
    }

    async fn settle_on_disk(&self, delivery: &Delivery, settlement: Settlement) -> Result<(), BridgeError> {
        let OpenBacklog { port, backlog } = self.open()?;
        // Nothing is waited for between what memory is told and what the disk is.
        let _permit = port.database.permit().await?;
        let Some(handed) = backlog.memory().handed.remove(&delivery.tag) else { return Err(BridgeError::LeaseLost) };
        let stored = handed.stored;
        if backlog.memory().clear_of_suspicion(stored.place) {
            backlog.readable.notify_one();
        }
        let clock = &port.database.clock;
        let fate = match settlement {
            Settlement::Ack | Settlement::Malformed => Fate::Remove,
            Settlement::DeadLetter(reason) => Fate::Bury { reason, attempts: delivery.attempt },
            Settlement::Retry(pause) if !self.limits.is_ordered => {
                Fate::Delay { due: clock.after(pause), tries: stored.tries }
            }
            Settlement::Postpone(pause) if !self.limits.is_ordered => {
                Fate::Delay { due: clock.after(pause), tries: stored.tries.saturating_sub(1) }
            }
            // It keeps its place: what is behind it waits for it.
            Settlement::Release | Settlement::Retry(_) | Settlement::Postpone(_) => {
                backlog.memory().give_back(stored);
                backlog.readable.notify_one();
                return Ok(());
            }
        };
        let (answer, answered) = oneshot::channel();
        port.database.submit(Box::new(Settle { backlog, stored, fate, answer: Some(answer) }));
        Ok(answered.await.map_err(|_| StorageError::ended())??)
    }

    async fn count(&self, delivery: &Delivery) {
        let Ok(OpenBacklog { port, backlog }) = self.open() else { return };
        let counted = backlog.memory().handed.get_mut(&delivery.tag).map(|handed| {
            handed.stored.tries = handed.stored.tries.saturating_add(1);
            (handed.stored.place, handed.stored.tries)
        });
        let Some((place, tries)) = counted else { return };
        // Where it is not counted, the attempt is made all the same; why it is not stands in the health.
        let _ = port.database.change(|answer| Box::new(CountAttempt { backlog, place, tries, answer }) as _).await;
    }

    async fn clear(&self, id: Option<Id>, is_replay: bool) -> Result<usize, BridgeError> {
        let OpenBacklog { port, backlog } = self.open()?;
        let clearing = Clearing { id: id.map(|id| id.to_string()), is_replay };
        let clear = |answer| Box::new(ClearDeadLetters::new(backlog, clearing, answer)) as _;
        Ok(port.database.change(clear).await??)
    }

    async fn put(&self, job: Job) -> Result<(), BridgeError> {
        let OpenBacklog { port, backlog } = self.open()?;
        let record = MessageRecord::of(&self.name.subject, &job.message, self.largest)?;
        let clock = &port.database.clock;
        let due = job.delay.map(|delay| clock.after(delay));
        let until = clock.after(self.limits.remember);
        push(&self.port, &port.database, |answer| Push {
            into: vec![Arc::clone(&backlog)],
            record: record.clone(),
            metadata: job.message.metadata().clone(),
            due,
            deduplication: job.deduplication.clone().map(|id| Deduplication { id, until }),
            answer,
            outcome: PushOutcome::Nothing,
        })
        .await
    }

    async fn ask_depth(&self) -> Result<Depth, BridgeError> {
        let OpenBacklog { port, backlog } = self.open()?;
        let now = port.database.clock.now();
        let asked = Arc::clone(&backlog);
        let delayed = port.database.read(move |connection| asked.messages(connection).delayed(now)).await?;
        let (leased, waiting, oldest, cursors) = {
            let mut memory = backlog.memory();
            memory.bring_back(Instant::now());
            let leased = memory.handed.len();
            let waiting = memory.total.saturating_sub(delayed + leased);
            (leased, waiting, memory.oldest().filter(|_| waiting > 0), (memory.loaded, memory.loaded_due))
        };
        let oldest = match oldest {
            None if waiting > 0 => {
                let asked = Arc::clone(&backlog);
                port.database
                    .read(move |connection| asked.messages(connection).since(cursors.0, cursors.1, now))
                    .await?
            }
            oldest => oldest,
        };
        let age = oldest.map_or(Duration::ZERO, |since| port.database.clock.since(since));
        Ok(Depth { waiting, delayed: Some(delayed), leased: Some(leased), age: Some(age) })
    }
}

/// Puts a message in, once there is room.
pub(super) async fn push(
    port: &FolderPort,
    database: &Database,
    push: impl Fn(oneshot::Sender<Admitted>) -> Push,
) -> Result<(), BridgeError> {
    let put = async || database.change(|answer| Box::new(push(answer)) as _).await?;
    let Admission::Full(mut full) = put().await? else { return Ok(()) };
    loop {
        let backlog = full;
        let _waiting = CountedWriter::of(&backlog);
        let room = backlog.writable.notified();
        // Looked at once more, as a writer that is woken.
        let again = put().await?;
        let other = match again {
            Admission::Accepted => return Ok(()),
            Admission::Full(other) => other,
        };
        if Arc::ptr_eq(&backlog, &other) {
            tokio::select! {
                () = room => {}
                () = port.closed() => return Err(BridgeError::Closed),
            }
        }
        full = other;
    }
}

impl Consumer for EmbeddedConsumer {
    fn next(&self) -> MaybeReady<'_, Option<Delivery>> {
        MaybeReady::boxed(self.wait())
    }

    fn settle(&self, delivery: &Delivery, settlement: Settlement) -> MaybeReady<'_, Result<(), BridgeError>> {
        let delivery = delivery.clone();
        MaybeReady::boxed(async move { self.settle_on_disk(&delivery, settlement).await })
    }

    fn lease(&self) -> Option<Duration> {
        self.limits.lease
    }

    fn extend<'a>(&'a self, delivery: &'a Delivery) -> MaybeReady<'a, Result<(), BridgeError>> {
        MaybeReady::ready(self.open().and_then(|open| open.backlog.extend(delivery.tag)))
    }

    fn retried<'a>(&'a self, delivery: &'a Delivery) -> MaybeReady<'a, ()> {
        MaybeReady::boxed(self.count(delivery))
    }

    fn is_lost(&self, delivery: &Delivery) -> bool {
        self.open().is_ok_and(|open| !open.backlog.memory().handed.contains_key(&delivery.tag))
    }

    fn dead_letters(&self, skip: usize) -> MaybeReady<'_, Result<Vec<DeadMessage>, BridgeError>> {
        MaybeReady::boxed(async move {
            let OpenBacklog { port, backlog } = self.open()?;
            let read = port.database.read(move |connection| backlog.messages(connection).dead_letters(skip, AT_A_TIME));
            Ok(read.await?)
        })
    }

    fn clear_dead_letters(&self, id: Option<Id>, replay: bool) -> MaybeReady<'_, Result<usize, BridgeError>> {
        MaybeReady::boxed(self.clear(id, replay))
    }
}

impl JobQueue for EmbeddedConsumer {
    fn push(&self, job: Job) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.put(job))
    }

    fn check(&self, job: &Message) -> Result<(), BridgeError> {
        MessageRecord::of(&self.name.subject, job, self.largest).map(drop)
    }

    fn depth(&self) -> MaybeReady<'_, Result<Depth, BridgeError>> {
        MaybeReady::boxed(self.ask_depth())
    }
}

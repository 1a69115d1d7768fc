//! An open folder: its database, the threads that work on it, and its backlogs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use crate::embedded::accepted::AcceptedCommit;
use crate::embedded::backlog::{BacklogKind, BacklogName, StoredBacklog};
use crate::embedded::bound::SetBound;
use crate::embedded::clock::DatabaseClock;
use crate::embedded::commits::{CommitQueue, CommitThread};
use crate::embedded::error::StorageError;
use crate::embedded::format;
use crate::embedded::reads::ReadThread;
use crate::embedded::work::{CommitWork, Numbers};
use crate::health::Health;
use crate::sync::{Mutex, RwLock};

/// How many callers may wait for a commit or an answer; the next one waits before.
const CALLERS: usize = 1024;

/// How many bytes a database takes where nothing is said.
pub(super) const BOUND: u64 = 1 << 30;

/// An open folder, shared by all ports that name it. Dropped, it is closed once all that waits is committed.
pub(super) struct Database {
    pub(super) clock: DatabaseClock,
    queue: Arc<CommitQueue>,
    reads: ReadThread,
    callers: Semaphore,
    backlogs: RwLock<Backlogs>,
    ports: AtomicU64,
    next_backlog: AtomicI64,
    /// What the ports say about how many bytes it may have.
    bound: Mutex<Option<u64>>,
}

/// The backlogs by name, and the subscriptions of each event.
#[derive(Default)]
struct Backlogs {
    by_name: HashMap<BacklogName, Arc<StoredBacklog>>,
    subscriptions: HashMap<String, Vec<Arc<StoredBacklog>>>,
}

impl Backlogs {
    fn add(&mut self, backlog: Arc<StoredBacklog>) {
        if backlog.name.kind == BacklogKind::Subscription {
            let subscriptions = self.subscriptions.entry(backlog.name.subject.clone()).or_default();
            subscriptions.push(Arc::clone(&backlog));
        }
        self.by_name.insert(backlog.name.clone(), backlog);
    }
}

/// An open database, and the thread that commits until it is closed.
pub(super) struct OpenedDatabase {
    pub(super) database: Arc<Database>,
    pub(super) commits: JoinHandle<()>,
}

impl Database {
    /// The name of the file.
    pub(super) const FILE: &'static str = "pontoon.db";

    /// Opens the database of a folder, in which nobody else works. Blocks.
    ///
    /// # Errors
    /// It is damaged, of another format, or cannot be read or written.
    pub(super) fn open(folder: &Path, keep: impl Send + 'static) -> Result<OpenedDatabase, StorageError> {
        let file = folder.join(Self::FILE);
        let connection = format::connect(&file)?;
        format::prepare(&connection, &file)?;
        let commits = format::counter(&connection, "commits")?;
        let accepted = AcceptedCommit::open(folder, commits)?;
        format::bound(&connection, BOUND)?;
        format::count(&connection, "opened")?;
        let numbers = Numbers::of_opening(format::counter(&connection, "opened")?);
        let backlogs = Self::backlogs(&connection)?;
        let next = backlogs.by_name.values().map(|backlog| backlog.id).max().unwrap_or(0) + 1;
        let (clock, queue) = (DatabaseClock::start(), Arc::new(CommitQueue::default()));
        let database = Self {
            clock,
            queue: Arc::clone(&queue),
            reads: ReadThread::start(format::connect(&file)?)?,
            callers: Semaphore::new(CALLERS),
            backlogs: RwLock::default(),
            ports: AtomicU64::new(0),
            next_backlog: AtomicI64::new(next),
            bound: Mutex::default(),
        };
        *database.backlogs.write() = backlogs;
        let thread = CommitThread { queue, connection, accepted, commits, clock, numbers, is_synced: true };
        let commits = std::thread::Builder::new().name("pontoon-commits".to_owned()).spawn(move || {
            thread.run();
            drop(keep);
        });
        let commits = commits.map_err(|error| StorageError::passing(format!("no thread to commit with: {error}")))?;
        Ok(OpenedDatabase { database: Arc::new(database), commits })
    }

    /// The backlogs that the database has, with how many messages are in them.
    fn backlogs(connection: &Connection) -> Result<Backlogs, StorageError> {
        let mut counts = connection.prepare("SELECT backlog, COUNT(*) FROM messages GROUP BY backlog")?;
        let counts = counts.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let counts: HashMap<i64, i64> = counts.collect::<Result<_, _>>()?;
        let mut read = connection.prepare("SELECT id, kind, subject, subscription FROM backlogs")?;
        let mut rows = read.query([])?;
        let mut backlogs = Backlogs::default();
        while let Some(row) = rows.next()? {
            let (id, code): (i64, i64) = (row.get(0)?, row.get(1)?);
            let kinds = [BacklogKind::Subscription, BacklogKind::Queue];
            let Some(kind) = kinds.into_iter().find(|kind| kind.code() == code) else { continue };
            let name = BacklogName { kind, subject: row.get(2)?, subscription: row.get(3)? };
            let total = counts.get(&id).and_then(|count| usize::try_from(*count).ok()).unwrap_or_default();
            backlogs.add(Arc::new(StoredBacklog::new(id, name, total, true)));
        }
        Ok(backlogs)
    }

    /// A number for a port.
    pub(super) fn port(&self) -> u64 {
        self.ports.fetch_add(1, Ordering::Relaxed)
    }

    /// Bounds how many bytes the database takes.
    ///
    /// # Errors
    /// What another port has said.
    pub(super) fn bound(&self, bytes: u64) -> Result<(), u64> {
        {
            let mut bound = self.bound.lock();
            match *bound {
                Some(other) if other != bytes => return Err(other),
                Some(_) => return Ok(()),
                None => *bound = Some(bytes),
            }
        }
        // Nothing to be answered: a change after it finds the bound.
        self.submit(Box::new(SetBound(bytes)));
        Ok(())
    }

    /// A backlog, which is made where it is not there.
    pub(super) fn backlog(&self, name: BacklogName) -> Arc<StoredBacklog> {
        if let Some(there) = self.find(&name) {
            return there;
        }
        let mut backlogs = self.backlogs.write();
        if let Some(there) = backlogs.by_name.get(&name) {
            return Arc::clone(there);
        }
        let id = self.next_backlog.fetch_add(1, Ordering::Relaxed);
        let backlog = Arc::new(StoredBacklog::new(id, name, 0, false));
        backlogs.add(Arc::clone(&backlog));
        backlog
    }

    /// A backlog that is there.
    pub(super) fn find(&self, name: &BacklogName) -> Option<Arc<StoredBacklog>> {
        self.backlogs.read().by_name.get(name).map(Arc::clone)
    }

    /// Takes a backlog away that is removed from the database.
    pub(super) fn forget(&self, backlog: &StoredBacklog) {
        let mut backlogs = self.backlogs.write();
        backlogs.by_name.remove(&backlog.name);
        if let Some(subscriptions) = backlogs.subscriptions.get_mut(&backlog.name.subject) {
            subscriptions.retain(|other| other.id != backlog.id);
        }
    }

    /// The subscriptions that an event goes to.
    pub(super) fn subscriptions(&self, subject: &str) -> Vec<Arc<StoredBacklog>> {
        let backlogs = self.backlogs.read();
        let subscriptions = backlogs.subscriptions.get(subject).into_iter().flatten();
        subscriptions.filter(|backlog| backlog.is_active.load(Ordering::Acquire)).map(Arc::clone).collect()
    }

    /// All subscriptions that there are.
    pub(super) fn all_subscriptions(&self) -> Vec<Arc<StoredBacklog>> {
        self.backlogs.read().subscriptions.values().flatten().map(Arc::clone).collect()
    }

    /// A permit to wait for a commit or an answer.
    pub(super) async fn permit(&self) -> Result<SemaphorePermit<'_>, StorageError> {
        self.callers.acquire().await.map_err(|_| StorageError::ended())
    }

    /// Has a change made with the next commit.
    pub(super) fn submit(&self, work: Box<dyn CommitWork>) {
        self.queue.push(work);
    }

    /// Has a change made that answers, and waits for that.
    pub(super) async fn change<T>(
        &self,
        work: impl FnOnce(oneshot::Sender<T>) -> Box<dyn CommitWork>,
    ) -> Result<T, StorageError> {
        let _permit = self.permit().await?;
        let (answer, answered) = oneshot::channel();
        self.submit(work(answer));
        answered.await.map_err(|_| StorageError::ended())
    }

    /// Reads, and waits for the answer.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let _permit = self.permit().await?;
        self.reads.ask(question).await
    }

    /// Whether the last commit has succeeded.
    pub(super) fn health(&self) -> Health {
        match self.queue.failure() {
            None => Health::Ready,
            Some(error) => Health::Degraded(format!("nothing can be written to the database: {error}")),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.queue.close();
    }
}

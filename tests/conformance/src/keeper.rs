//! A process that keeps queues and state on the local disk for a test, which may kill it: it is asked over its standard
//! input, a line each, and answers over its standard output.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pontoon::StoreError;
use pontoon::adapter::embedded::{EmbeddedQueues, EmbeddedState};
use pontoon::adapter::{
    Change, Entry, Etag, Expect, Job, JobQueue, Page, QueueAdapter, QueuePolicy, Range, Settlement, StateAdapter,
};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use crate::adapter::{leaked, message};

/// The queue of a keeper.
pub const QUEUE: &str = "keeper.queue.jobs.v1";

/// How the jobs of a keeper are leased and given up.
pub const POLICY: QueuePolicy = QueuePolicy::new().attempts(3).dead_letter().bound(10_000_000);

/// Stands in place of the number of a question where a job is worked on.
const WORKED: u64 = u64::MAX;

/// What a keeper is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Question {
    /// An entry of the state.
    Get {
        /// The collection.
        collection: String,
        /// The key.
        key: String,
    },
    /// Entries of the state.
    List {
        /// The collection.
        collection: String,
        /// [`Range::prefix`].
        prefix: String,
        /// [`Range::after`].
        after: Option<String>,
        /// [`Range::limit`].
        limit: usize,
    },
    /// Changes of the state.
    Commit(Vec<WrittenChange>),
    /// Puts a job with this number into the queue.
    Push(u32),
    /// Takes a job, and settles it so long after: never, where nothing is said.
    Take(Option<u64>),
}

/// A change as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WrittenChange {
    collection: String,
    key: String,
    /// Nothing: anything. Empty: absent. Otherwise a version.
    expect: Option<String>,
    put: Option<(String, Option<Duration>)>,
}

impl WrittenChange {
    /// A change as it is written.
    #[must_use]
    pub fn of(change: &Change) -> Self {
        let expect = match &change.expect {
            Expect::Anything => None,
            Expect::Absent => Some("absent".to_owned()),
            Expect::Version(etag) => Some(format!("={}", etag.as_str())),
        };
        let put = change.put.as_ref().map(|(value, time)| (BASE64_STANDARD.encode(value), *time));
        Self { collection: change.collection.to_owned(), key: change.key.clone(), expect, put }
    }

    fn read(self) -> Change {
        let expect = match self.expect.as_deref() {
            None => Expect::Anything,
            Some("absent") => Expect::Absent,
            Some(version) => Expect::Version(Etag::new(version.trim_start_matches('='))),
        };
        let put = self.put.map(|(value, time)| (BASE64_STANDARD.decode(value).unwrap().into(), time));
        Change { collection: leaked(self.collection), key: self.key, expect, put }
    }
}

/// What a keeper answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Answer {
    /// It is done.
    Done,
    /// An entry, or none: its value and version.
    Entry(Option<(String, String)>),
    /// Entries, each with its key, and where the next page begins.
    Page(Vec<(String, String, String)>, Option<String>),
    /// The number of a job and its attempt.
    Job(u32, u32),
    /// What was expected is not there: collection and key.
    Conflict(String, String),
    /// A value is too large: collection, key, size and limit.
    TooLarge(String, String, u64, u64),
    /// It could not be done.
    Failed(String),
}

/// Keeps the folder until standard input ends.
///
/// # Panics
/// The folder cannot be opened.
pub async fn keep(folder: &Path) {
    let (state, queues) = (Arc::new(EmbeddedState::new(folder)), EmbeddedQueues::new(folder));
    let queue = queues.queue(QUEUE, POLICY);
    state.connect().await.unwrap();
    queues.connect().await.unwrap();
    let (sender, mut lines) = mpsc::channel::<String>(1024);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let Ok(line) = line else { return };
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    println!("ready");
    while let Some(line) = lines.recv().await {
        let (id, question): (u64, Question) = serde_json::from_str(&line).unwrap();
        let (state, queue) = (Arc::clone(&state), Arc::clone(&queue));
        tokio::spawn(async move {
            let answer = answer(&*state, &*queue, question).await;
            println!("{}", serde_json::to_string(&(id, answer)).unwrap());
        });
    }
}

async fn answer(state: &dyn StateAdapter, queue: &dyn JobQueue, question: Question) -> Answer {
    let written = |entry: &Entry| (BASE64_STANDARD.encode(&entry.value), entry.etag.as_str().to_owned());
    let failed = |error: &dyn std::fmt::Display| Answer::Failed(error.to_string());
    match question {
        Question::Get { collection, key } => match state.get(&collection, &key).await {
            Ok(entry) => Answer::Entry(entry.as_ref().map(written)),
            Err(error) => failed(&error),
        },
        Question::List { collection, prefix, after, limit } => {
            match state.list(&collection, Range { prefix, after, limit }).await {
                Ok(Page { entries, next }) => {
                    let entries = entries.iter().map(|(key, entry)| {
                        let (value, etag) = written(entry);
                        (key.clone(), value, etag)
                    });
                    Answer::Page(entries.collect(), next)
                }
                Err(error) => failed(&error),
            }
        }
        Question::Commit(changes) => match state.commit(changes.into_iter().map(WrittenChange::read).collect()).await {
            Ok(()) => Answer::Done,
            Err(StoreError::Conflict { collection, key }) => Answer::Conflict(collection, key),
            Err(StoreError::TooLarge { collection, key, size, limit }) => {
                Answer::TooLarge(collection, key, size, limit)
            }
            Err(error) => failed(&error),
        },
        Question::Push(number) => {
            let job = Job { message: message(number), delay: None, deduplication: None };
            match queue.push(job).await {
                Ok(()) => Answer::Done,
                Err(error) => failed(&error),
            }
        }
        Question::Take(after) => {
            let Some(delivery) = queue.next().await else { return Answer::Failed("ended".to_owned()) };
            let Some(after) = after else {
                return Answer::Job(delivery.message.decode().unwrap(), delivery.attempt);
            };
            tokio::time::sleep(Duration::from_millis(after)).await;
            // The work, which a test sees whatever becomes of the acknowledgement.
            let worked = Answer::Job(delivery.message.decode().unwrap(), delivery.attempt);
            println!("{}", serde_json::to_string(&(WORKED, worked)).unwrap());
            match queue.settle(&delivery, Settlement::Ack).await {
                Ok(()) => Answer::Job(delivery.message.decode().unwrap(), delivery.attempt),
                Err(error) => failed(&error),
            }
        }
    }
}

/// Whoever waits for the answer to a question, by its number; nothing once no answer can come.
type Asked = Arc<Mutex<Option<HashMap<u64, oneshot::Sender<Answer>>>>>;

/// A keeper in a process of its own. Dropped, it is killed.
pub struct Keeper {
    child: Mutex<Child>,
    hears: Mutex<Option<std::thread::JoinHandle<()>>>,
    worked: Arc<Mutex<Vec<u32>>>,
    input: Mutex<ChildStdin>,
    asked: Asked,
    next: std::sync::atomic::AtomicU64,
}

impl Keeper {
    /// Starts one on a folder, and waits until it is ready. Blocks.
    ///
    /// # Panics
    /// It does not start.
    #[must_use]
    pub fn start(program: &str, folder: &Path) -> Self {
        let mut child = Command::new(program)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process of its own");
        let input = Mutex::new(child.stdin.take().unwrap());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().expect("it starts").unwrap(), "ready");
        let asked = Asked::new(Mutex::new(Some(HashMap::new())));
        let (answers, worked) = (Arc::clone(&asked), Arc::<Mutex<Vec<u32>>>::default());
        let works = Arc::clone(&worked);
        let hears = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // Killed in the middle of a line, it has not answered.
                let Ok((id, answer)) = serde_json::from_str::<(u64, Answer)>(&line) else { break };
                if let (WORKED, Answer::Job(number, _)) = (id, &answer) {
                    works.lock().unwrap().push(*number);
                    continue;
                }
                let waiting = answers.lock().unwrap().as_mut().and_then(|asked| asked.remove(&id));
                // Who no longer waits needs no answer.
                let _ = waiting.map(|waiting| waiting.send(answer));
            }
            *answers.lock().unwrap() = None;
        });
        Self { child: Mutex::new(child), hears: Mutex::new(Some(hears)), worked, input, asked, next: 0.into() }
    }

    /// Asks; nothing is answered where the process is killed first.
    ///
    /// # Panics
    /// A thread has panicked before.
    pub async fn ask(&self, question: Question) -> Option<Answer> {
        let id = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.asked.lock().unwrap().as_mut()?.insert(id, sender);
        let line = serde_json::to_string(&(id, question)).unwrap() + "\n";
        let sent = self.input.lock().unwrap().write_all(line.as_bytes());
        if sent.is_err() {
            return None;
        }
        answer.await.ok()
    }

    /// The id of its process.
    ///
    /// # Panics
    /// A thread has panicked before.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// The jobs that were worked on, by their numbers.
    ///
    /// # Panics
    /// A thread has panicked before.
    #[must_use]
    pub fn worked(&self) -> Vec<u32> {
        self.worked.lock().unwrap().clone()
    }

    /// The same, each only once.
    ///
    /// # Panics
    /// A thread has panicked before.
    #[must_use]
    pub fn take_worked(&self) -> Vec<u32> {
        std::mem::take(&mut self.worked.lock().unwrap())
    }

    /// SIGKILL; done once it is gone, and all that it has said is heard. Blocks.
    ///
    /// # Panics
    /// A thread has panicked before.
    pub fn kill(&self) {
        let mut child = self.child.lock().unwrap();
        // One that has ended by itself is gone as well.
        let _ = child.kill();
        let _ = child.wait();
        let hears = self.hears.lock().unwrap().take();
        let _ = hears.map(std::thread::JoinHandle::join);
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.kill();
    }
}

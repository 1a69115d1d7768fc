//! Workers in processes of their own: they write down the number of each job, and then are done with it.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::FutureExt as _;
use pontoon::adapter::{
    Amqp, Instance, Nats, QueueAdapter, QueueBridge, Redis, Settlement, Setup, Variables, WorkerPolicy,
};

use super::harness::{Harness, POLICY, number, push};
use crate::adapter::{leaked, soon, text};
use crate::gatherer::{Gathered, working};

/// The path of the program `worker`.
pub type WorkerProgram = &'static str;

/// Where a process finds the queue of a case.
pub struct QueueAddress {
    /// The adapter, by its word in a topology.
    pub adapter: &'static str,
    /// Where its broker is.
    pub url: String,
    pub topology: &'static str,
}

impl QueueAddress {
    /// An adapter, not connected yet.
    ///
    /// # Panics
    /// There is no such adapter, or the address is none.
    #[must_use]
    pub fn open(&self) -> Arc<dyn QueueAdapter> {
        let mut setup = Setup::new(Instance::new(self.topology, "test"), false, Variables::default());
        let url = text(self.url.as_str());
        let bridge: &dyn QueueBridge = match self.adapter {
            "amqp" => &Amqp::new(url),
            "nats" => &Nats::new(url),
            "redis" => &Redis::new(url),
            other => panic!("no case knows how to open {other}"),
        };
        // None of the settings is a secret: nothing is waited for.
        let opened = bridge.open(&mut setup).now_or_never().expect("nothing to wait for");
        assert!(setup.problems().is_empty(), "{:?}", setup.problems());
        opened.expect("it opens where there is no problem")
    }

    /// The subject of the queue.
    fn subject(&self) -> &'static str {
        leaked(format!("{}.queue.toil", self.topology))
    }
}

/// The policy of a queue whose workers are killed more often than a job may be tried otherwise.
const PATIENT: pontoon::adapter::QueuePolicy = POLICY.attempts(1000);

/// How often a job of a queue is tried in which one ends its process.
const ATTEMPTS: u32 = 3;

/// The policy of that queue.
const FATAL: pontoon::adapter::QueuePolicy = POLICY.attempts(ATTEMPTS).lease(Duration::from_secs(1));

/// Works until it is killed, or a job ends it.
///
/// # Errors
/// The words are none, or the backend refuses.
pub async fn work(words: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let [adapter, url, topology, journal, manner] = words else {
        return Err("usage: worker ADAPTER URL TOPOLOGY JOURNAL one|batches|fatal".into());
    };
    let at = QueueAddress { adapter: leaked(adapter.as_str()), url: url.clone(), topology: leaked(topology.as_str()) };
    let queues = at.open();
    if Manner::Batches.word() == manner {
        let unit = working(&Gathered::written_into(journal.as_ref())?, queues, at.subject()).await;
        let _unit = unit.map_err(|error| error.to_string())?;
        return std::future::pending().await;
    }
    let is_fatal = Manner::Fatal.word() == manner;
    let policy = if is_fatal { FATAL } else { PATIENT };
    let queue = queues.queue(at.subject(), policy);
    queues.worker(at.subject(), policy, WorkerPolicy::new(4));
    queues.connect().await?;
    let journal = std::fs::OpenOptions::new().create(true).append(true).open(journal)?;
    let journal = Arc::new(journal);
    let workers = (0..4).map(|_| {
        let (queue, journal) = (Arc::clone(&queue), Arc::clone(&journal));
        tokio::spawn(async move {
            while let Some(delivery) = queue.next().await {
                if is_fatal && delivery.attempt > ATTEMPTS {
                    let _ = queue.settle(&delivery, Settlement::DeadLetter("it ends its process".to_owned())).await;
                    continue;
                }
                if is_fatal && number(&delivery) == 0 {
                    std::process::exit(0);
                }
                let line = format!("{}\n", number(&delivery));
                (&*journal).write_all(line.as_bytes()).expect("a line in the journal");
                tokio::time::sleep(Duration::from_millis(2)).await;
                // Somebody else may have it by now.
                let _ = queue.settle(&delivery, Settlement::Ack).await;
            }
        })
    });
    futures_util::future::join_all(workers).await;
    Ok(())
}

/// How a worker takes jobs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Manner {
    One,
    Batches,
    /// One by one, and the first of them ends its process.
    Fatal,
}

impl Manner {
    const fn word(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Batches => "batches",
            Self::Fatal => "fatal",
        }
    }
}

fn start(program: WorkerProgram, at: &QueueAddress, journal: &Path, manner: Manner) -> Child {
    Command::new(program)
        .args([at.adapter, &at.url, at.topology])
        .arg(journal)
        .arg(manner.word())
        .stdin(Stdio::null())
        .spawn()
        .expect("a worker in a process of its own")
}

fn written(journal: &Path) -> BTreeSet<u32> {
    let text = std::fs::read_to_string(journal).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

/// Q08: sent is done, wherever between the two a process dies.
pub async fn a_worker_that_is_killed_loses_nothing(harness: &impl Harness) {
    nothing_is_lost(harness, Manner::One).await;
}

/// Q08 in batches: those that were handled and those that were not both come again.
pub async fn a_worker_that_is_killed_in_mid_batch_loses_nothing(harness: &impl Harness) {
    nothing_is_lost(harness, Manner::Batches).await;
}

/// A job that ends its process takes none with it of those that come with it each time: it alone is given up.
pub async fn a_job_that_ends_its_process_takes_no_other_with_it(harness: &impl Harness) {
    let (Some(program), Some(at)) = (harness.program(), harness.address()) else {
        assert!(harness.stays_in_process(), "what other processes reach, one of them can work at");
        return;
    };
    let sender = harness.queue(FATAL).await;
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    // As many as come to a process at a time.
    for number in 0..4 {
        push(&sender.queue, number).await.unwrap();
    }
    let given_up = async || soon(sender.queue.dead_letters(0)).await.unwrap();
    let over = tokio::time::timeout(Duration::from_secs(180), async {
        let mut worker = start(program, &at, &journal, Manner::Fatal);
        while given_up().await.is_empty() {
            if worker.try_wait().unwrap().is_some() {
                worker = start(program, &at, &journal, Manner::Fatal);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        while written(&journal).len() < 3 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        worker.kill().unwrap();
        worker.wait().unwrap();
    });
    let in_time = over.await.is_ok();
    let dead: Vec<u32> = given_up().await.iter().map(|letter| letter.message.decode().unwrap()).collect();
    assert!(in_time && dead == [0], "given up: {dead:?}; done: {:?}", written(&journal));
}

async fn nothing_is_lost(harness: &impl Harness, manner: Manner) {
    const JOBS: u32 = 1000;
    let (Some(program), Some(at)) = (harness.program(), harness.address()) else {
        assert!(harness.stays_in_process(), "what other processes reach, one of them can work at");
        return;
    };
    let sender = harness.queue(PATIENT).await;
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let start = || start(program, &at, &journal, manner);
    let mut workers = [start(), start()];
    let mut kills = 0;
    for number in 0..JOBS {
        push(&sender.queue, number).await.unwrap();
        if number % 100 == 99 {
            let worker = &mut workers[kills % 2];
            worker.kill().unwrap();
            worker.wait().unwrap();
            *worker = start();
            kills += 1;
        }
    }
    let wait = tokio::time::timeout(Duration::from_secs(120), async {
        while written(&journal).len() < JOBS as usize {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let in_time = wait.await.is_ok();
    for mut worker in workers {
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
    let done = written(&journal);
    let lost: Vec<_> = (0..JOBS).filter(|number| !done.contains(number)).take(20).collect();
    assert!(in_time && lost.is_empty(), "lost: {lost:?}");
}

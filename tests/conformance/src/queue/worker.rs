//! Workers in processes of their own: they write down the number of each job, and then are done with it.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use pontoon::adapter::{Amqp, Instance, Nats, QueueAdapter, QueueBridge, Redis, Settlement, Setup, Variables};

use super::harness::{Harness, POLICY, number, push};
use crate::adapter::{leaked, text};

/// How a process reaches the queue of a case.
pub struct Place {
    /// The program `worker`.
    pub program: &'static str,
    /// The adapter, by its word in a topology.
    pub adapter: &'static str,
    pub address: String,
    pub topology: &'static str,
}

/// The policy of a queue whose workers are killed more often than a job may be tried otherwise.
const PATIENT: pontoon::adapter::QueuePolicy = POLICY.attempts(1000);

/// Works until it is killed.
///
/// # Errors
/// The words are none, or the backend refuses.
pub async fn work(words: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    let [adapter, address, topology, journal] = words else {
        return Err("usage: worker ADAPTER ADDRESS TOPOLOGY JOURNAL".into());
    };
    let topology = leaked(topology.as_str());
    let queues = open(adapter, address, topology).await.ok_or("no such adapter")?;
    let queue = queues.queue(queue_of(topology), PATIENT);
    queues.worker(queue_of(topology), PATIENT, 4);
    queues.connect().await?;
    let journal = std::fs::OpenOptions::new().create(true).append(true).open(journal)?;
    let journal = Arc::new(journal);
    let workers = (0..4).map(|_| {
        let (queue, journal) = (Arc::clone(&queue), Arc::clone(&journal));
        tokio::spawn(async move {
            while let Some(delivery) = queue.next().await {
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

/// The queue of a topology.
fn queue_of(topology: &str) -> &'static str {
    leaked(format!("{topology}.queue.toil"))
}

async fn open(adapter: &str, address: &str, topology: &'static str) -> Option<Arc<dyn QueueAdapter>> {
    let mut setup = Setup::new(Instance::new(topology, "worker"), false, Variables::default());
    match adapter {
        "amqp" => QueueBridge::open(&Amqp::new(text(address)), &mut setup).await,
        "nats" => QueueBridge::open(&Nats::new(text(address)), &mut setup).await,
        "redis" => QueueBridge::open(&Redis::new(text(address)), &mut setup).await,
        _ => None,
    }
}

fn start(place: &Place, journal: &Path) -> Child {
    Command::new(place.program)
        .args([place.adapter, &place.address, place.topology])
        .arg(journal)
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
    const JOBS: u32 = 1000;
    let Some(place) = harness.place() else {
        assert!(harness.stays_in_process(), "what other processes reach, one of them can work at");
        return;
    };
    let sender = harness.queue(PATIENT).await;
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal");
    let mut workers = [start(&place, &journal), start(&place, &journal)];
    let mut kills = 0;
    for number in 0..JOBS {
        push(&sender.queue, number).await.unwrap();
        if number % 100 == 99 {
            let worker = &mut workers[kills % 2];
            worker.kill().unwrap();
            worker.wait().unwrap();
            *worker = start(&place, &journal);
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

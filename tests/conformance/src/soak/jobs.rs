//! The soak of queue bridges: jobs without end, and workers that do them.

mod broker;
mod disk;
mod lanes;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use pontoon::BridgeError;
use pontoon::adapter::JobQueue;
use pontoon_brokers::Kind;
use tokio::time::{Instant, sleep};

use super::{PATIENCE, Plan};
use crate::system::counts::Counts;
use broker::QueueAtBroker;
use disk::QueueOnDisk;
use lanes::Lanes;

/// The way that the jobs go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum QueueColumn {
    /// RabbitMQ.
    Amqp,
    /// Work queues of JetStream.
    Nats,
    /// Streams of Redis.
    Redis,
    /// The local disk. There is no broker: it is the process that is killed, and started again on the same folder.
    Embedded,
}

/// As the documents call it.
impl fmt::Display for QueueColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Amqp => "AMQP",
            Self::Nats => "JetStream",
            Self::Redis => "Redis",
            Self::Embedded => "embedded",
        })
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The way that the jobs went.
    pub column: QueueColumn,
    /// How long jobs were put in.
    pub time: Duration,
    /// How often the broker, or the process, was killed.
    pub kills: u32,
    /// How many jobs were put in, and reported as safe.
    pub sent: u64,
    /// How many of those were never done.
    pub lost: u64,
    /// How often a job was done once more.
    pub twice: u64,
    /// How often putting one in failed. It was tried again.
    pub refused: u64,
    /// What the queue holds in the end.
    pub held: Held,
}

/// What a queue holds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Held {
    /// Jobs that wait, or that somebody has.
    pub jobs: usize,
    /// Jobs that were given up.
    pub dead_letters: usize,
}

impl Held {
    /// What a queue holds now.
    async fn by(queue: &Arc<dyn JobQueue>) -> Result<Self, BridgeError> {
        let depth = queue.depth().await?;
        let jobs = depth.waiting + depth.delayed.unwrap_or(0) + depth.leased.unwrap_or(0);
        Ok(Self { jobs, dead_letters: queue.dead_letters(0).await?.len() })
    }
}

impl Report {
    /// What should not be: a job that is lost, or given up, or still there once all are done. That one is done twice
    /// may be.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let Self { kills, sent, lost, held, .. } = self;
        let mut problems = Vec::new();
        if *lost > 0 {
            problems.push(format!("{lost} of {sent} are lost"));
        }
        if *held != Held::default() {
            problems
                .push(format!("in the end, the queue has {} jobs and {} dead letters", held.jobs, held.dead_letters));
        }
        if *kills == 0 || *sent == 0 {
            problems.push("nothing has happened".to_owned());
        }
        problems
    }

    /// The heading of a table of reports.
    pub const HEADING: &str = "queues      seconds  kills       sent    per s     lost  twice  refused     left  given up\n\
         ----------  -------  -----  ---------  -------  -------  -----  -------  -------  --------";
}

/// A line of the table.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { column, time, kills, sent, lost, twice, refused, held } = self;
        let (name, seconds) = (column.to_string(), time.as_secs_f64());
        #[expect(clippy::cast_precision_loss, reason = "to be read")]
        let rate = *sent as f64 / seconds;
        let Held { jobs, dead_letters } = held;
        write!(
            f,
            "{name:<10}  {seconds:>7.0}  {kills:>5}  {sent:>9}  {rate:>7.0}  {lost:>7}  {twice:>5}  {refused:>7}  \
             {jobs:>7}  {dead_letters:>8}"
        )
    }
}

/// The jobs of a soak that were put in, and those that were done.
struct Tally {
    sent: Arc<Counts>,
    done: Arc<Counts>,
}

impl Tally {
    /// How many were put in and never done.
    fn lost(&self) -> u64 {
        self.sent.each().zip(self.done.each()).filter(|(sent, done)| *sent > 0 && *done == 0).count() as u64
    }

    /// How often one was done once more.
    fn twice(&self) -> u64 {
        self.done.each().map(|done| u64::from(done.saturating_sub(1))).sum()
    }
}

/// A queue, with those who work on it.
trait SoakedQueue: Send + Sync + 'static {
    /// Puts a job in; says whether it is safe.
    fn send(&self, number: u64) -> impl Future<Output = bool> + Send;

    /// Kills what carries the jobs, and starts it again.
    fn crash(&self) -> impl Future<Output = ()> + Send;

    /// What the queue holds, once nothing is killed any more.
    fn held(&self) -> impl Future<Output = Result<Held, BridgeError>> + Send;
}

/// Runs a soak. `keeper` is the program that keeps a folder, for the column without a broker.
///
/// # Panics
/// There is no broker, or no such process, to be had.
pub async fn soak(column: QueueColumn, keeper: &str, plan: Plan) -> Report {
    let tally = Tally { sent: plan.counts(), done: plan.counts() };
    match column {
        QueueColumn::Amqp => run(column, QueueAtBroker::start(Kind::Amqp, &tally).await, tally, plan).await,
        QueueColumn::Nats => run(column, QueueAtBroker::start(Kind::Nats, &tally).await, tally, plan).await,
        QueueColumn::Redis => run(column, QueueAtBroker::start(Kind::Redis, &tally).await, tally, plan).await,
        QueueColumn::Embedded => run(column, QueueOnDisk::start(keeper, &tally).await, tally, plan).await,
    }
}

async fn run(column: QueueColumn, queue: impl SoakedQueue, tally: Tally, plan: Plan) -> Report {
    let queue = Arc::new(queue);
    let begun = Instant::now();
    let lanes = Lanes::begin(&queue, &tally);
    let kills = plan.disturb(async || queue.crash().await).await;
    let time = begun.elapsed();
    let refused = lanes.end().await;
    let held = settle(&*queue, &tally).await;
    Report { column, time, kills, sent: tally.sent.distinct(), lost: tally.lost(), twice: tally.twice(), refused, held }
}

/// Waits for what is still to be done, and returns what the queue holds then. As long as it becomes less, it is only
/// late.
async fn settle(queue: &impl SoakedQueue, tally: &Tally) -> Held {
    let (mut least, mut until) = ((u64::MAX, usize::MAX), Instant::now() + PATIENCE);
    loop {
        let held = queue.held().await;
        let left = (tally.lost(), held.as_ref().map_or(usize::MAX, |held| held.jobs));
        // What has not come by then is lost, and the report says so.
        if left == (0, 0) || Instant::now() >= until {
            return held.expect("a queue that can be looked at");
        }
        if left.0 < least.0 || left.1 < least.1 {
            (least, until) = ((least.0.min(left.0), least.1.min(left.1)), Instant::now() + PATIENCE);
        }
        sleep(Duration::from_millis(500)).await;
    }
}

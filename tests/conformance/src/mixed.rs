//! The mixed soak: payments without end over two instances of each unit, while units, broker and store are killed,
//! frozen and cut off at random. What came of it is checked: each payment taken once, recorded once, entered in order,
//! its receipt issued once, and nothing that waits for longer than it may.
//!
//! The local disk has no column: a folder is one process's, and `soak::jobs` has that process killed.

mod check;
mod clients;
mod faults;
mod fleet;
mod jobs;
mod store;

use std::fmt;
use std::time::Duration;

use pontoon_brokers::{Broker, Kind};
use tokio::task::block_in_place;
use tokio::time::{Instant, sleep};

use crate::event_bridge::{Column, Rig};
use check::{Checked, Found};
use clients::{Clients, Paid};
use faults::Faults;
use fleet::Fleet;
use jobs::Jobs;
use store::Store;

/// How long it may take until all is settled once the faults end. Longest where JetStream waits for the acknowledgement
/// of a process that is gone, half a minute for each attempt at a message.
const BOUND: Duration = Duration::from_secs(240);

/// After how long all is looked at once more.
const LATER: Duration = Duration::from_secs(3);

/// What a run is told.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How long there are faults.
    pub time: Duration,
    /// What decides which ones, and when.
    pub seed: u64,
    /// How many payments end the process that records them.
    pub poisons: u32,
    /// How many end the process that issues their receipts.
    pub poison_jobs: u32,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The way that the events went.
    pub column: Column,
    /// What it was told.
    pub plan: Plan,
    /// How many payments were acknowledged.
    pub acknowledged: usize,
    /// How often a request was repeated, answered before or not.
    pub repeated: u64,
    /// How often each kind of fault was inflicted.
    pub faults: Vec<(&'static str, u32)>,
    /// How long it took until all was settled.
    pub settled: Duration,
    /// What should not be.
    pub problems: Vec<String>,
    /// What was done, and when.
    pub history: Vec<String>,
}

impl Report {
    /// The heading of a table of reports.
    pub const HEADING: &str = "bridge      seconds  payments  repeated  faults  settled after  seed\n\
         ----------  -------  --------  --------  ------  -------------  ----";
}

/// A line of the table.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { column, plan, acknowledged, repeated, faults, settled, .. } = self;
        let (name, seconds) = (column.to_string(), plan.time.as_secs());
        let count: u32 = faults.iter().map(|(_, count)| count).sum();
        let settled = settled.as_secs_f64();
        write!(
            f,
            "{name:<10}  {seconds:>7}  {acknowledged:>8}  {repeated:>8}  {count:>6}  {settled:>11.1} s  {}",
            plan.seed
        )?;
        faults.iter().try_for_each(|(kind, count)| write!(f, "\n            {kind}: {count}"))
    }
}

/// Runs it.
///
/// # Panics
/// There is no broker to be had.
pub async fn mixed(column: Column, program: &'static str, plan: Plan) -> Report {
    let rig = Rig::new(column, "soak_mixed", program).await;
    let redis = block_in_place(|| Broker::start(Kind::Redis).expect("a store"));
    rig.environment("kept", &[("REDIS_URL", &redis.url())]);
    let store = Store::connect(&redis.url()).await;
    let mut fleet = Fleet::start(&rig, keeps_order(column)).await;
    let clients = Clients::start(&rig, plan).await;
    let mut faults = Faults::new(plan.seed, &redis);
    let end = Instant::now() + plan.time;
    while Instant::now() < end {
        faults.inflict(&mut fleet, &rig, end).await;
    }
    faults.end(&mut fleet, &rig).await;
    let ended = Instant::now();
    let paid = clients.finish(&mut fleet, &rig, ended + BOUND).await;
    let found = Found { paid: &paid, store: &store, jobs: &Jobs::connect(&rig, &redis).await };
    let problems = settle(&found, &mut fleet, ended + BOUND, keeps_order(column)).await;
    let settled = ended.elapsed();
    let mut history = faults.history;
    if !problems.is_empty() {
        history.extend(fleet.logs());
    }
    let Paid { receipts, repeated, .. } = paid;
    let faults = faults.counts.into_iter().collect();
    Report { column, plan, acknowledged: receipts.len(), repeated, faults, settled, problems, history }
}

/// Waits until all is as it should be, until then at most; what is not by then is a problem.
async fn settle(found: &Found<'_>, fleet: &mut Fleet<'_>, until: Instant, in_order: bool) -> Vec<String> {
    let mut checked = Checked::default();
    loop {
        fleet.supervise();
        let problems = checked.problems(found, in_order).await;
        if problems.is_empty() {
            // What is sound could still happen once more.
            sleep(LATER).await;
            return Checked::default().problems(found, in_order).await;
        }
        if Instant::now() >= until {
            return problems;
        }
        sleep(Duration::from_millis(500)).await;
    }
}

/// Whether events with one key stay in order.
fn keeps_order(column: Column) -> bool {
    column != Column::Mqtt
}

//! Jobs over a broker: put in, worked on and removed, many under way at a time, against its client library alone.

use super::cpu::{Done, cost};
use crate::raw::jobs::RawJobs;
use crate::rounds::{Error, compare_costs, rate};
use crate::table::{Figure, Times};
use futures_util::stream::{self, TryStreamExt as _};
use pontoon::{Launch, Started};
use pontoon_bench::contract::{Batch, Letter};
use pontoon_bench::count::Counter;
use pontoon_bench::counter::UNDER_WAY;
use pontoon_bench::sorter::Pace;
use pontoon_bench::topology::work::{Resources, Sorting};
use pontoon_bench::{counter, sorter, topology};
use pontoon_brokers::Broker;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::time::timeout;

const ROUNDS: usize = 21;

/// How long a round of one side takes, more or less.
const ROUND: Duration = Duration::from_millis(200);

/// How many jobs show how many fit into a round.
const TRIAL: u64 = 500;

/// The size of a payload, in bytes of JSON.
const BYTES: usize = 100;

/// How long all jobs of a round may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// CPU time a job, and jobs per second: how many times as much as the other side.
const AT_MOST: Times = Times { at_most: 1.2, shown: "1.2 ×" };

pub(crate) fn figures<R: RawJobs>() -> Result<Vec<Figure>, Error> {
    let (runtime, broker) = (Runtime::new()?, Broker::configured(R::KIND).volatile().start()?);
    let sides = runtime.block_on(Sides::<R>::connect(&broker.url()))?;
    let seconds = runtime.block_on(sides.by_hand(Batch { letters: TRIAL, bytes: BYTES }))?;
    let letters = (ROUND.as_secs_f64() / seconds) as u64 + 1;
    let batch = Batch { letters, bytes: BYTES };
    let done = |clock| Done { clock, operations: letters };
    let costs = compare_costs(
        ROUNDS,
        &mut || cost(&broker, || Ok(done(runtime.block_on(sides.over_bridge(batch))?))),
        &mut || cost(&broker, || Ok(done(runtime.block_on(sides.by_hand(batch))?))),
    )?;
    runtime.block_on(sides.end())?;
    let what = format!("over {}, 100 B, 64 workers", R::NAME);
    Ok(vec![
        Figure::cpu(&format!("a job, put in and worked on {what}"), R::AGAINST, &costs, AT_MOST),
        Figure::compared(format!("jobs per second {what}"), R::AGAINST, &costs.clock, (rate, &AT_MOST)),
    ])
}

/// Both sides, connected.
struct Sides<R> {
    unit: Started<Sorting>,
    raw: R,
    /// What the unit has worked on.
    ours: Counter,
    theirs: Counter,
}

impl<R: RawJobs> Sides<R> {
    async fn connect(url: &str) -> Result<Self, Error> {
        let (ours, theirs) = (Counter::default(), Counter::default());
        let sorter = sorter::Resources { counter: ours.clone(), pace: Pace::Busy };
        let resources = Resources { counter: counter::Resources, sorter };
        let launch = Launch::<Sorting>::new(resources).environment(R::ENVIRONMENT).variables([(R::ADDRESS, url)]);
        let unit = launch.start().await.map_err(|error| error.to_string())?;
        let raw = R::connect(url).await?;
        raw.work(theirs.clone()).await?;
        Ok(Self { unit, raw, ours, theirs })
    }

    /// Seconds a job over the bridge.
    async fn over_bridge(&self, batch: Batch) -> Result<f64, Error> {
        let client = self.unit.client();
        let hand_in = async move { Ok(client.invoke(topology::counter::HandIn, batch).await?) };
        follow(hand_in, batch.letters, &self.ours).await
    }

    /// Seconds a job by the client library alone.
    async fn by_hand(&self, batch: Batch) -> Result<f64, Error> {
        let raw = self.raw.clone();
        let hand_in = async move {
            let letters = stream::iter((0..batch.letters).map(|number| Ok(Letter::new(number, batch.bytes))));
            letters.try_for_each_concurrent(UNDER_WAY, |letter| raw.enqueue(letter)).await
        };
        follow(hand_in, batch.letters, &self.theirs).await
    }

    async fn end(self) -> Result<(), Error> {
        self.unit.shutdown().await?;
        self.raw.close().await
    }
}

/// Seconds a job, until the last one is worked on.
async fn follow(
    hand_in: impl Future<Output = Result<(), Error>> + Send + 'static,
    letters: u64,
    counter: &Counter,
) -> Result<f64, Error> {
    counter.expect(letters);
    let start = Instant::now();
    tokio::spawn(hand_in).await??;
    timeout(PATIENCE, counter.until_all()).await?;
    Ok(start.elapsed().as_secs_f64() / letters as f64)
}

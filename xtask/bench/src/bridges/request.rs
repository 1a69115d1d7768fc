//! Requests: one after the other, and many at a time.

use super::cpu::{Done, cost};
use super::{Bridge, SIZES};
use crate::raw::{Limits, Raw, TALKING};
use crate::rounds::{Cost, Error, compare_costs, median, rate, shown};
use crate::table::Figure;
use futures_util::future::try_join_all;
use pontoon::Client;
use pontoon::client::Remote;
use pontoon_bench::contract::Letter;
use pontoon_bench::topology::apart::desk::{Desk, Resources};
use pontoon_bench::{desk, topology};
use pontoon_brokers::Broker;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const ROUNDS: usize = 41;

/// How long one side asks in a round.
const ROUND: Duration = Duration::from_millis(80);

/// How many ask at a time.
const IN_FLIGHT: usize = 64;

/// Somebody who asks.
pub(super) trait Asks: Clone + Send + Sync + 'static {
    /// Sends a letter and waits for the answer.
    fn ask(&self, letter: Letter) -> impl Future<Output = Result<Letter, Error>> + Send;
}

#[derive(Clone)]
struct ByHand<R>(R);

impl<R: Raw> Asks for ByHand<R> {
    async fn ask(&self, letter: Letter) -> Result<Letter, Error> {
        self.0.ask(letter).await
    }
}

#[derive(Clone)]
struct OverBridge(Client<Remote>);

impl Asks for OverBridge {
    async fn ask(&self, letter: Letter) -> Result<Letter, Error> {
        Ok(self.0.invoke(topology::desk::Answer, letter).await?)
    }
}

pub(crate) fn figures<R: Raw>() -> Result<Vec<Figure>, Error> {
    let bridge: Bridge = R::BRIDGE;
    let (runtime, broker) = (Runtime::new()?, bridge.broker()?);
    let url = &*broker.url();
    let (unit, server, client, raw) = runtime.block_on(async {
        let unit = bridge.start::<Desk>(url, Resources { desk: desk::Resources }).await?;
        let server = R::connect(url).await?;
        server.serve().await?;
        Ok::<_, Error>((unit, server, bridge.caller("bench", url).await?, R::connect(url).await?))
    })?;

    let sides = Sides { runtime, broker };
    let mut figures = Vec::new();
    for (raw, against, limits) in [(&raw, R::ASKS, R::LIMITS), (&raw.talkative(), TALKING, Limits::REPORTED)] {
        let (ours, theirs) = (OverBridge(client.clone()), ByHand(raw.clone()));
        for (bytes, size) in SIZES {
            let costs =
                compare_costs(ROUNDS, &mut || sides.in_turn(&ours, bytes), &mut || sides.in_turn(&theirs, bytes))?;
            let what = format!("a request over {}, {size}, sequential", bridge.name);
            figures.push(Figure::cpu(&what, against, &costs, limits.one_at_a_time));
            figures.push(Figure::clock(format!("p50 of {what}"), against, &costs.clock, shown));
        }
        for (bytes, size) in SIZES {
            let costs =
                compare_costs(ROUNDS, &mut || sides.at_a_time(&ours, bytes), &mut || sides.at_a_time(&theirs, bytes))?;
            let what = format!("over {}, {size}, {IN_FLIGHT} in flight", bridge.name);
            figures.push(Figure::cpu(&format!("a request {what}"), against, &costs, limits.in_flight));
            figures.push(Figure::clock(format!("requests per second {what}"), against, &costs.clock, rate));
        }
    }
    let Sides { runtime, broker: _broker } = sides;
    runtime.block_on(async {
        client.close().await;
        unit.shutdown().await?;
        raw.close().await?;
        server.close().await
    })?;
    Ok(figures)
}

/// Asks again and again; how long each answer took, in seconds.
pub(super) async fn in_turn<A: Asks>(asks: A, bytes: usize, time: Duration) -> Result<Vec<f64>, Error> {
    let (start, mut latencies) = (Instant::now(), Vec::new());
    let mut before = start;
    while before - start < time {
        let letter = Letter::new(latencies.len() as u64, bytes);
        let begun = Instant::now();
        asks.ask(letter).await?;
        before = Instant::now();
        latencies.push((before - begun).as_secs_f64());
    }
    Ok(latencies)
}

/// What both sides run on.
struct Sides {
    runtime: Runtime,
    broker: Broker,
}

impl Sides {
    /// One request after the other: the median by the clock.
    fn in_turn<A: Asks>(&self, asks: &A, bytes: usize) -> Result<Cost, Error> {
        cost(&self.broker, || {
            let latencies = self.runtime.block_on(self.runtime.spawn(in_turn(asks.clone(), bytes, ROUND)))??;
            Ok(Done { operations: latencies.len() as u64, clock: median(latencies) })
        })
    }

    /// Many requests at a time.
    fn at_a_time<A: Asks>(&self, asks: &A, bytes: usize) -> Result<Cost, Error> {
        cost(&self.broker, || self.runtime.block_on(at_a_time(asks, bytes)))
    }
}

/// Has many ask at a time: seconds an answer.
async fn at_a_time<A: Asks>(asks: &A, bytes: usize) -> Result<Done, Error> {
    let start = Instant::now();
    let each = (0..IN_FLIGHT).map(|_| tokio::spawn(in_turn(asks.clone(), bytes, ROUND)));
    let mut operations = 0;
    for latencies in try_join_all(each).await? {
        operations += latencies?.len() as u64;
    }
    Ok(Done { clock: start.elapsed().as_secs_f64() / operations as f64, operations })
}

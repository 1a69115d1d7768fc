//! Events: until the broker has confirmed them, and until they are handled and acknowledged, many under way at a time.

use super::cpu::{Done, cost};
use super::{Bridge, SIZES};
use crate::raw::{Limits, Raw, TALKING};
use crate::rounds::{Error, compare_costs, rate};
use crate::table::Figure;
use futures_util::stream::{self, TryStreamExt as _};
use pontoon::Started;
use pontoon_bench::contract::{Batch, Letter};
use pontoon_bench::count::Counter;
use pontoon_bench::desk::UNDER_WAY;
use pontoon_bench::topology::apart::desk::Desk;
use pontoon_bench::topology::apart::ear::Ear;
use pontoon_bench::{desk, ear, topology};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::time::timeout;

const ROUNDS: usize = 31;

/// How long a round of one side takes, more or less.
const ROUND: Duration = Duration::from_millis(150);

/// How many events show how many fit into a round.
const TRIAL: u64 = 500;

/// How long all events of a round may take to arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// Until when an event is followed.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Until {
    Confirmed,
    Handled,
}

/// Events until they are confirmed.
pub(crate) fn published<R: Raw>() -> Result<Vec<Figure>, Error> {
    figures::<R>(Until::Confirmed)
}

/// Events until they are handled and acknowledged.
pub(crate) fn handled<R: Raw>() -> Result<Vec<Figure>, Error> {
    figures::<R>(Until::Handled)
}

fn figures<R: Raw>(until: Until) -> Result<Vec<Figure>, Error> {
    let bridge: Bridge = R::BRIDGE;
    let (runtime, broker) = (Runtime::new()?, bridge.broker()?);
    // Where nobody listens, MQTT keeps nothing, and a bridge does not publish what would be lost.
    let is_heard = until == Until::Handled || !R::KEEPS;
    let sides = runtime.block_on(Sides::<R>::connect(&broker.url(), is_heard))?;
    let (one, many, against) = match until {
        Until::Confirmed => ("a confirmed publish", "confirmed publishes per second", R::CONFIRMED),
        Until::Handled => ("publish → handled → acked", "publish → handled → acked per second", R::CONSUMES),
    };

    let mut figures = Vec::new();
    for (talks, against, limits) in [(false, against, R::LIMITS), (true, TALKING, Limits::REPORTED)] {
        let limit = if until == Until::Handled { limits.handled } else { limits.confirmed };
        for (bytes, size) in SIZES {
            let by_hand = |batch| runtime.block_on(sides.by_hand(batch, until, talks));
            let letters = (ROUND.as_secs_f64() / by_hand(Batch { letters: TRIAL, bytes })?) as u64 + 1;
            let batch = Batch { letters, bytes };
            let done = |clock| Done { clock, operations: letters };
            let costs = compare_costs(
                ROUNDS,
                &mut || cost(&broker, || Ok(done(runtime.block_on(sides.over_bridge(batch, until))?))),
                &mut || cost(&broker, || Ok(done(by_hand(batch)?))),
            )?;
            let what = format!("over {}, {size}, pipelined", bridge.name);
            figures.push(Figure::cpu(&format!("{one} {what}"), against, &costs, limit));
            figures.push(Figure::clock(format!("{many} {what}"), against, &costs.clock, rate));
        }
    }
    runtime.block_on(sides.end())?;
    Ok(figures)
}

/// Both sides, connected.
struct Sides<R> {
    desk: Started<Desk>,
    raw: R,
    heard: Option<Heard<R>>,
}

/// Those who hear the events of both sides.
struct Heard<R> {
    ear: Started<Ear>,
    raw: R,
    /// What the unit has heard.
    ours: Counter,
    theirs: Counter,
}

impl<R: Raw> Sides<R> {
    async fn connect(url: &str, is_heard: bool) -> Result<Self, Error> {
        let mut heard = None;
        if is_heard {
            let (ours, theirs) = (Counter::default(), Counter::default());
            let resources = topology::apart::ear::Resources { ear: ear::Resources { counter: ours.clone() } };
            let (ear, raw) = (R::BRIDGE.start(url, resources).await?, R::connect(url).await?);
            raw.consume(theirs.clone()).await?;
            heard = Some(Heard { ear, raw, ours, theirs });
        }
        let desk = R::BRIDGE.start(url, topology::apart::desk::Resources { desk: desk::Resources }).await?;
        Ok(Self { desk, raw: R::connect(url).await?, heard })
    }

    /// Seconds an event of the unit.
    async fn over_bridge(&self, batch: Batch, until: Until) -> Result<f64, Error> {
        let client = self.desk.client();
        let post = async move { Ok(client.invoke(topology::desk::Post, batch).await?) };
        self.follow(post, batch.letters, until, |heard| &heard.ours).await
    }

    /// Seconds an event by the client library alone.
    async fn by_hand(&self, batch: Batch, until: Until, talks: bool) -> Result<f64, Error> {
        let raw = if talks { self.raw.talkative() } else { self.raw.clone() };
        let post = async move {
            let letters = stream::iter((0..batch.letters).map(|number| Ok(Letter::new(number, batch.bytes))));
            letters.try_for_each_concurrent(UNDER_WAY, |letter| raw.publish(letter)).await
        };
        self.follow(post, batch.letters, until, |heard| &heard.theirs).await
    }

    async fn follow(
        &self,
        post: impl Future<Output = Result<(), Error>> + Send + 'static,
        letters: u64,
        until: Until,
        counter: impl FnOnce(&Heard<R>) -> &Counter,
    ) -> Result<f64, Error> {
        let counter = self.heard.as_ref().map(counter);
        if let Some(counter) = counter {
            counter.expect(letters);
        }
        let start = Instant::now();
        tokio::spawn(post).await??;
        let confirmed = start.elapsed();
        match counter {
            Some(counter) => timeout(PATIENCE, counter.until_all()).await?,
            None => self.raw.empty().await?,
        }
        let took = if until == Until::Handled { start.elapsed() } else { confirmed };
        Ok(took.as_secs_f64() / letters as f64)
    }

    async fn end(self) -> Result<(), Error> {
        self.desk.shutdown().await?;
        if let Some(Heard { ear, raw, .. }) = self.heard {
            ear.shutdown().await?;
            raw.close().await?;
        }
        self.raw.close().await
    }
}

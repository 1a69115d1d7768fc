//! Ten services in a chain, driven from outside: in one unit, and with a unit each.

use super::NATS;
use super::request::{Asks, in_turn};
use super::units::{Launcher, Units};
use crate::cargo;
use crate::rounds::{Error, compare, median, shown};
use crate::table::{Figure, Times};
use pontoon::Client;
use pontoon::client::Remote;
use pontoon_bench::contract::Letter;
use pontoon_bench::topology;
use std::time::Duration;
use tokio::runtime::Runtime;

const AT_MOST: Times = Times { at_most: 1.3, shown: "1.3 ×" };
const ROUNDS: usize = 41;

/// How long one side asks in a round.
const ROUND: Duration = Duration::from_millis(80);

/// How long the whole chain is asked for what is only reported.
const REPORT: Duration = Duration::from_secs(3);

/// In bytes of JSON.
const LETTER: usize = 100;

const LINKS: [&str; 10] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

#[derive(Clone)]
struct First(Client<Remote>);

impl Asks for First {
    async fn ask(&self, letter: Letter) -> Result<Letter, Error> {
        Ok(self.0.invoke(topology::one::Pass, letter).await?)
    }
}

#[derive(Clone)]
struct Last(Client<Remote>);

impl Asks for Last {
    async fn ask(&self, letter: Letter) -> Result<Letter, Error> {
        Ok(self.0.invoke(topology::ten::Pass, letter).await?)
    }
}

/// Asks the whole chain: median, 99th percentile and CPU of a request.
fn report(units: &Units, runtime: &Runtime) -> Result<String, Error> {
    let before = units.cpu()?;
    let asking = in_turn(First(units.client.clone()), LETTER, REPORT);
    let mut latencies = runtime.block_on(runtime.spawn(asking))??;
    let cpu = (units.cpu()? - before) / latencies.len() as f64;
    latencies.sort_by(f64::total_cmp);
    let p99 = latencies[latencies.len() * 99 / 100];
    Ok(format!("{}, p99 {}, CPU {}", shown(median(latencies)), shown(p99), shown(cpu)))
}

pub(crate) fn figures() -> Result<Vec<Figure>, Error> {
    let (runtime, program) = (Runtime::new()?, cargo::built("pontoon-bench", "unit")?);
    let launcher = Launcher { bridge: NATS, topology: "bench", program: &program, runtime: &runtime };
    let (alone, together) = (launcher.start(&["ten"])?, launcher.start(&["chain"])?);
    let compared = compare(
        ROUNDS,
        &mut || {
            Ok(median(runtime.block_on(runtime.spawn(in_turn(First(together.client.clone()), LETTER, ROUND)))??))
        },
        &mut || Ok(median(runtime.block_on(runtime.spawn(in_turn(Last(alone.client.clone()), LETTER, ROUND)))??)),
    )?;
    let apart = launcher.start(&LINKS)?;
    let reported =
        |what: &'static str, measured| Figure { what: what.into(), against: "", measured, at_most: "", within: true };
    Ok(vec![
        Figure::compared(
            "p50 of a request to ten services in a chain over NATS, all ten in one unit",
            "one hop alone",
            &compared,
            (shown, &AT_MOST),
        ),
        reported("the same, with what it takes of the unit", report(&together, &runtime)?),
        reported("the same chain with a unit each", report(&apart, &runtime)?),
    ])
}

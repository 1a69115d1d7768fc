//! Ten services in a chain, driven from outside: in one unit, and with a unit each.

use super::request::{Asks, in_turn};
use super::{Bridge, NATS};
use crate::cargo;
use crate::process::Process;
use crate::rounds::{Error, compare, median, shown};
use crate::table::{Figure, Times};
use pontoon::Client;
use pontoon::client::Remote;
use pontoon_bench::contract::Letter;
use pontoon_bench::topology;
use pontoon_brokers::Broker;
use std::path::Path;
use std::process::Command;
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

const BRIDGE: Bridge = NATS;

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

/// Some of the chain's units as processes, on a broker of their own.
struct Units {
    processes: Vec<Process>,
    client: Client<Remote>,
    _broker: Broker,
}

impl Units {
    fn start(runtime: &Runtime, program: &Path, names: &[&str]) -> Result<Self, Error> {
        let broker = BRIDGE.broker()?;
        let url = broker.url();
        let start = |name: &&str| Process::start(BRIDGE.unit(&mut Command::new(program), &url).arg(name));
        let processes = names.iter().map(start).collect::<Result<_, _>>()?;
        Ok(Self { processes, client: runtime.block_on(BRIDGE.caller(&url))?, _broker: broker })
    }

    /// CPU time of all of them so far, in seconds.
    fn cpu(&self) -> Result<f64, Error> {
        self.processes.iter().map(Process::cpu).sum()
    }

    /// Asks the whole chain: median, 99th percentile and CPU of a request.
    fn report(&self, runtime: &Runtime) -> Result<String, Error> {
        let before = self.cpu()?;
        let asking = in_turn(First(self.client.clone()), LETTER, REPORT);
        let mut latencies = runtime.block_on(runtime.spawn(asking))??;
        let cpu = (self.cpu()? - before) / latencies.len() as f64;
        latencies.sort_by(f64::total_cmp);
        let p99 = latencies[latencies.len() * 99 / 100];
        Ok(format!("{}, p99 {}, CPU {}", shown(median(latencies)), shown(p99), shown(cpu)))
    }
}

pub(crate) fn figures() -> Result<Vec<Figure>, Error> {
    let (runtime, program) = (Runtime::new()?, cargo::built("pontoon-bench", "unit")?);
    let start = |names: &[&str]| Units::start(&runtime, &program, names);
    let (alone, together) = (start(&["ten"])?, start(&["chain"])?);
    let compared = compare(
        ROUNDS,
        &mut || {
            Ok(median(runtime.block_on(runtime.spawn(in_turn(First(together.client.clone()), LETTER, ROUND)))??))
        },
        &mut || Ok(median(runtime.block_on(runtime.spawn(in_turn(Last(alone.client.clone()), LETTER, ROUND)))??)),
    )?;
    let apart = start(&LINKS)?;
    let reported =
        |what: &'static str, measured| Figure { what: what.into(), against: "", measured, at_most: "", within: true };
    Ok(vec![
        Figure::compared(
            "p50 of a request to ten services in a chain over NATS, all ten in one unit",
            "one hop alone",
            &compared,
            (shown, &AT_MOST),
        ),
        reported("the same, with what it takes of the unit", together.report(&runtime)?),
        reported("the same chain with a unit each", apart.report(&runtime)?),
    ])
}

//! A unit in a process of its own, without a log: `unit NAME`, or `unit hoard JOBS`. It says that it is ready, and runs
//! until it is ended.

use pontoon::Launch;
use pontoon::generated::Unit;
use pontoon_bench::contract::Batch;
use pontoon_bench::count::Counter;
use pontoon_bench::sorter::Pace;
use pontoon_bench::topology::{self, chain, links, whole, work};
use pontoon_bench::{chain as services, counter, desk, ear, sorter};

#[tokio::main]
async fn main() -> pontoon::Result<()> {
    match std::env::args().nth(1).as_deref().unwrap_or_default() {
        "office" => {
            let ear = ear::Resources { counter: Counter::default() };
            run::<whole::office::Office>(whole::office::Resources { desk: desk::Resources, ear }).await
        }
        "chain" => {
            run::<chain::whole::Whole>(chain::whole::Resources {
                one: services::one::Resources,
                two: services::two::Resources,
                three: services::three::Resources,
                four: services::four::Resources,
                five: services::five::Resources,
                six: services::six::Resources,
                seven: services::seven::Resources,
                eight: services::eight::Resources,
                nine: services::nine::Resources,
                ten: services::ten::Resources,
            })
            .await
        }
        "one" => run::<links::one::One>(links::one::Resources { one: services::one::Resources }).await,
        "two" => run::<links::two::Two>(links::two::Resources { two: services::two::Resources }).await,
        "three" => run::<links::three::Three>(links::three::Resources { three: services::three::Resources }).await,
        "four" => run::<links::four::Four>(links::four::Resources { four: services::four::Resources }).await,
        "five" => run::<links::five::Five>(links::five::Resources { five: services::five::Resources }).await,
        "six" => run::<links::six::Six>(links::six::Resources { six: services::six::Resources }).await,
        "seven" => run::<links::seven::Seven>(links::seven::Resources { seven: services::seven::Resources }).await,
        "eight" => run::<links::eight::Eight>(links::eight::Resources { eight: services::eight::Resources }).await,
        "nine" => run::<links::nine::Nine>(links::nine::Resources { nine: services::nine::Resources }).await,
        "ten" => run::<links::ten::Ten>(links::ten::Resources { ten: services::ten::Resources }).await,
        "hoard" => hoard(std::env::args().nth(2).and_then(|letters| letters.parse().ok()).unwrap_or_default()).await,
        other => Err(pontoon::Error::fault(format!("there is no unit `{other}`"))),
    }
}

/// A unit with so many jobs more, on which nobody works.
async fn hoard(letters: u64) -> pontoon::Result<()> {
    let sorter = sorter::Resources { counter: Counter::default(), pace: Pace::Idle };
    let resources = work::Resources { counter: counter::Resources, sorter };
    let started = Launch::<work::Sorting>::new(resources).start().await?;
    started.client().invoke(topology::counter::HandIn, Batch { letters, bytes: 100 }).await?;
    eprintln!("ready");
    tokio::signal::ctrl_c().await?;
    Ok(started.shutdown().await?)
}

async fn run<U: Unit>(resources: U::Resources) -> pontoon::Result<()> {
    let started = Launch::<U>::new(resources).start().await?;
    eprintln!("ready");
    tokio::signal::ctrl_c().await?;
    Ok(started.shutdown().await?)
}

//! A local invoke, as it is generated, against the same two handlers called by hand; and what a time-out and a subscriber
//! of spans add to it.

use crate::cargo;
use crate::rounds::{Error, medians};
use crate::table::Figure;
use pontoon::Client;
use pontoon_bench::contract::{Answer, Question};
use pontoon_bench::count::Counter;
use pontoon_bench::topology::monolith::Monolith;
use pontoon_bench::{by_hand, start, topology};
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;
use tokio::runtime::{Builder, Runtime};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const CALLS: u32 = 100_000;
const ROUNDS: usize = 31;

pub(crate) fn figures() -> Result<Vec<Figure>, Error> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let monolith = runtime.block_on(start(&Counter::default()))?;
    let client = monolith.client();
    let outer = by_hand::Outer { inner: by_hand::Inner };

    let [bare, hand, in_time, seen] = medians(
        ROUNDS,
        [
            &mut || invoke(&runtime, &client),
            &mut || call(&runtime, &outer),
            &mut || invoke_in_time(&runtime, &client),
            &mut || {
                let seen = tracing::subscriber::with_default(DropsAll, || invoke(&runtime, &client));
                // Without this the next round would still ask whether somebody is interested.
                tracing::callsite::rebuild_interest_cache();
                seen
            },
        ],
    )?;
    runtime.block_on(monolith.shutdown())?;

    Ok(vec![
        Figure {
            what: "generated local invoke (client → handler → handler), no policy, no span subscriber",
            against: "the same two handlers called by hand",
            measured: format!("{bare:.1} ns ({hand:.1} ns by hand)"),
            at_most: "1.2 × + 10 ns",
            within: bare <= 1.2 * hand + 10.0,
        },
        Figure {
            what: "the same with a time-out",
            against: "the bare call",
            measured: format!("{:+.1} ns", in_time - bare),
            at_most: "+ 150 ns",
            within: in_time <= bare + 150.0,
        },
        Figure {
            what: "the same with a span subscriber that drops all",
            against: "the bare call",
            measured: format!("{:+.1} ns", seen - bare),
            at_most: "+ 300 ns",
            within: seen <= bare + 300.0,
        },
    ])
}

/// Allocations that a local invoke adds, counted by a program with an allocator that counts.
pub(crate) fn allocations() -> Result<Vec<Figure>, Error> {
    let output = Command::new(cargo::built("pontoon-bench", "allocations")?).output()?;
    let text = String::from_utf8(output.stdout)?;
    let counts = text.trim().split_once(' ').ok_or("two counts were expected")?;
    let (invoked, called): (u64, u64) = (counts.0.parse()?, counts.1.parse()?);
    let added = invoked.saturating_sub(called);
    Ok(vec![Figure {
        what: "allocations added by a local invoke without policies",
        against: "the same two handlers called by hand",
        measured: format!("{added} in 1,000 calls"),
        at_most: "0",
        within: added == 0,
    }])
}

/// Nanoseconds of one call, over many.
fn each<F: Future<Output = Result<Answer, Error>>>(
    runtime: &Runtime,
    call: impl Fn(Question) -> F,
) -> Result<f64, Error> {
    runtime.block_on(async {
        let start = Instant::now();
        for number in 0..CALLS {
            let question = Question { number: black_box(number.into()) };
            black_box(call(question).await?);
        }
        Ok(start.elapsed().as_nanos() as f64 / f64::from(CALLS))
    })
}

fn invoke(runtime: &Runtime, client: &Client<Monolith>) -> Result<f64, Error> {
    each(runtime, async |question| Ok(client.invoke(topology::front::Outer, question).await?))
}

fn invoke_in_time(runtime: &Runtime, client: &Client<Monolith>) -> Result<f64, Error> {
    each(runtime, async |question| Ok(client.invoke(topology::front::OuterInTime, question).await?))
}

fn call(runtime: &Runtime, outer: &by_hand::Outer) -> Result<f64, Error> {
    each(runtime, async |question| outer.handle(question).await.map_err(|error| error.to_string().into()))
}

/// A subscriber that wants every span and every event, and keeps nothing.
struct DropsAll;

impl Subscriber for DropsAll {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

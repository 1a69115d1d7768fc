//! A local invoke, as it is generated, against the same two handlers called by hand; and what a time-out and a
//! subscriber of spans add to it.

use crate::cargo;
use crate::rounds::{Error, medians};
use crate::table::Figure;
use pontoon::Client;
use pontoon::client::Local;
use pontoon_bench::contract::{Answer, Calls, Question};
use pontoon_bench::count::Counter;
use pontoon_bench::topology::monolith::Monolith;
use pontoon_bench::{by_hand, deep, start, topology};
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;
use tokio::runtime::{Builder, Runtime};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const CALLS: u64 = 100_000;
const ROUNDS: usize = 31;

pub(crate) fn figures() -> Result<Vec<Figure>, Error> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let monolith = runtime.block_on(start(&Counter::default()))?;
    let client = monolith.client();
    let by_hand = by_hand::Drive { outer: by_hand::Outer { inner: by_hand::Inner } };

    let calls = || Calls { calls: CALLS };
    let bare = || each(&runtime, async || Ok(client.invoke(topology::front::Drive, calls()).await?));
    let mut plain = bare;
    let mut in_time = || each(&runtime, async || Ok(client.invoke(topology::front::DriveInTime, calls()).await?));
    let mut hand = || each(&runtime, async || by_hand.handle(calls()).await.map_err(|error| error.to_string().into()));
    let mut outside = || each(&runtime, async || from_outside(&client).await);
    let ten_by_hand = deep::by_hand::Drive::default();
    let mut ten = || each(&runtime, async || Ok(client.invoke(topology::deep::Drive, calls()).await?));
    let mut ten_hand =
        || each(&runtime, async || ten_by_hand.handle(calls()).await.map_err(|error| error.to_string().into()));
    let things: &mut [&mut dyn FnMut() -> _; 6] =
        &mut [&mut plain, &mut in_time, &mut hand, &mut outside, &mut ten, &mut ten_hand];
    let [plain, in_time, hand, outside, ten, ten_hand] = medians(ROUNDS, things)?;
    let question = || Question { number: 0 };
    let two_levels = size_of_val(&client.invoke(topology::deep::Nine, question()));
    let a_level = (size_of_val(&client.invoke(topology::deep::One, question())) - two_levels) / 8;
    // Only now: a process that has had a subscriber asks about spans ever after.
    let timed = || each(&runtime, async || Ok(client.invoke(topology::front::DriveInTime, calls()).await?));
    let mut seen = || tracing::subscriber::with_default(DropsAll, timed);
    let [seen] = medians(ROUNDS, &mut [&mut seen])?;
    runtime.block_on(monolith.shutdown())?;

    Ok(vec![
        Figure {
            what: "generated local invoke of a handler that invokes another, no policy, no span subscriber".into(),
            against: "the same two handlers called by hand",
            measured: format!("{plain:.1} ns ({hand:.1} ns by hand)"),
            at_most: "1.2 × + 5 ns",
            within: plain <= 1.2 * hand + 5.0,
        },
        Figure {
            what: "the same, ten levels deep".into(),
            against: "the same ten handlers called by hand",
            measured: format!("{ten:.1} ns ({ten_hand:.1} ns by hand)"),
            at_most: "1.2 × + 3 ns a level",
            within: ten <= 1.2 * ten_hand + 10.0 * 3.0,
        },
        Figure {
            what: "what its future grows by with each level".into(),
            against: "",
            measured: format!("{a_level} bytes"),
            at_most: "64 bytes",
            within: a_level <= 64,
        },
        Figure {
            what: "the same from outside, each call by the typed client".into(),
            against: "",
            measured: format!("{outside:.1} ns"),
            at_most: "",
            within: true,
        },
        Figure {
            what: "the same with a time-out".into(),
            against: "the bare call",
            measured: format!("{:+.1} ns", in_time - plain),
            at_most: "+ 60 ns",
            within: in_time <= plain + 60.0,
        },
        Figure {
            what: "the same with a time-out, hence a span, and a subscriber that drops all".into(),
            against: "the call with a time-out",
            measured: format!("{:+.1} ns", seen - in_time),
            at_most: "+ 120 ns",
            within: seen <= in_time + 120.0,
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
        what: "allocations added by a local invoke without policies".into(),
        against: "the same two handlers called by hand",
        measured: format!("{added} in 1,000 calls"),
        at_most: "0",
        within: added == 0,
    }])
}

/// Nanoseconds of one call, over many.
fn each(runtime: &Runtime, calls: impl AsyncFnOnce() -> Result<Answer, Error>) -> Result<f64, Error> {
    let start = Instant::now();
    black_box(runtime.block_on(calls())?);
    Ok(start.elapsed().as_nanos() as f64 / CALLS as f64)
}

/// The same calls, each by the client.
async fn from_outside(client: &Client<Local<Monolith>>) -> Result<Answer, Error> {
    let mut number = 0;
    for call in 0..CALLS {
        let question = Question { number: black_box(call) };
        number ^= black_box(client.invoke(topology::front::Outer, question).await?).number;
    }
    Ok(Answer { number })
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

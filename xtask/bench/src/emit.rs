//! Events from an emit to their subscription, in memory, against a raw bounded channel of tokio with the same payloads,
//! each in an `Arc`, as several may hear it.

use crate::rounds::{Error, compare, shown};
use crate::table::{Figure, Times};
use pontoon_bench::contract::{Letter, Notes};
use pontoon_bench::count::Counter;
use pontoon_bench::{start, topology};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

const EVENTS: u64 = 100_000;
const ROUNDS: usize = 11;
const LIMIT: Times = Times { at_most: 1.7, shown: "1.7 ×" };
/// What a subscription holds where its `bound` is not given.
const BOUND: usize = 1024;

pub(crate) fn figures() -> Result<Vec<Figure>, Error> {
    let runtime = Runtime::new()?;
    let counter = Counter::new(EVENTS);
    let monolith = runtime.block_on(start(&counter))?;
    let mut figures = Vec::new();
    for (bytes, what) in [(100, "emit → subscription, in memory, 100 B"), (10_000, "the same, 10 kB")] {
        // Both sides run in a task, so that sender and receiver have the same threads to share.
        let mut emitted = || {
            let (client, counter) = (monolith.client(), counter.clone());
            timed(&runtime, async move {
                client.invoke(topology::front::Note, Notes { events: EVENTS, bytes }).await?;
                counter.until_all().await;
                Ok(())
            })
        };
        let mut raw = || timed(&runtime, through_a_channel(bytes));
        let compared = compare(ROUNDS, &mut emitted, &mut raw)?;
        let against = "a raw bounded tokio channel of the same payloads, each in an `Arc`";
        figures.push(Figure::compared(what, against, &compared, (shown, &LIMIT)));
    }
    runtime.block_on(monolith.shutdown())?;
    Ok(figures)
}

/// Seconds an event.
fn timed(runtime: &Runtime, work: impl Future<Output = Result<(), Error>> + Send + 'static) -> Result<f64, Error> {
    let start = Instant::now();
    runtime.block_on(runtime.spawn(work))??;
    Ok(start.elapsed().as_secs_f64() / EVENTS as f64)
}

async fn through_a_channel(bytes: usize) -> Result<(), Error> {
    let counter = Counter::new(EVENTS);
    let (sender, mut receiver) = mpsc::channel::<Arc<Letter>>(BOUND);
    let subscription = tokio::spawn({
        let counter = counter.clone();
        async move {
            while let Some(noted) = receiver.recv().await {
                counter.count(&*noted);
            }
        }
    });
    for number in 0..EVENTS {
        sender.send(Arc::new(Letter::new(number, bytes))).await?;
    }
    counter.until_all().await;
    drop(sender);
    Ok(subscription.await?)
}

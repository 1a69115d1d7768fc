//! Events from an emit to their subscription, in memory, against a raw bounded channel of tokio with the same payloads.

use crate::rounds::{Error, medians, shown};
use crate::table::Figure;
use pontoon_bench::contract::{Noted, Notes};
use pontoon_bench::count::Counter;
use pontoon_bench::{start, topology};
use std::time::Instant;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

const EVENTS: u64 = 100_000;
const ROUNDS: usize = 11;
/// What a subscription holds where its `bound` is not given.
const BOUND: usize = 1024;

pub(crate) fn figures() -> Result<Vec<Figure>, Error> {
    let runtime = Runtime::new()?;
    let counter = Counter::new(EVENTS);
    let monolith = runtime.block_on(start(&counter))?;

    // Both sides run in a task, so that sender and receiver have the same threads to share.
    let mut emitted = || {
        let (client, counter) = (monolith.client(), counter.clone());
        timed(&runtime, async move {
            client.invoke(topology::front::Note, Notes { events: EVENTS }).await?;
            counter.until_all().await;
            Ok(())
        })
    };
    let mut raw = || timed(&runtime, through_a_channel());
    let [ours, theirs] = medians(ROUNDS, &mut [&mut emitted, &mut raw])?;
    runtime.block_on(monolith.shutdown())?;

    Ok(vec![Figure {
        what: "emit → subscription, in memory".into(),
        against: "a raw bounded tokio channel of the same payloads",
        measured: format!("{:.2} × ({}, {})", ours / theirs, shown(ours), shown(theirs)),
        at_most: "2 ×",
        within: ours <= 2.0 * theirs,
    }])
}

/// Seconds an event.
fn timed(runtime: &Runtime, work: impl Future<Output = Result<(), Error>> + Send + 'static) -> Result<f64, Error> {
    let start = Instant::now();
    runtime.block_on(runtime.spawn(work))??;
    Ok(start.elapsed().as_secs_f64() / EVENTS as f64)
}

async fn through_a_channel() -> Result<(), Error> {
    let counter = Counter::new(EVENTS);
    let (sender, mut receiver) = mpsc::channel::<Noted>(BOUND);
    let subscription = tokio::spawn({
        let counter = counter.clone();
        async move {
            while let Some(noted) = receiver.recv().await {
                counter.count(&noted);
            }
        }
    });
    for number in 0..EVENTS {
        sender.send(Noted::new(number)).await?;
    }
    counter.until_all().await;
    drop(sender);
    Ok(subscription.await?)
}

//! From the start of a unit to its being ready, against connecting and declaring the same by hand.

use super::Bridge;
use crate::raw::Raw;
use crate::rounds::{Error, compare, shown};
use crate::table::{Figure, Times};
use pontoon_bench::count::Counter;
use pontoon_bench::topology::whole::office::{Office, Resources};
use pontoon_bench::{desk, ear};
use std::time::Instant;
use tokio::runtime::Runtime;

const AT_MOST: Times = Times { at_most: 1.5, shown: "1.5 ×" };
const ROUNDS: usize = 31;

pub(crate) fn figures<R: Raw>() -> Result<Vec<Figure>, Error> {
    let bridge: Bridge = R::BRIDGE;
    let (runtime, broker) = (Runtime::new()?, bridge.broker()?);
    let url = broker.url();
    let compared =
        compare(ROUNDS, &mut || runtime.block_on(unit(bridge, &url)), &mut || runtime.block_on(by_hand::<R>(&url)))?;
    let what = format!("start to ready over {}, the broker up", bridge.name);
    Ok(vec![Figure::compared(what, "connect and declare by hand", &compared, (shown, &AT_MOST))])
}

/// A unit that answers requests, publishes an event and listens to it.
async fn unit(bridge: Bridge, url: &str) -> Result<f64, Error> {
    let resources = Resources { desk: desk::Resources, ear: ear::Resources { counter: Counter::default() } };
    let start = Instant::now();
    let unit = bridge.start::<Office>(url, resources).await?;
    let took = start.elapsed();
    unit.shutdown().await?;
    Ok(took.as_secs_f64())
}

async fn by_hand<R: Raw>(url: &str) -> Result<f64, Error> {
    let start = Instant::now();
    let raw = R::connect(url).await?;
    raw.serve().await?;
    raw.consume(Counter::default()).await?;
    let took = start.elapsed();
    raw.close().await?;
    Ok(took.as_secs_f64())
}

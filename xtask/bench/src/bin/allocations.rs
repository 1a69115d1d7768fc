//! Prints how many allocations a local invoke makes, and how many the same two handlers make when they are called by
//! hand. A program of its own, as its allocator is one that counts.

use allocation_counter::measure;
use pontoon_bench::contract::Question;
use pontoon_bench::count::Counter;
use pontoon_bench::{by_hand, start, topology};
use std::error::Error;
use tokio::runtime::Builder;

const CALLS: u64 = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let monolith = runtime.block_on(start(&Counter::default()))?;
    let client = monolith.client();
    let invoked = counted(|question| {
        let answer = runtime.block_on(client.invoke(topology::front::Outer, question))?;
        Ok(answer.number)
    })?;
    let outer = by_hand::Outer { inner: by_hand::Inner };
    let called =
        counted(|question| Ok(runtime.block_on(outer.handle(question)).map_err(|error| error.to_string())?.number))?;
    println!("{invoked} {called}");
    Ok(())
}

/// Allocations of many calls, after a few that may set something up.
fn counted(call: impl Fn(Question) -> Result<u64, Box<dyn Error>>) -> Result<u64, Box<dyn Error>> {
    let run = |calls| {
        (0..calls).try_for_each(|number| {
            call(Question { number }).map(|answer| {
                std::hint::black_box(answer);
            })
        })
    };
    run(10)?;
    let mut done = Ok(());
    let counts = measure(|| done = run(CALLS));
    done?;
    Ok(counts.count_total)
}

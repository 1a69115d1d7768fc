//! E05: order by key.

use std::collections::BTreeMap;

use crate::event_bridge::rig::post;
use crate::event_bridge::{Cell, Column, Rig, refused};
use crate::system::contract::{Note, Which};
use crate::system::script::{Act, Run};
use crate::topology::in_order;

/// What has one key is handled in the order it came, by however many consumers, also while one of them fails or goes
/// away.
///
/// # Panics
/// The adapter does not pass.
pub async fn e05_order_by_key_with_several_consumers(rig: Rig) {
    const KEYS: u64 = 5;
    const EACH: u64 = 40;
    if rig.cell() == Cell::Refused {
        return refused::order_by_key(rig.column);
    }
    // Slow enough that an instance has messages which it has not begun when it stops.
    rig.script.always("steps.step", Act::Wait(5));
    rig.script.next("steps.step", [Act::Fail, Act::Succeed, Act::Panic]);
    let first = rig.unit::<in_order::steps::Steps>("steps-1").await;
    // In memory, several consumers are lanes of one unit.
    let second = match rig.column {
        Column::InMemory | Column::Embedded => None,
        _ => Some(rig.unit::<in_order::steps::Steps>("steps-2").await),
    };
    let front = rig.unit::<in_order::front::Front>("front").await;
    let notes = |numbers: std::ops::Range<u64>| {
        numbers.flat_map(|number| (0..KEYS).map(move |key| Note::keyed(&key.to_string(), number))).collect()
    };
    post(&front, Which::Stepped, notes(0..EACH)).await;
    let mut all = KEYS * EACH;
    if second.is_some() {
        rig.script.begun("steps.step", 50).await;
        first.shutdown().await.expect("nothing is lost");
        post(&front, Which::Stepped, notes(EACH..2 * EACH)).await;
        all *= 2;
    }
    let runs = rig.script.done("steps.step", all as usize).await;
    drop((front, second));

    let mut lanes: BTreeMap<&str, Vec<&Run>> = BTreeMap::new();
    for run in &runs {
        lanes.entry(&run.note.key).or_default().push(run);
    }
    assert_eq!(lanes.len() as u64, KEYS);
    for (key, runs) in lanes {
        let done: Vec<u64> = runs.iter().filter(|run| run.is_done()).map(|run| run.note.number).collect();
        assert!(done.iter().copied().eq(0..all / KEYS), "{key}: {done:?}");
        for pair in runs.windows(2) {
            let (one, next) = (pair[0], pair[1]);
            assert!(next.note.number >= one.note.number, "{key}: {next:?} after {one:?}");
            assert_eq!(next.note.number > one.note.number, one.is_done(), "{key}: {next:?} after {one:?}");
            assert!(one.turns.1.is_none_or(|end| end < next.turns.0), "{key}: {next:?} while {one:?}");
        }
    }
}

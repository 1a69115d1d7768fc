//! E12: the broker goes away.

use crate::event_bridge::{Cell, Rig};
use crate::system::contract::{Batch, Note, Which};
use crate::system::script::{Act, Orders};

/// The broker is killed and comes back while events are published: nothing is lost, or what is lost is counted.
///
/// # Panics
/// The adapter does not pass.
pub async fn e12_broker_killed_and_restarted_in_mid_flow(rig: Rig) {
    match rig.cell() {
        Cell::Lost => {
            // Here the process is the broker.
            let stock =
                |numbers: std::ops::Range<u64>| Batch { event: Which::Noted, notes: numbers.map(Note::of).collect() };
            let orders = Orders::none().stock(stock(0..100)).always("back.hear", Act::Wait(50));
            let mut first = rig.process("together", "together", &orders);
            first.ready().await;
            let seen =
                first.until("half way", |seen| seen.emitted.len() == 100 && seen.done("back.hear").count() >= 3).await;
            first.kill();
            assert!(seen.done("back.hear").count() < 100);
            let mut second = rig.process("together", "together", &Orders::none().stock(stock(100..101)));
            second.ready().await;
            let seen = second.until("the new one is handled", |seen| seen.done("back.hear").count() > 0).await;
            assert_eq!(seen.numbers("back.hear"), [100], "what was in memory is lost, as documented");
        }
        _ => broker_killed(rig).await,
    }
}

async fn broker_killed(rig: Rig) {
    panic!("no broker yet for {:?}", rig.column)
}

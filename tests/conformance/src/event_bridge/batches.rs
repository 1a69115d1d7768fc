//! E43: events that are handled in batches.

use pontoon::adapter::{Message, Metadata};

use crate::adapter::soon;
use crate::event_bridge::{Cell, Rig};
use crate::gatherer::{Gathered, MOST, hearing};

/// Each event of a batch is handled once; of those that may come again, one that fails does so alone.
///
/// # Panics
/// The adapter does not pass.
pub async fn e43_events_in_batches_are_settled_one_by_one(rig: Rig) {
    match rig.column.is_at_most_once() {
        true => each_is_handled::<true>(&rig).await,
        false => each_is_handled::<false>(&rig).await,
    }
}

async fn each_is_handled<const ONCE: bool>(rig: &Rig) {
    const EVENTS: u32 = 4 * MOST;
    assert_eq!(rig.cell(), Cell::Yes);
    let fails = |number: u32| number % 20 == 3;
    let gathered = Gathered::failing((0..EVENTS).filter(|number| fails(*number)));
    let unit = hearing::<ONCE>(&gathered, rig.tap("receiver").await, rig.subject()).await;
    let sender = rig.tap("sender").await;
    let topic = sender.topic(rig.subject());
    soon(sender.connect()).await.expect("a connection");
    for number in 0..EVENTS {
        soon(topic.publish(Message::new(Metadata::new(), number))).await.expect("published");
    }
    let comes_again = |number: u32| !ONCE && fails(number);
    let expected: Vec<_> =
        (0..EVENTS).flat_map(|number| std::iter::repeat_n(number, if comes_again(number) { 2 } else { 1 })).collect();
    rig.until("all are handled", || gathered.numbers().len() >= expected.len()).await;
    soon(unit.shutdown()).await.expect("nothing is lost");
    assert_eq!(gathered.numbers(), expected);
    let largest = gathered.runs().iter().map(Vec::len).max();
    assert_eq!(largest, Some(MOST as usize), "a batch becomes full");
    sender.close().await;
}

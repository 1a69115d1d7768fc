//! E34: hosts whose clocks differ.

use crate::event_bridge::Rig;
use crate::event_bridge::rig::{notes, post};
use crate::system::contract::Note;
use crate::system::script::Orders;
use crate::topology::front;

/// What the log says of a clock that cannot be right.
const SAID: &str = "the clock of a caller is";

/// Whatever the clocks of two hosts show, a command has the time that it has, an event is no older than it is, and the
/// difference is logged once.
///
/// # Panics
/// The adapter does not pass.
pub async fn e34_clocks_that_differ_change_no_deadline(rig: Rig) {
    // An event waits for both who hear it.
    let (side, front) = (rig.side().await, rig.front().await);
    let client = front.client();
    let ear = rig.ear("back");
    for offset in ["+10s", "-10s", "+1h", "-1d"] {
        let mut back = rig.process_with_clock("back", &Orders::none(), offset);
        back.ready().await;
        for number in 1..=3 {
            // It has half a second.
            let answer = client.invoke(front::Press, Note::of(number)).await;
            assert_eq!(answer.expect("an answer in time"), Note::of(number), "{offset}: {}", back.log());
            client.invoke(front::Ask, Note::of(number)).await.expect("an answer in time");
        }
        post(&front, rig.event(), notes([1])).await;
        back.until("the event is handled", |seen| seen.done(&ear).count() == 1).await;
        let times = back.log().matches(SAID).count();
        assert_eq!(times, 1, "{offset}: {}", back.log());
        let left: Vec<_> = back.seen().of("back.hurry").into_iter().filter_map(|run| run.left).collect();
        assert!(left.len() == 3 && left.iter().all(|left| (1..=500).contains(left)), "{offset}: {left:?}");
        back.terminate();
        assert!(back.ended(std::time::Duration::from_secs(10)).await.success());
    }
    drop((front, side));
}

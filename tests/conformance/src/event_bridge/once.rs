//! E15, E16: what comes twice has one effect.

use pontoon::{Event, Id, Message, Metadata};

use crate::event_bridge::{Cell, Rig};
use crate::system::contract::{Batch, Note, Which};
use crate::system::script::{Act, Orders};
use crate::topology::{event, state};

/// An event that is published twice with one id, or with two, has one effect.
///
/// # Panics
/// The adapter does not pass.
pub async fn e15_published_twice_has_one_effect(rig: Rig) {
    let back = rig.back().await;
    let tap = rig.tap("tap").await;
    let topic = tap.topic(event::Charged::SUBJECT);
    tap.connect().await.expect("a connection");
    let message = |id, number| Message::new(Metadata { id, ..Metadata::fresh() }, Note::of(number));
    let id = Id::draw();
    for message in [message(id, 7), message(id, 7), message(Id::draw(), 7), message(Id::draw(), 8)] {
        topic.publish(message).await.expect("published");
    }
    rig.script.until("both have an effect", |seen| seen.numbers("back.charge") == [7, 8]).await;
    // In order: with this one, those before it are over.
    topic.publish(message(Id::draw(), 9)).await.expect("published");
    rig.script.until("the last one has, too", |seen| seen.numbers("back.charge") == [7, 8, 9]).await;
    let effects = back.state(state::Effects);
    // What a handler has written is there a moment after its end.
    while effects.get(&9).await.expect("the store").is_none() {
        tokio::task::yield_now().await;
    }
    for number in [7, 8, 9] {
        assert_eq!(effects.get(&number).await.expect("the store"), Some(1));
    }
    assert!(back.dead_letters(crate::topology::back::Charge).list().await.expect("the bridge").is_empty());
    assert_eq!(rig.script.runs("back.charge").len(), 3);
    drop(back);
}

/// A process that is killed after its handler and before its acknowledgement: the event comes again, and has no second
/// effect. Where events may be lost, it is.
///
/// # Panics
/// The adapter does not pass.
pub async fn e16_killed_between_handler_and_acknowledgement(rig: Rig) {
    match rig.cell() {
        Cell::Lost if rig.column.stays_in_process() => {
            // Two are under way, or wait: a new process knows nothing of them.
            let stock = Batch { event: Which::Charged, notes: vec![Note::of(1), Note::of(2)] };
            let orders = Orders::none().stock(stock).always("back.charge", Act::Hold);
            let mut first = rig.process("together", "together", &orders);
            first.ready().await;
            first.until("it is being handled", |seen| seen.emitted.len() == 2 && !seen.runs.is_empty()).await;
            first.kill();
            let stock = Batch { event: Which::Charged, notes: vec![Note::of(3)] };
            let mut second = rig.process("together", "together", &Orders::none().stock(stock));
            second.ready().await;
            let seen = second.until("the new one is handled", |seen| seen.done("back.charge").count() > 0).await;
            assert_eq!(seen.numbers("back.charge"), [3]);
        }
        Cell::Lost => killed_at_most_once(rig).await,
        _ => killed_with_an_inbox(rig).await,
    }
}

async fn killed_at_most_once(rig: Rig) {
    panic!("no broker yet for {:?}", rig.column)
}

async fn killed_with_an_inbox(rig: Rig) {
    panic!("no broker yet for {:?}", rig.column)
}

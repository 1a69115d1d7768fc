//! E15, E16: what comes twice has one effect.

use pontoon::Id;
use pontoon::adapter::{Instance, Message, Metadata, Redis, Setup, StateStore, Template, Variables};
use pontoon::generated::Event;

use std::time::Duration;

use pontoon_brokers::{Broker, Kind};
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::event_bridge::rig::{notes, post};
use crate::event_bridge::{Cell, Rig, local_disk, raw};
use crate::system::contract::{Batch, Note, Which};
use crate::system::script::{Act, Orders, Seen};
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
    let message = |id, number| Message::new(Metadata { id, ..Metadata::new() }, Note::of(number));
    let id = Id::random();
    for message in [message(id, 7), message(id, 7), message(Id::random(), 7), message(Id::random(), 8)] {
        topic.publish(message).await.expect("published");
    }
    rig.script.until("both have an effect", |seen| seen.numbers("back.charge") == [7, 8]).await;
    // In order: with this one, those before it are over.
    topic.publish(message(Id::random(), 9)).await.expect("published");
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
        _ if rig.column.stays_in_process() => local_disk::killed_with_an_inbox(rig).await,
        _ => killed_with_an_inbox(rig).await,
    }
}

/// It was acknowledged before it was handled.
async fn killed_at_most_once(rig: Rig) {
    let ear = rig.ear("back");
    let mut first = rig.process("back", "back", &Orders::none().always(&ear, Act::Hold));
    first.ready().await;
    let front = rig.front().await;
    post(&front, rig.event(), notes([1])).await;
    first.until("it is being handled", |seen| !seen.of(&ear).is_empty()).await;
    first.kill();
    let mut second = rig.process("back", "back", &Orders::none());
    second.ready().await;
    post(&front, rig.event(), notes([2])).await;
    let seen = second.until("the next one is handled", |seen| seen.done(&ear).count() > 0).await;
    assert_eq!(seen.numbers(&ear), [2], "the first one is lost, as documented");
    drop(front);
}

/// The network says nothing more from the moment its handler ends, so that the broker never hears of it.
async fn killed_with_an_inbox(rig: Rig) {
    const CHARGED: &str = event::Charged::SUBJECT;
    const CHARGE: &str = "back.v1.charge";
    let redis = block_in_place(|| Broker::start(Kind::Redis)).unwrap_or_else(|error| panic!("{error}"));
    rig.environment("kept", &[("REDIS_URL", &redis.url())]);
    let proxy = rig.proxy(&["back"]);
    let mut first = rig.process("back", "back", &Orders::none().always("back.charge", Act::Hold));
    first.ready().await;
    let front = rig.front().await;
    post(&front, Which::Charged, notes([1, 2, 3])).await;
    first.until("the first is being handled", |seen| !seen.runs.is_empty()).await;
    proxy.freeze();
    first.open_gate();
    let state = effects(&redis.url()).await;
    let effect = |number: u64| {
        let state = std::sync::Arc::clone(&state);
        async move {
            let entry = state.get("effects", &number.to_string()).await.expect("the store");
            entry.map(|entry| String::from_utf8_lossy(&entry.value).into_owned())
        }
    };
    while effect(1).await.is_none() {
        sleep(Duration::from_millis(10)).await;
    }
    first.kill();
    proxy.cut();
    proxy.thaw();
    // A moment, until the broker has noticed.
    if let Some(before) = raw::unfinished(&rig, CHARGED, CHARGE).await {
        assert!(before >= 1, "the first one was not acknowledged");
    }

    let handled = first.seen().numbers("back.charge");
    rig.directly(&["back"]);
    let mut second = rig.process("back", "back", &Orders::none());
    second.ready().await;
    let rest: Vec<u64> = [1, 2, 3].into_iter().filter(|number| !handled.contains(number)).collect();
    // One that the first process had claimed waits until the claim ends, and holds up no other.
    let sorted = |seen: &Seen| {
        let mut numbers = seen.numbers("back.charge");
        numbers.sort_unstable();
        numbers
    };
    second.until("the rest is handled", |seen| sorted(seen) == rest).await;
    // The broker believes the first one with its process for a while: until it is acknowledged, it may still come.
    let settled = async {
        if rig.column.counts_unfinished_while_consumed() {
            while raw::unfinished(&rig, CHARGED, CHARGE).await != Some(0) {
                sleep(Duration::from_millis(100)).await;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), settled).await.expect("all are acknowledged");
    post(&front, Which::Charged, notes([4])).await;
    let all = [&rest[..], &[4]].concat();
    second.until("the last one is handled", |seen| sorted(seen) == all).await;
    while effect(4).await.is_none() {
        sleep(Duration::from_millis(10)).await;
    }
    second.terminate();
    assert!(second.ended(Duration::from_secs(10)).await.success(), "{}", second.log());
    for number in 1..=4 {
        assert_eq!(effect(number).await.as_deref(), Some("1"), "the effect of {number}");
    }
    assert_eq!(second.seen().of("back.charge").len(), all.len());
    if let Some(left) = raw::unfinished(&rig, CHARGED, CHARGE).await {
        assert_eq!(left, 0, "all are acknowledged");
    }
    drop(front);
}

/// The store of the units, to look into.
pub(super) async fn effects(url: &str) -> std::sync::Arc<dyn pontoon::adapter::StateAdapter> {
    const REDIS: Redis = Redis::new(Template::variable("REDIS_URL"));
    let variables = Variables::of([("REDIS_URL", url)]);
    let mut setup = Setup::new(Instance::new("suite", "look"), false, variables);
    let state = REDIS.open(&mut setup).await;
    assert!(setup.problems().is_empty(), "{:?}", setup.problems());
    let state = state.expect("it opens where there is no problem");
    state.connect().await.expect("a connection");
    state
}

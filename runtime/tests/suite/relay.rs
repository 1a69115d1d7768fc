//! What is left in the outbox: who publishes it, in which order, and what becomes of what cannot be published. E35,
//! E36.

use std::sync::Arc;
use std::time::Duration;

use pontoon::adapter::{Change, Expect, StateAdapter};
use pontoon::adapter::{EventAdapter, Request};
use pontoon::adapter::{Message, Metadata};
use pontoon::generated::{Command, Event, Queue};
use pontoon::{FaultClass, Health, Id, Instant, InvokeError, Started};
use tokio::time::sleep;

use crate::contract::{Invoice, NewUser, event, lab, queue, state, user};
use crate::faulty::{Bridge, Broker, Fate, Store};
use crate::script::{Act, Script};
use crate::unit::{Monolith, launch};

/// Longer than any sweep, lease or pause of the relay.
const LONG: Duration = Duration::from_secs(60);

/// Longer than the listeners of the event remember what they have handled.
const FORGOTTEN: Duration = Duration::from_secs(2 * 3600);

async fn instance(bridge: &Bridge, store: &Arc<Store>) -> Started<Monolith> {
    launch(&Script::new()).adapters(bridge.adapters(store)).start().await.unwrap()
}

async fn keep(unit: &Started<Monolith>, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        unit.client().invoke(lab::Keep, number).await.unwrap();
    }
}

/// An instance whose bridge is away commits these, and dies for good.
async fn leave_behind(broker: &Broker, store: &Arc<Store>, numbers: impl IntoIterator<Item = u64>) {
    let bridge = Bridge::to(broker);
    let unit = instance(&bridge, store).await;
    bridge.down(true);
    keep(&unit, numbers).await;
    drop(unit);
}

fn is_degraded(unit: &Started<Monolith>, word: &str) -> bool {
    matches!(unit.health(), Health::Degraded(reason) if reason.contains(word))
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_instance_left_is_relayed_by_another_that_runs() {
    let (broker, store) = (Broker::default(), Store::new());
    let other = instance(&Bridge::to(&broker), &store).await;
    leave_behind(&broker, &store, 1..=20).await;
    assert_eq!(broker.got(20).await, (1..=20).collect::<Vec<_>>());
    other.settled().await;
    sleep(LONG).await;
    assert_eq!(broker.published().len(), 20, "once each");
    assert!(store.keys("$outbox").await.is_empty());
    assert!(store.keys("$outbox_sent").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_committed_later_does_not_overtake_what_waits() {
    let (broker, store) = (Broker::default(), Store::new());
    let other = instance(&Bridge::to(&broker), &store).await;
    leave_behind(&broker, &store, 1..=20).await;
    keep(&other, 21..=40).await;
    assert_eq!(broker.got(40).await, (1..=40).collect::<Vec<_>>());
}

/// A process that was killed between commit and publish: nobody knows whether it has published.
#[tokio::test(start_paused = true)]
async fn what_was_committed_and_not_seen_published_is_not_overtaken_either() {
    let (broker, store) = (Broker::default(), Store::new());
    let bridge = Bridge::to(&broker);
    let (one, other) = (instance(&bridge, &store).await, instance(&Bridge::to(&broker), &store).await);
    bridge.all(Fate::Silence);
    let client = one.client();
    let killed = tokio::spawn(async move { client.invoke(lab::Keep, 1).await });
    while store.keys("$outbox").await.is_empty() {
        sleep(Duration::from_millis(1)).await;
    }
    killed.abort();
    drop(one);
    keep(&other, 2..=3).await;
    assert_eq!(broker.got(3).await, [1, 2, 3]);
}

/// A hundred entries that the dead instance may have been publishing: each is left to it for seconds, all at the same
/// time.
#[tokio::test(start_paused = true)]
async fn what_a_dead_instance_may_have_been_publishing_is_relayed_together() {
    let (broker, store) = (Broker::default(), Store::new());
    let bridge = Bridge::to(&broker);
    bridge.all(Fate::Silence);
    let lost = instance(&bridge, &store).await;
    let calls = (0..300).map(|number| {
        let client = lost.client();
        tokio::spawn(async move { client.invoke(lab::Keep, number).await })
    });
    let calls: Vec<_> = calls.collect();
    while store.keys("$outbox").await.len() < 300 {
        sleep(Duration::from_millis(1)).await;
    }
    drop(lost);
    calls.iter().for_each(tokio::task::JoinHandle::abort);
    let _other = instance(&Bridge::to(&broker), &store).await;
    let relayed = tokio::time::timeout(Duration::from_secs(5), broker.got(300)).await;
    assert_eq!(relayed.expect("within the time that is left to a process"), (0..300).collect::<Vec<_>>());
}

/// Jobs have no order: what a dead instance may have been putting in is left to it for seconds, and holds up neither
/// what was left behind it nor what is committed now.
#[tokio::test(start_paused = true)]
async fn a_job_that_a_dead_instance_may_have_put_in_holds_up_no_other() {
    const SUBJECT: &str = queue::Invoices::SUBJECT;
    let (store, script) = (Store::new(), Script::new());
    for (place, direct) in [(1, true), (2, false)] {
        let id = Id::random();
        let entry = format!(
            r#"{{"subject":"{SUBJECT}","metadata":{{"id":"{id}","correlation":"{id}","causation":null,"principal":null,
            "tenant":null,"hops":1}},"payload":"{{\"number\":{place}}}","job":{{"delay":null,"deduplication":null}},
            "direct":{direct}}}"#
        );
        put(&store, &format!("{SUBJECT}/{place:020}"), &entry).await;
    }
    let note = |collection, key: &str, value: &str| {
        let put = Some((Arc::from(value.as_bytes()), None));
        Change { collection, key: key.to_owned(), expect: Expect::Absent, put }
    };
    let sent = format!("{SUBJECT}/{:020}", 1);
    let notes = vec![note("$outbox_order", SUBJECT, r#"{"last":2}"#), note("$outbox_sent", &sent, "true")];
    store.commit(notes).await.unwrap();
    let begun = Instant::now();
    let unit = launch(&script).adapters(Bridge::default().adapters(&store)).start().await.unwrap();
    unit.client().invoke(user::SignUp, NewUser { email: "ada".into() }).await.unwrap();
    let bills = async |count| {
        script.begun("bill", count).await;
        let mut bills = script.inputs("bill");
        bills.sort_unstable();
        (bills, begun.elapsed() < Duration::from_secs(1))
    };
    let bill = |number| format!("{:?}", Invoice { number });
    assert_eq!(bills(2).await, (vec![bill(2), bill(7)], true));
    assert_eq!(bills(3).await, (vec![bill(1), bill(2), bill(7)], false));
    unit.settled().await;
    assert!(store.keys("$outbox").await.is_empty());
}

/// A living instance is publishing: the relay of another one ends at once, and so does a stop of that.
#[tokio::test(start_paused = true)]
async fn a_relay_does_not_wait_for_what_another_instance_is_publishing() {
    let (broker, store) = (Broker::default(), Store::new());
    let bridge = Bridge::to(&broker);
    let one = instance(&bridge, &store).await;
    bridge.all(Fate::Silence);
    let client = one.client();
    let call = tokio::spawn(async move { client.invoke(lab::Keep, 1).await });
    while store.keys("$outbox").await.is_empty() {
        sleep(Duration::from_millis(1)).await;
    }
    let other = instance(&Bridge::to(&broker), &store).await;
    other.settled().await;
    assert!(store.keys("$outbox_lease").await.is_empty());
    other.shutdown().await.unwrap();
    assert!(broker.published().is_empty(), "it is left to the instance that has committed it");
    call.abort();
}

/// The code of an adapter, or of the user, panics while something is published.
#[tokio::test(start_paused = true)]
async fn an_outbox_that_panics_is_started_again_and_loses_nothing() {
    let (broker, store) = (Broker::default(), Store::new());
    let bridge = Bridge::to(&broker);
    let unit = instance(&bridge, &store).await;
    bridge.one(2, Fate::Panic);
    keep(&unit, 1..=3).await;
    while !is_degraded(&unit, "outbox") {
        sleep(Duration::from_millis(10)).await;
    }
    bridge.one(2, None);
    let all = tokio::time::timeout(LONG, broker.got(3)).await;
    assert_eq!(all.expect("it was started again"), [1, 2, 3]);
    keep(&unit, [4]).await;
    assert_eq!(broker.got(4).await, [1, 2, 3, 4]);
    unit.shutdown().await.unwrap();
}

/// A request from another unit: the broker has it no more, and its handler still runs when all else is done.
#[tokio::test(start_paused = true)]
async fn a_stop_publishes_what_the_last_handler_has_committed() {
    let (broker, store, script) = (Broker::default(), Store::new(), Script::new());
    script.next("keep", [Act::Wait(Duration::from_secs(5))]);
    let bridge = Bridge::to(&broker);
    let unit = launch(&script).adapters(bridge.adapters(&store)).start().await.unwrap();
    let subject = lab::Keep::SUBJECT;
    let message = Message::new(Metadata::new(), 7_u64);
    let asked = Request { subject, message, deadline: Instant::now() + LONG, attempt: 1 };
    let call = tokio::spawn(async move { bridge.request(asked).await.map(drop) });
    script.begun("keep", 1).await;
    unit.shutdown().await.unwrap();
    call.abort();
    assert_eq!(broker.published(), [7]);
    assert!(store.keys("$outbox").await.is_empty());
}

/// A stop gives what is its own to the bridge, and leaves to a living instance what that is publishing.
#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_the_entries_of_others() {
    let (broker, store) = (Broker::default(), Store::new());
    leave_behind(&broker, &store, 0..1000).await;
    let bridge = Bridge::to(&broker);
    bridge.all(Fate::Silence);
    let stuck = instance(&bridge, &store).await;
    while store.keys("$outbox_lease").await.is_empty() {
        sleep(Duration::from_millis(1)).await;
    }
    drop(stuck);
    store.slow(Duration::from_millis(500));
    let other = instance(&Bridge::to(&broker), &store).await;
    broker.got(1).await;
    other.shutdown().await.unwrap();
    assert!(store.keys("$outbox").await.len() > 100, "it has not relayed all of them before it stopped");
    assert!(store.keys("$outbox_lease").await.is_empty(), "another one can go on at once");
}

#[tokio::test(start_paused = true)]
async fn commits_of_two_instances_are_published_in_their_order() {
    let (broker, store) = (Broker::default(), Store::new());
    let units = [instance(&Bridge::to(&broker), &store).await, instance(&Bridge::to(&broker), &store).await];
    for number in 0..100 {
        keep(&units[usize::from(number % 3 == 0)], [number]).await;
    }
    assert_eq!(broker.got(100).await, (0..100).collect::<Vec<_>>());
    sleep(LONG).await;
    assert_eq!(broker.published().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn commits_that_race_all_get_a_place_of_their_own() {
    let (broker, store) = (Broker::default(), Store::new());
    let units = [instance(&Bridge::to(&broker), &store).await, instance(&Bridge::to(&broker), &store).await];
    let calls = (0..200).map(|number| {
        let client = units[usize::try_from(number % 2).unwrap()].client();
        tokio::spawn(async move { client.invoke(lab::Keep, number).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    let mut published = broker.got(200).await;
    published.sort_unstable();
    assert_eq!(published, (0..200).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn two_instances_do_not_relay_the_same_entries() {
    let (broker, store) = (Broker::default(), Store::new());
    let bridges = [Bridge::to(&broker), Bridge::to(&broker)];
    let units = [instance(&bridges[0], &store).await, instance(&bridges[1], &store).await];
    bridges.iter().for_each(|bridge| bridge.down(true));
    for number in 0..50 {
        keep(&units[usize::try_from(number % 2).unwrap()], [number]).await;
    }
    bridges.iter().for_each(|bridge| bridge.down(false));
    assert_eq!(broker.got(50).await, (0..50).collect::<Vec<_>>());
    sleep(LONG).await;
    assert_eq!(broker.published().len(), 50, "once each");
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_dies_with_the_lease_has_a_successor() {
    let (broker, store) = (Broker::default(), Store::new());
    leave_behind(&broker, &store, 1..=5).await;
    let bridge = Bridge::to(&broker);
    bridge.one(3, Fate::Silence);
    let relay = instance(&bridge, &store).await;
    broker.got(2).await;
    sleep(Duration::from_secs(1)).await;
    drop(relay);
    assert_eq!(store.keys("$outbox_lease").await.len(), 1, "it has died with the lease");
    let _next = instance(&Bridge::to(&broker), &store).await;
    while broker.published().last() != Some(&5) {
        sleep(Duration::from_millis(10)).await;
    }
    let mut published = broker.published();
    // What was published beside the one that never ended, and not taken out, comes once more.
    published.dedup();
    assert_eq!(published, [1, 2, 3, 4, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_unit_that_stops_gives_the_lease_back() {
    let (broker, store) = (Broker::default(), Store::new());
    leave_behind(&broker, &store, 1..=5).await;
    let unit = instance(&Bridge::to(&broker), &store).await;
    broker.got(5).await;
    unit.shutdown().await.unwrap();
    assert!(store.keys("$outbox_lease").await.is_empty());
}

/// Killed between publish and removal, or the store is away by then: it is published once more, under its id.
#[tokio::test(start_paused = true)]
async fn what_is_published_and_cannot_be_taken_out_is_published_again_under_its_id() {
    let (broker, store) = (Broker::default(), Store::new());
    let unit = instance(&Bridge::to(&broker), &store).await;
    store.refuse(|change| change.collection == "$outbox" && change.put.is_none());
    keep(&unit, [7]).await;
    sleep(LONG).await;
    assert_eq!(broker.published(), [7], "this process knows that it only has to be taken out");
    drop(unit);
    store.recover();
    let _next = instance(&Bridge::to(&broker), &store).await;
    broker.got(2).await;
    let ids = broker.ids();
    assert_eq!(ids[0], ids[1]);
    sleep(LONG).await;
    assert_eq!(broker.published().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_taken_out_is_taken_out_when_the_store_is_back() {
    let (broker, store) = (Broker::default(), Store::new());
    let unit = instance(&Bridge::to(&broker), &store).await;
    store.refuse(|change| change.collection == "$outbox" && change.put.is_none());
    keep(&unit, [7]).await;
    store.recover();
    while !store.keys("$outbox").await.is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(broker.published(), [7]);
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_sent_too_long_ago_is_a_dead_letter() {
    let (broker, store) = (Broker::default(), Store::new());
    let bridge = Bridge::to(&broker);
    let unit = instance(&bridge, &store).await;
    bridge.all(Fate::Unheard);
    keep(&unit, [7]).await;
    drop(unit);
    let sent = broker.published().len();
    sleep(FORGOTTEN).await;
    let next = instance(&Bridge::to(&broker), &store).await;
    while next.outbox_dead_letters().list().await.unwrap().is_empty() {
        sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(broker.published().len(), sent, "a second time would have a second effect");
    let dead = next.outbox_dead_letters().list().await.unwrap();
    assert_eq!((&*dead[0].subject, &*dead[0].json), (event::Ping::SUBJECT, "7"));
    assert!(dead[0].reason.contains("may have been sent"), "{}", dead[0].reason);
    assert_eq!(next.counters().outbox_dead, 1);
    assert!(is_degraded(&next, event::Ping::SUBJECT), "{}", next.health());
}

#[tokio::test(start_paused = true)]
async fn what_was_never_tried_is_sent_however_old() {
    let (broker, store) = (Broker::default(), Store::new());
    leave_behind(&broker, &store, [7, 8]).await;
    sleep(FORGOTTEN).await;
    let next = instance(&Bridge::to(&broker), &store).await;
    assert_eq!(broker.got(2).await, [7, 8]);
    next.settled().await;
    assert!(next.outbox_dead_letters().list().await.unwrap().is_empty());
    assert!(next.health().is_ready());
}

/// A long outage: nothing is tried, and nothing is given up, while the connection is known to be down.
#[tokio::test(start_paused = true)]
async fn an_outage_longer_than_listeners_remember_gives_nothing_up() {
    let (broker, store) = (Broker::default(), Store::new());
    let bridge = Bridge::to(&broker);
    let unit = instance(&bridge, &store).await;
    bridge.down(true);
    keep(&unit, [1, 2, 3]).await;
    sleep(FORGOTTEN).await;
    assert!(store.keys("$outbox_sent").await.is_empty(), "none is noted as one that may have been sent");
    bridge.down(false);
    assert_eq!(broker.got(3).await, [1, 2, 3]);
    assert!(unit.outbox_dead_letters().list().await.unwrap().is_empty());
}

/// A right that one subscription lacks, a tap that is down: what is published goes another way.
#[tokio::test(start_paused = true)]
async fn what_else_a_bridge_lacks_delays_no_event() {
    let (broker, store) = (Broker::default(), Store::new());
    let bridge = Bridge::to(&broker);
    let unit = instance(&bridge, &store).await;
    bridge.degrade();
    keep(&unit, 1..=3).await;
    assert_eq!(broker.published(), [1, 2, 3], "published before the handler answered");
}

#[tokio::test(start_paused = true)]
async fn what_can_never_be_sent_is_refused_before_the_commit() {
    let (broker, store) = (Broker::default(), Store::new());
    let bridge = Bridge::to(&broker);
    let unit = instance(&bridge, &store).await;
    bridge.one(7, Fate::TooLarge);
    let refused = unit.client().invoke(lab::Keep, 7).await;
    assert!(matches!(refused, Err(InvokeError::Fault(fault)) if fault.class() == FaultClass::Malformed));
    assert_eq!(unit.state(state::Counters).get(&7).await.unwrap(), None, "nothing is committed");
    assert!(store.keys("$outbox").await.is_empty());
    keep(&unit, [8]).await;
    assert_eq!(broker.got(1).await, [8]);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_a_dead_letter_and_holds_up_nobody() {
    let (broker, store) = (Broker::default(), Store::new());
    leave_behind(&broker, &store, 1..=5).await;
    let bridge = Bridge::to(&broker);
    bridge.one(3, Fate::Mismatch);
    let unit = instance(&bridge, &store).await;
    assert_eq!(broker.got(4).await, [1, 2, 4, 5]);
    bridge.one(6, Fate::Mismatch);
    keep(&unit, 6..=7).await;
    assert_eq!(broker.got(5).await, [1, 2, 4, 5, 7]);
    let dead = unit.outbox_dead_letters();
    assert_eq!(dead.list().await.unwrap().iter().map(|dead| &*dead.json).collect::<Vec<_>>(), ["3", "6"]);
    assert!(is_degraded(&unit, "2 entries"), "{}", unit.health());
    let three = dead.list().await.unwrap()[0].metadata.clone().unwrap().id;
    bridge.one(3, None);
    assert!(dead.replay(three).await.unwrap());
    assert!(!dead.replay(three).await.unwrap(), "it is not there any more");
    assert_eq!(broker.got(6).await[5], 3);
    assert_eq!(broker.ids()[5].1, three);
    assert_eq!(dead.purge().await.unwrap(), 1);
    assert!(unit.health().is_ready());
    assert_eq!(unit.counters().outbox_dead, 2);
}

#[tokio::test(start_paused = true)]
async fn what_lacks_rights_waits_for_them_but_not_for_ever() {
    let (broker, store) = (Broker::default(), Store::new());
    let bridge = Bridge::to(&broker);
    let unit = instance(&bridge, &store).await;
    bridge.one(1, Fate::Denied);
    keep(&unit, 1..=2).await;
    sleep(Duration::from_secs(2)).await;
    bridge.one(1, None);
    assert_eq!(broker.got(2).await, [1, 2], "rights were given back");
    bridge.one(3, Fate::Denied);
    keep(&unit, 3..=4).await;
    assert_eq!(broker.got(3).await, [1, 2, 4]);
    let dead = unit.outbox_dead_letters().list().await.unwrap();
    assert!(dead[0].reason.contains("no right to write"), "{}", dead[0].reason);
}

/// As entries were written when they belonged to a unit: this one is called otherwise.
#[tokio::test(start_paused = true)]
async fn entries_of_a_unit_with_another_name_are_relayed() {
    let (broker, store) = (Broker::default(), Store::new());
    let id = Id::random();
    let entry = format!(
        r#"{{"subject":"shop.event.ping.v1","metadata":{{"id":"{id}","correlation":"{id}","causation":null,
        "principal":null,"tenant":null,"hops":1}},"payload":"7","job":null}}"#
    );
    put(&store, &format!("accounts/{id}"), &entry).await;
    let _unit = instance(&Bridge::to(&broker), &store).await;
    assert_eq!(broker.got(1).await, [7]);
    assert_eq!(broker.ids(), [(7, id)]);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_here_can_publish_is_reported() {
    let (broker, store) = (Broker::default(), Store::new());
    let entry = r#"{"subject":"shop.event.other.v1","metadata":{},"payload":"7","job":null}"#;
    put(&store, "shop.event.other.v1/00000000000000000001", entry).await;
    let unit = instance(&Bridge::to(&broker), &store).await;
    sleep(LONG).await;
    assert!(unit.health().is_ready(), "another unit may be about to publish it");
    sleep(10 * LONG).await;
    assert!(is_degraded(&unit, "shop.event.other.v1"), "{}", unit.health());
    assert_eq!(store.keys("$outbox").await.len(), 1, "it is not lost");
}

async fn put(store: &Store, key: &str, entry: &str) {
    let put = Some((Arc::from(entry.as_bytes()), None));
    store.commit(vec![Change { collection: "$outbox", key: key.into(), expect: Expect::Absent, put }]).await.unwrap();
}

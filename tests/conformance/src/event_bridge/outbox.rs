//! E35: what an instance that is gone for good has left in its outbox.

use std::time::Duration;

use pontoon::Started;
use pontoon::generated::Unit;
use pontoon_brokers::{Broker, Kind};
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::event_bridge::Rig;
use crate::event_bridge::once::effects;
use crate::system::contract::{Batch, Note, Which};
use crate::system::script::{BOUND, Orders};
use crate::topology::{apart, front};

/// An instance is cut off, acknowledges commands, and dies for good. A unit that has another name, and more services,
/// publishes what it has left, before what was committed later, and each has one effect.
///
/// # Panics
/// The adapter does not pass.
pub async fn e35_another_instance_relays_what_a_dead_one_left(rig: Rig) {
    let redis = block_in_place(|| Broker::start(Kind::Redis)).unwrap_or_else(|error| panic!("{error}"));
    rig.environment("kept", &[("REDIS_URL", &redis.url())]);
    let mut merged = rig.process("together", "together", &Orders::none());
    merged.ready().await;
    let later = rig.unit::<apart::front::Front>("later").await;

    let proxy = rig.proxy(&["lost"]);
    let lost = rig.unit::<apart::front::Front>("lost").await;
    proxy.freeze();
    proxy.cut();
    let cut = tokio::time::timeout(BOUND, async {
        while lost.health().is_ready() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    cut.await.expect("it notices that it is cut off");
    save(&lost, 1..=20).await;
    drop(lost);
    save(&later, 21..=25).await;

    let all: Vec<u64> = (1..=25).collect();
    merged.until("all are handled, in the order of commits", |seen| seen.numbers("back.charge") == all).await;
    let state = effects(&redis.url()).await;
    for number in all {
        let effect = || async { state.get("effects", &number.to_string()).await.expect("the store") };
        while effect().await.is_none() {
            sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(effect().await.map(|entry| entry.value.to_vec()), Some(b"1".to_vec()), "the effect of {number}");
    }
    assert!(later.outbox_dead_letters().list().await.expect("the store").is_empty());
    merged.terminate();
    assert!(merged.ended(Duration::from_secs(10)).await.success(), "{}", merged.log());
}

async fn save<U>(front: &Started<U>, numbers: impl IntoIterator<Item = u64>)
where
    U: Unit,
    front::Save: pontoon::generated::Route<U>,
{
    for number in numbers {
        let batch = Batch { event: Which::Charged, notes: vec![Note::of(number)] };
        front.client().invoke(front::Save, batch).await.expect("a command that is acknowledged");
    }
}

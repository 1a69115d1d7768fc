//! The inbox at work: two processes with one store, and one effect.

pub(super) mod unit;

use std::sync::Arc;

use pontoon::{FaultClass, InvokeError};

use self::unit::{BRIEF, Brief, Once, Runs, start};
use super::harness::{Harness, soon, until};

pub async fn a_reply_is_given_again_in_another_process(harness: &impl Harness) {
    let runs = Runs::new(0);
    let one = start(harness.adapter(), &runs).await;
    let other = start(harness.adapter(), &runs).await;
    assert_eq!(one.client().invoke(Once, 5).await.unwrap(), 1);
    assert_eq!(other.client().invoke(Once, 5).await.unwrap(), 1);
    assert_eq!(other.client().invoke(Once, 6).await.unwrap(), 2);
    drop(one);
    assert_eq!(other.client().invoke(Once, 5).await.unwrap(), 1, "also when the first process is gone");
    assert_eq!(runs.count(), 2);
}

pub async fn a_second_process_waits_for_the_first_ones_reply(harness: &impl Harness) {
    let runs = Runs::new(1);
    let units = [start(harness.adapter(), &runs).await, start(harness.adapter(), &runs).await];
    let calls: Vec<_> = (0..16)
        .map(|call| {
            let client = units[call % 2].client();
            tokio::spawn(async move { client.invoke(Once, 5).await })
        })
        .collect();
    until("one of them is at work", || async { runs.count() == 1 }).await;
    let hurried = units[1].client().timeout(BRIEF).invoke(Once, 5).await;
    assert!(matches!(hurried, Err(InvokeError::Fault(fault)) if fault.class() == FaultClass::TimedOut));
    runs.release();
    for call in calls {
        assert_eq!(soon(call).await.unwrap().unwrap(), 1);
    }
    assert_eq!(runs.count(), 1);
}

/// As a crash leaves it behind: the first process ends in the middle.
pub async fn a_claim_that_was_left_behind_is_taken_over(harness: &impl Harness) {
    let runs = Runs::new(1);
    let (one, other) = (start(harness.adapter(), &runs).await, start(harness.adapter(), &runs).await);
    let client = one.client();
    let crashed = tokio::spawn(async move { client.invoke(Brief, 5).await });
    until("the first one is at work", || async { runs.count() == 1 }).await;
    crashed.abort();
    drop(one);
    assert_eq!(soon(other.client().invoke(Brief, 5)).await.unwrap(), 2);
    assert_eq!(runs.count(), 2);
}

pub async fn a_window_ends(harness: &impl Harness) {
    let runs = Runs::new(0);
    let unit = start(harness.adapter(), &runs).await;
    assert_eq!(unit.client().invoke(Brief, 5).await.unwrap(), 1);
    let unit = Arc::new(unit);
    until("it is done again", || async { unit.client().invoke(Brief, 5).await.unwrap() == 2 }).await;
    assert_eq!(runs.count(), 2);
}

pub async fn each_tenant_has_replies_of_its_own(harness: &impl Harness) {
    let runs = Runs::new(0);
    let units = [start(harness.adapter(), &runs).await, start(harness.adapter(), &runs).await];
    for unit in &units {
        for (tenant, reply) in [("a", 1), ("b", 2), ("a", 1)] {
            assert_eq!(unit.client().tenant(tenant).invoke(Once, 5).await.unwrap(), reply);
        }
    }
    assert_eq!(units[1].client().invoke(Once, 5).await.unwrap(), 3, "no tenant is one of its own");
}

/// Its renewals are late, and nobody has taken it: its handler ends as if nothing had been.
pub async fn a_claim_outlives_a_frozen_store(harness: &impl Harness) {
    let runs = Runs::new(1);
    let unit = start(harness.adapter(), &runs).await;
    let client = unit.client();
    let call = tokio::spawn(async move { client.invoke(Once, 5).await });
    until("it is at work", || async { runs.count() == 1 }).await;
    harness.freeze().await;
    // Longer than a renewal waits for its answer.
    tokio::time::sleep(std::time::Duration::from_secs(9)).await;
    harness.thaw().await;
    runs.release();
    assert_eq!(soon(call).await.unwrap().unwrap(), 1);
    assert_eq!(unit.client().invoke(Once, 5).await.unwrap(), 1);
}

//! The two units over one folder: a call, an event, and a kitchen that is not there.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use custom_bridge::contract::{Dish, Order};
use custom_bridge::topology::{counter as contract, diner};
use custom_bridge::{counter, kitchen};
use pontoon::generated::Unit;
use pontoon::{FaultClass, InvokeError, Launch, Started};

async fn start<U: Unit>(folder: &Path, resources: U::Resources) -> Started<U>
where
    U::Resources: Send + Sync,
{
    let spool = [("SPOOL", folder.to_str().unwrap())];
    Launch::new(resources).environment("local").variables(spool).start().await.unwrap()
}

async fn kitchen(folder: &Path) -> Started<diner::kitchen::Kitchen> {
    start(folder, diner::kitchen::Resources { kitchen: kitchen::Resources }).await
}

#[tokio::test]
async fn an_order_is_answered_and_what_was_served_is_heard() {
    let folder = tempfile::tempdir().unwrap();
    let served = Arc::new(AtomicU64::new(0));
    let resources = counter::Resources { served: Arc::clone(&served) };
    let counter =
        start::<diner::counter::Counter>(folder.path(), diner::counter::Resources { counter: resources }).await;
    let client = counter.client();
    let order = || client.invoke(contract::Order, Order { dish: "soup".to_owned() });

    let nobody = order().await;
    let unavailable =
        |error: &InvokeError<_>| matches!(error, InvokeError::Fault(fault) if fault.class() == FaultClass::Unavailable);
    assert!(nobody.as_ref().is_err_and(unavailable), "nobody cooks: {nobody:?}");

    let kitchen = kitchen(folder.path()).await;
    assert_eq!(order().await.unwrap(), Dish { name: "soup".to_owned() });
    while served.load(Ordering::Relaxed) < 1 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    kitchen.shutdown().await.unwrap();
    counter.shutdown().await.unwrap();
}

//! The scope of an idempotency key: operation, tenant and key; the same input; a key that is there. E39.

use std::sync::Arc;

use pontoon::adapter::EventAdapter;
use pontoon::adapter::in_memory::InMemoryEvents;
use pontoon::adapter::{Message, Metadata};
use pontoon::generated::Event;
use pontoon::{FaultClass, InvokeError};

use crate::contract::{Payment, event, lab};
use crate::script::{Act, Script};
use crate::unit::{adapters, launch, start};

fn payment(key: Option<&str>, amount: u64) -> Payment {
    Payment { key: key.map(str::to_owned), amount }
}

#[tokio::test(start_paused = true)]
async fn a_reply_is_given_to_its_tenant_alone() {
    let script = Script::new();
    let unit = start(&script).await;
    let paid = payment(Some("k"), 7);
    for tenant in ["a", "b"] {
        let client = unit.client().tenant(tenant);
        client.invoke(lab::Pay, paid.clone()).await.unwrap();
        client.invoke(lab::Pay, paid.clone()).await.unwrap();
    }
    unit.client().invoke(lab::Pay, paid).await.unwrap();
    let tenants: Vec<_> = script.runs("pay").into_iter().map(|run| run.tenant).collect();
    assert_eq!(tenants, [Some("a".to_owned()), Some("b".to_owned()), None]);
}

#[tokio::test(start_paused = true)]
async fn the_principal_is_no_part_of_the_scope() {
    let script = Script::new();
    let unit = start(&script).await;
    for principal in ["ada", "bob"] {
        let client = unit.client().tenant("a").principal(principal);
        assert_eq!(client.invoke(lab::Pay, payment(Some("k"), 7)).await.unwrap(), 7);
    }
    assert_eq!(script.runs("pay").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_input_under_a_key_is_refused() {
    let script = Script::new();
    let unit = start(&script).await;
    let client = unit.client();
    assert_eq!(client.invoke(lab::Pay, payment(Some("k"), 7)).await.unwrap(), 7);
    let other = client.invoke(lab::Pay, payment(Some("k"), 8)).await;
    assert!(matches!(other, Err(InvokeError::Fault(fault)) if fault.class() == FaultClass::KeyReused));
    assert_eq!(client.invoke(lab::Pay, payment(Some("k"), 7)).await.unwrap(), 7);
    assert_eq!(script.runs("pay").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn another_input_is_refused_also_while_the_first_is_handled() {
    let script = Script::new();
    script.next("pay", [Act::Hold]);
    let unit = start(&script).await;
    let client = unit.client();
    let first = tokio::spawn(async move { client.invoke(lab::Pay, payment(Some("k"), 7)).await });
    script.begun("pay", 1).await;
    let other = unit.client().invoke(lab::Pay, payment(Some("k"), 8)).await;
    assert!(matches!(other, Err(InvokeError::Fault(fault)) if fault.class() == FaultClass::KeyReused));
    script.release();
    assert_eq!(first.await.unwrap().unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_absent_is_no_key() {
    let script = Script::new();
    let unit = start(&script).await;
    for (key, amount) in [(None, 7), (None, 7), (None, 8), (Some(""), 9), (Some(""), 9)] {
        assert_eq!(unit.client().invoke(lab::Pay, payment(key, amount)).await.unwrap(), amount);
    }
    assert_eq!(script.runs("pay").len(), 5, "each of them was paid");
}

#[tokio::test(start_paused = true)]
async fn events_have_the_same_scope_and_what_is_refused_is_a_dead_letter() {
    let script = Script::new();
    let events = Arc::new(InMemoryEvents::new());
    let unit = launch(&script).adapters(adapters(Arc::clone(&events) as Arc<dyn EventAdapter>)).start().await.unwrap();
    let messages = [(Some("a"), "k", 7), (Some("a"), "k", 7), (Some("b"), "k", 7), (Some("a"), "k", 8), (None, "", 9)];
    for (tenant, key, amount) in messages {
        let metadata = Metadata { tenant: tenant.map(Arc::from), ..Metadata::new() };
        let message = Message::new(metadata, payment(Some(key), amount));
        events.topic(event::Paid::SUBJECT).publish(message).await.unwrap();
    }
    unit.settled().await;
    let runs: Vec<_> = script.runs("book").into_iter().map(|run| run.tenant).collect();
    assert_eq!(runs, [Some("a".to_owned()), Some("b".to_owned())]);
    let dead = unit.dead_letters(lab::Book).list().await.unwrap();
    let reasons: Vec<_> = dead.iter().map(|dead| &*dead.reason).collect();
    assert_eq!(dead.len(), 2, "{reasons:?}");
    assert!(reasons[0].contains("key_reused"), "{reasons:?}");
    assert!(reasons[1].contains("the idempotency key is empty"), "{reasons:?}");
    assert_eq!(dead[0].attempts, 1, "it is not tried again");
}

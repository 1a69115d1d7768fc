//! E27: what a message says about itself, from the first caller on.

use std::sync::Arc;
use std::time::Duration;

use pontoon::Id;
use pontoon::adapter::{Message, Metadata, SubscriptionPolicy, Trace};
use pontoon::adapter::{Reply, Request, Settlement};
use pontoon::generated::Command;

use crate::event_bridge::Rig;
use crate::system::contract::{Batch, Note};
use crate::system::script::{Act, Orders};
use crate::topology::{back, front};

/// Trace, tenant, principal and attempt survive a request, an event, its attempts, the dead letter and the replay.
///
/// # Panics
/// The adapter does not pass.
pub async fn e27_metadata_survive_retry_and_dead_letter(rig: Rig) {
    let ear = rig.ear("back");
    let again = !rig.column.is_at_most_once();
    if again {
        rig.script.next(&ear, [Act::Fail; 3]);
    }
    let (back, side, front) = (rig.back().await, rig.side().await, rig.front().await);
    let outside = rig.tap("outside").await;
    let policy = if again { SubscriptionPolicy::at_least_once() } else { SubscriptionPolicy::at_most_once() };
    let consumer = outside.subscribe(rig.subject(), "tap.v1.ear", policy);
    outside.connect().await.expect("a connection");
    let trace = Trace { id: Id::random(), flags: 1, state: Some("vendor=1".to_owned()) };
    let asking = Metadata {
        principal: Some("ada".into()),
        tenant: Some("acme".into()),
        trace: Some(Arc::new(trace.clone())),
        ..Metadata::new()
    };
    let batch = Batch { event: rig.event(), notes: vec![Note::of(1)] };
    let message = Message::new(asking.clone(), batch);
    let deadline = pontoon::Instant::now() + Duration::from_secs(20);
    let request = Request { subject: front::Post::SUBJECT, message, deadline, attempt: 1 };
    let reply = outside.request(request).await.expect("a reply");
    assert_eq!(reply, Reply::Output("null".into()));
    let delivery = consumer.next().await.expect("an arrival");
    assert_eq!(delivery.message.metadata().trace.as_deref(), Some(&trace));
    consumer.settle(&delivery, Settlement::Ack).await.expect("settled");

    let runs = match again {
        true => rig.script.begun(&ear, 3).await,
        false => rig.script.done(&ear, 1).await,
    };
    let attempts: Vec<u32> = runs.iter().map(|run| run.attempt).collect();
    assert_eq!(attempts, if again { vec![1, 2, 3] } else { vec![1] });
    for run in &runs {
        assert_eq!((run.id, run.correlation), (runs[0].id, asking.correlation));
        assert_eq!((run.causation, run.hops), (Some(asking.id), 1));
        assert_eq!((run.principal.as_deref(), run.tenant.as_deref()), (Some("ada"), Some("acme")));
    }
    if again {
        let letters = rig.dead(&back, 1).await;
        let metadata = &letters[0].metadata;
        assert_eq!(metadata.trace.as_deref(), Some(&trace));
        assert_eq!((metadata.id, metadata.correlation), (runs[0].id, asking.correlation));
        assert_eq!((metadata.causation, metadata.hops), (Some(asking.id), 1));
        assert_eq!((metadata.principal.as_deref(), metadata.tenant.as_deref()), (Some("ada"), Some("acme")));
        assert_eq!(letters[0].attempts, 3);
        assert_eq!(back.dead_letters(back::Hear).replay_all().await.expect("the bridge"), 1);
        let last = rig.script.done(&ear, 1).await.pop().expect("a run");
        assert_eq!((last.id, last.correlation, last.attempt), (runs[0].id, asking.correlation, 1));
        assert_eq!((last.principal.as_deref(), last.tenant.as_deref()), (Some("ada"), Some("acme")));
    }
    // Of adapters from elsewhere the suite has no client.
    if rig.column.kind().is_some() {
        // And from the typed client in a process of its own.
        let stock = Batch { event: rig.event(), notes: vec![Note::of(2)] };
        let mut outside = rig.process("outside", "outside-2", &Orders::none().stock(stock));
        let status = outside.ended(Duration::from_secs(30)).await;
        assert!(status.success(), "{}", outside.log());
        let seen = rig.script.until("it is heard", |seen| seen.numbers(&ear).contains(&2)).await;
        let run = seen.done(&ear).find(|run| run.note.number == 2).expect("a run");
        assert_eq!((run.principal.as_deref(), run.tenant.as_deref()), (Some("ada"), Some("acme")));
        let asked = seen.of("back.answer");
        assert!(asked.iter().all(|run| run.tenant.as_deref() == Some("acme")), "{asked:?}");
        assert_eq!((asked.len(), asked[0].causation.is_some(), asked[1].causation), (2, true, None));
    }
    drop((front, back, side));
}

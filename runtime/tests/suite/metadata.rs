//! Metadata, from a client's call to an event and a job.

use pontoon::Id;

use crate::contract::{NewUser, lab, user};
use crate::script::{Act, Script};
use crate::unit::start;

#[tokio::test(start_paused = true)]
async fn it_flows_from_the_client_to_commands_events_and_jobs() {
    let script = Script::new();
    let unit = start(&script).await;
    let correlation = Id::random();
    let client = unit.client().principal("ada").tenant("acme").correlation(correlation);
    client.invoke(user::SignUp, NewUser { email: "a".into() }).await.unwrap();
    unit.settled().await;
    let [sign_up, welcome, greet, bill] = ["sign_up", "send_welcome", "greet", "bill"].map(|handler| {
        let runs = script.runs(handler);
        assert_eq!(runs.len(), 1, "{handler}");
        runs[0].clone()
    });
    for run in [&sign_up, &welcome, &greet, &bill] {
        assert_eq!(run.correlation, correlation);
        assert_eq!((run.principal.as_deref(), run.tenant.as_deref()), (Some("ada"), Some("acme")));
        assert_eq!(run.attempt, 1);
    }
    assert_eq!(sign_up.causation, None);
    assert_eq!([&welcome, &greet, &bill].map(|run| run.causation), [Some(sign_up.id); 3]);
    assert_eq!([&sign_up, &welcome, &greet, &bill].map(|run| run.hops), [0, 0, 1, 1]);
    assert!(sign_up.deadline.is_some() && welcome.deadline.is_some());
    assert_eq!((greet.deadline, bill.deadline), (None, None), "events and jobs outlive the call that caused them");
    let ids: std::collections::HashSet<_> = [&sign_up, &welcome, &greet, &bill].map(|run| run.id).into();
    assert_eq!(ids.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn each_call_without_a_correlation_begins_its_own() {
    let script = Script::new();
    let unit = start(&script).await;
    unit.client().invoke(lab::Hop, 1).await.unwrap();
    unit.client().invoke(lab::Hop, 2).await.unwrap();
    let (hops, plain) = (script.runs("hop"), script.runs("plain"));
    assert_ne!(hops[0].correlation, hops[1].correlation);
    for (hop, plain) in hops.iter().zip(&plain) {
        assert_eq!(hop.correlation, plain.correlation);
        // Without a promise of its own it is a part of its caller's invocation.
        assert_eq!((plain.id, plain.causation, plain.attempt), (hop.id, hop.causation, hop.attempt));
    }
}

/// E27.
#[tokio::test(start_paused = true)]
async fn it_survives_a_retry() {
    let script = Script::new();
    script.next("greet", [Act::Fail]);
    let unit = start(&script).await;
    unit.client().principal("ada").invoke(user::SignUp, NewUser { email: "a".into() }).await.unwrap();
    unit.settled().await;
    let runs = script.runs("greet");
    let of =
        |index: usize| (runs[index].id, runs[index].correlation, runs[index].causation, runs[index].principal.clone());
    assert_eq!(of(0), of(1));
    assert_eq!((runs[0].attempt, runs[1].attempt), (1, 2));
}

//! What a handler does not wait for: nothing happens before it is polled.

use pontoon::generated::FromResources;
use pontoon::testing::Stub;

use crate::contract::{NewUser, UserId, email, event, lab, queue, state, user};
use crate::script::Script;
use crate::unit::{FORGETFUL, Resources, SignUp, start};

fn forgetful() -> NewUser {
    NewUser { email: FORGETFUL.1.to_owned() }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_awaited_is_not_sent() {
    let script = Script::new();
    let unit = start(&script).await;
    let client = unit.client();
    // Without an outbox, and with one.
    client.invoke(lab::Post, FORGETFUL.0).await.unwrap();
    client.invoke(user::SignUp, forgetful()).await.unwrap();
    // It may sign up: nothing was written.
    client.invoke(user::SignUp, NewUser { email: FORGETFUL.1.to_uppercase() }).await.unwrap();
    script.begun("greet", 1).await;
    script.begun("bill", 1).await;
    unit.shutdown().await.unwrap();
    assert!(script.runs("pong").is_empty() && script.runs("toil").is_empty());
    assert_eq!([script.runs("send_welcome").len(), script.runs("greet").len(), script.runs("bill").len()], [1; 3]);
}

#[tokio::test]
async fn a_stub_records_nothing_that_is_not_awaited() {
    let stub = Stub::new();
    let id = SignUp::from_resources(&Resources { script: Script::new() }).handle(&stub, forgetful()).await.unwrap();
    assert_eq!(id, UserId(FORGETFUL.1.to_lowercase()));
    assert!(stub.invocations(email::SendWelcome).is_empty());
    assert!(stub.emitted(event::UserSignedUp).is_empty());
    assert!(stub.enqueued(queue::Invoices).is_empty());
    assert!(stub.state(state::Users).get(&id).await.unwrap().is_none());
}

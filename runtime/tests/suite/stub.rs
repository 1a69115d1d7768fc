//! A handler alone, with a stub for its context.

use std::time::Duration;

use pontoon::generated::FromResources;
use pontoon::testing::Stub;
use pontoon::{BridgeError, Context as _, Error, FaultClass, JobOptions, SecretError};

use crate::contract::{
    Invoice, NewUser, SignUpRejected, User, UserId, UserSignedUp, email, event, lab, queue, secret, state, user,
};
use crate::script::Script;
use crate::unit::{Hop, Post, Resources, SignUp};

fn resources() -> Resources {
    Resources { script: Script::new() }
}

fn ada() -> NewUser {
    NewUser { email: "Ada".into() }
}

fn stub() -> Stub {
    Stub::new().answer(email::SendWelcome, |_| Ok(1)).secret(secret::SmtpPassword, "secret")
}

#[tokio::test]
async fn it_answers_and_records() {
    let ctx = stub();
    let id = SignUp::from_resources(&resources()).handle(&ctx, ada()).await.unwrap();
    assert_eq!(id, UserId("ada".into()));
    assert_eq!(ctx.invocations(email::SendWelcome), [1]);
    assert_eq!(ctx.emitted(event::UserSignedUp), [UserSignedUp { id: id.clone() }]);
    assert_eq!(ctx.enqueued(queue::Invoices), [Invoice { number: 7 }]);
    assert_eq!(ctx.state(state::Users).get(&id).await.unwrap(), Some(User { email: "Ada".into() }));
    assert!(ctx.emitted(event::Ping).is_empty());
}

/// As every bridge does, also one that could.
#[tokio::test]
async fn what_its_topology_does_not_say_a_queue_refuses() {
    let ctx = stub();
    let (later, once) = (JobOptions::new().delay(Duration::from_secs(1)), JobOptions::new().deduplication("x"));
    for options in [later.clone(), once.clone()] {
        let refused = ctx.enqueue_with(queue::Invoices, Invoice { number: 1 }, options).await;
        assert!(matches!(refused, Err(BridgeError::Unsupported { at: "shop.queue.invoices", .. })), "{refused:?}");
    }
    assert!(ctx.enqueue_with(queue::Tasks, 1, later).await.is_err());
    ctx.enqueue_with(queue::Tasks, 1, once).await.unwrap();
    assert_eq!((ctx.enqueued(queue::Invoices).len(), ctx.enqueued(queue::Tasks).len()), (0, 1));
}

#[tokio::test]
async fn its_state_can_be_filled_before() {
    let ctx = stub();
    ctx.state(state::Users).set("ada", &User { email: "Ada".into() }).await.unwrap();
    let ended = SignUp::from_resources(&resources()).handle(&ctx, ada()).await;
    assert!(matches!(ended, Err(Error::Rejected(SignUpRejected::Taken))));
    assert!(ctx.invocations(email::SendWelcome).is_empty());
}

#[tokio::test]
async fn what_has_no_answer_is_a_fault_that_says_so() {
    let ended = Hop::from_resources(&resources()).handle(&Stub::new(), 1).await;
    let Err(Error::Fault(fault)) = ended else { panic!("{ended:?}") };
    let says = "the stub has no answer for lab.plain: write `Stub::new().answer(lab::Plain, |input| Ok(…))`";
    assert_eq!(format!("{fault:?}"), says);
    let ended = Hop::from_resources(&resources()).handle(&Stub::new().fault(lab::Plain), 1).await;
    assert!(matches!(ended, Err(Error::Fault(fault)) if fault.class() == FaultClass::Failed));
}

#[tokio::test]
async fn a_secret_that_is_missing_is_an_error() {
    let ctx = Stub::new().answer(email::SendWelcome, |_| Ok(1));
    let Err(Error::Fault(fault)) = SignUp::from_resources(&resources()).handle(&ctx, ada()).await else {
        panic!("there is no secret")
    };
    let missing = fault.cause().unwrap().downcast_ref::<SecretError>();
    assert!(matches!(missing, Some(SecretError::Missing { name, .. }) if name == "smtp_password"));
}

#[tokio::test]
async fn its_metadata_can_be_chosen() {
    let resources = resources();
    let ctx =
        Stub::new().principal("ada").tenant("acme").attempt(3).answer(user::SignUp, |_| Err(SignUpRejected::Taken));
    Post::from_resources(&resources).handle(&ctx, 1).await.unwrap();
    let run = &resources.script.runs("post")[0];
    assert_eq!((run.principal.as_deref(), run.tenant.as_deref(), run.attempt), (Some("ada"), Some("acme"), 3));
}

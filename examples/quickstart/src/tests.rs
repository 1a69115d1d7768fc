//! The whole topology in memory, driven through its typed client. How a handler is tested alone stands in user.rs.

use pontoon::InvokeError;

use crate::contract::{NewUser, SignUpRejected};
use crate::email::Mailer;
use crate::topology::monolith::{self, Resources};
use crate::topology::user::{Find, SignUp};
use crate::{email, user};

#[tokio::test]
async fn an_address_has_one_account() {
    let mailer = Mailer::new();
    let resources = Resources { user: user::Resources, email: email::Resources { mailer: mailer.clone() } };
    let monolith = monolith::in_memory(resources).await.expect("it starts");

    let client = monolith.client();
    let ada = NewUser { name: "Ada".into(), email: "Ada@example.com".into() };
    let id = client.invoke(SignUp, ada.clone()).await.expect("Ada can sign up");
    let again = client.invoke(SignUp, ada).await;
    mailer.until_sent(3).await;

    assert!(matches!(again, Err(InvokeError::Rejected(SignUpRejected::EmailTaken))));
    let found = client.invoke(Find, id).await.expect("she can be looked up");
    assert_eq!(found.map(|user| user.name).as_deref(), Some("Ada"));
    monolith.shutdown().await.expect("it stops");
}

/// Two runs of each handler under way at the same time: nobody's change is lost, and one address is one account.
#[tokio::test]
async fn two_sign_up_at_once() {
    let mailer = Mailer::new();
    let resources = Resources { user: user::Resources, email: email::Resources { mailer: mailer.clone() } };
    let monolith = monolith::in_memory(resources).await.expect("it starts");

    let client = monolith.client();
    let new = |name: &str, address: &str| NewUser { name: name.into(), email: address.into() };
    let (ada, other) = (new("Ada", "ada@example.com"), new("Adele", "ada@example.com"));
    let answers = tokio::join!(client.invoke(SignUp, ada), client.invoke(SignUp, other));
    let (one, other) = match answers {
        (Ok(id), no) | (no, Ok(id)) => (id, no),
        neither => panic!("{neither:?}"),
    };
    assert!(matches!(other, Err(InvokeError::Rejected(SignUpRejected::EmailTaken))), "{other:?}");

    let (bob, eve) = (new("Bob", "bob@example.com"), new("Eve", "eve@example.com"));
    let (bob, eve) = tokio::join!(client.invoke(SignUp, bob), client.invoke(SignUp, eve));
    let (bob, eve) = (bob.expect("Bob can sign up"), eve.expect("Eve can sign up"));
    // A greeting and a bill for each, beside the welcomes.
    monolith.settled().await;
    mailer.until_sent(9).await;
    let (bob, eve) = tokio::join!(client.invoke(Find, bob), client.invoke(Find, eve));
    let found = [bob, eve, client.invoke(Find, one).await].map(|found| found.expect("it answers").is_some());
    assert_eq!(found, [true; 3]);
    monolith.shutdown().await.expect("it stops");
}

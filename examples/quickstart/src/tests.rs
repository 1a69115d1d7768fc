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

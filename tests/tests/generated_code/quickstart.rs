//! The types and handlers that the topology `quickstart` names, around the code that is generated for it.

/// The generated code.
pub mod topology {
    include!("../../generated/quickstart/topology/mod.rs");
}

/// What moves between the services.
pub mod contract {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct NewUser {
        pub email: String,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct UserId(pub String);

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct User {
        pub email: String,
    }

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct SignUpRejected;

    impl std::fmt::Display for SignUpRejected {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("this address has an account already")
        }
    }

    impl std::error::Error for SignUpRejected {}

    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct UserSignedUp {
        pub id: UserId,
    }

    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct Welcome {
        pub to: String,
    }

    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct Invoice {
        pub number: String,
    }
}

/// The service `user`.
pub mod user {
    use pontoon::generated::{Call, FromResources, HandlerOf, Handles};
    use pontoon::{Error, Tick};

    use super::contract::{Invoice, NewUser, SignUpRejected, User, UserId, UserSignedUp, Welcome};
    use super::topology::{email, event, queue, state, user};

    pub struct Resources;
    pub struct SignUp;
    pub struct Find;
    pub struct Forget;
    pub struct Report;

    impl<U> HandlerOf<user::SignUp, U, Resources> for SignUp where Self: for<'c> Handles<user::SignUp, Call<'c, U>> {}

    impl<C: user::sign_up::Context> Handles<user::SignUp, C> for SignUp {
        async fn run(&self, context: &C, new: NewUser) -> Result<UserId, Error<SignUpRejected>> {
            let id = UserId(new.email.clone());
            let user = User { email: new.email.clone() };
            let sign_up = |there: Option<User>| match there {
                Some(_) => Err(Error::from(SignUpRejected)),
                None => Ok(user.clone()),
            };
            context.state(state::Users).try_update(&id.0, sign_up).await?;
            context.invoke(email::SendWelcome, Welcome { to: new.email.clone() }).await?;
            context.emit(event::UserSignedUp, UserSignedUp { id: id.clone() }).await?;
            context.enqueue(queue::Invoices, Invoice { number: new.email }).await?;
            Ok(id)
        }
    }

    impl<U> HandlerOf<user::Find, U, Resources> for Find where Self: for<'c> Handles<user::Find, Call<'c, U>> {}

    impl<C: user::find::Context> Handles<user::Find, C> for Find {
        async fn run(&self, context: &C, id: UserId) -> Result<Option<User>, Error> {
            context.state(state::Sessions).set(&id.0, &id).await?;
            Ok(context.state(state::Users).get(&id.0).await?)
        }
    }

    impl<U> HandlerOf<user::Forget, U, Resources> for Forget where Self: for<'c> Handles<user::Forget, Call<'c, U>> {}

    impl<C: user::forget::Context> Handles<user::Forget, C> for Forget {
        async fn run(&self, _: &C, _: Tick) -> Result<(), Error> {
            Ok(())
        }
    }

    impl<U> HandlerOf<user::Report, U, Resources> for Report where Self: for<'c> Handles<user::Report, Call<'c, U>> {}

    impl<C: user::report::Context> Handles<user::Report, C> for Report {
        async fn run(&self, _: &C, _: Tick) -> Result<(), Error> {
            Ok(())
        }
    }

    impl FromResources<Resources> for SignUp {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }

    impl FromResources<Resources> for Find {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }

    impl FromResources<Resources> for Forget {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }

    impl FromResources<Resources> for Report {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }
}

/// The service `email`.
pub mod email {
    use pontoon::Error;
    use pontoon::generated::{Call, FromResources, HandlerOf, Handles};
    use tokio::sync::mpsc::UnboundedSender;

    use super::contract::{Invoice, UserSignedUp, Welcome};
    use super::topology::email;

    /// Where mail goes.
    pub struct Resources {
        pub outbox: UnboundedSender<String>,
    }

    pub struct SendWelcome(UnboundedSender<String>);
    pub struct Greet(UnboundedSender<String>);
    pub struct Bill(UnboundedSender<String>);

    impl<U> HandlerOf<email::SendWelcome, U, Resources> for SendWelcome where
        Self: for<'c> Handles<email::SendWelcome, Call<'c, U>>
    {
    }

    impl<C: email::send_welcome::Context> Handles<email::SendWelcome, C> for SendWelcome {
        async fn run(&self, _: &C, welcome: Welcome) -> Result<(), Error> {
            Ok(self.0.send(format!("welcome {}", welcome.to))?)
        }
    }

    impl<U> HandlerOf<email::Greet, U, Resources> for Greet where Self: for<'c> Handles<email::Greet, Call<'c, U>> {}

    impl<C: email::greet::Context> Handles<email::Greet, C> for Greet {
        async fn run(&self, _: &C, event: UserSignedUp) -> Result<(), Error> {
            Ok(self.0.send(format!("greet {}", event.id.0))?)
        }
    }

    impl<U> HandlerOf<email::Bill, U, Resources> for Bill where Self: for<'c> Handles<email::Bill, Call<'c, U>> {}

    impl<C: email::bill::Context> Handles<email::Bill, C> for Bill {
        async fn run(&self, _: &C, invoice: Invoice) -> Result<(), Error> {
            Ok(self.0.send(format!("bill {}", invoice.number))?)
        }
    }

    impl FromResources<Resources> for SendWelcome {
        fn from_resources(resources: &Resources) -> Self {
            Self(resources.outbox.clone())
        }
    }

    impl FromResources<Resources> for Greet {
        fn from_resources(resources: &Resources) -> Self {
            Self(resources.outbox.clone())
        }
    }

    impl FromResources<Resources> for Bill {
        fn from_resources(resources: &Resources) -> Self {
            Self(resources.outbox.clone())
        }
    }
}

#[tokio::test]
async fn the_generated_monolith_works() {
    use pontoon::InvokeError;

    let (outbox, mut sent) = tokio::sync::mpsc::unbounded_channel();
    let resources = topology::monolith::Resources { user: user::Resources, email: email::Resources { outbox } };
    let launch = pontoon::Launch::<topology::monolith::Monolith>::new(resources).environment("local");
    let monolith = launch.variables([("SMTP_PASSWORD", "secret")]).start().await.expect("it starts");
    let client = monolith.client();

    let ada = || contract::NewUser { email: "ada@example.com".to_owned() };
    let id = client.invoke(topology::user::SignUp, ada()).await.expect("Ada signs up");
    let again = client.invoke(topology::user::SignUp, ada()).await;
    let found = client.invoke(topology::user::Find, id).await.expect("she is found");
    assert!(matches!(again, Err(InvokeError::Rejected(contract::SignUpRejected))));
    assert_eq!(found, Some(contract::User { email: "ada@example.com".to_owned() }));

    let mut mails = [sent.recv().await, sent.recv().await, sent.recv().await].map(|mail| mail.expect("a mail"));
    mails.sort();
    assert_eq!(mails, ["bill ada@example.com", "greet ada@example.com", "welcome ada@example.com"]);
    monolith.shutdown().await.expect("it stops");
}

//! The types and handlers that the topology `microservices` names, around the code that is generated for it: three
//! services as a monolith, and as three units that share a bridge and nothing else.

/// The generated code.
pub mod topology {
    include!("../../generated/microservices/topology/mod.rs");
}

/// An event bridge from elsewhere.
pub mod relay {
    use std::sync::Arc;

    use pontoon::adapter::capability::{Bound, Bridge, Ordering};
    use pontoon::adapter::{EventAdapter, EventBridge, MaybeReady, Setup, Template};

    #[derive(Clone, Copy, Debug, Default)]
    pub struct Relay {
        url: Option<Template>,
        password: Option<Template>,
        tls: bool,
    }

    impl Relay {
        #[must_use]
        pub const fn new() -> Self {
            Self { url: None, password: None, tls: false }
        }

        #[must_use]
        pub const fn url(mut self, url: Template) -> Self {
            self.url = Some(url);
            self
        }

        #[must_use]
        pub const fn password(mut self, password: Template) -> Self {
            self.password = Some(password);
            self
        }

        #[must_use]
        pub const fn tls(mut self) -> Self {
            self.tls = true;
            self
        }
    }

    impl EventBridge for Relay {
        const CAPABILITIES: Bridge = Bridge {
            durable: true,
            request_reply: true,
            competing_consumers: true,
            ordering: Ordering::ByKey,
            bound: Bound::DropOldest,
            dead_letter: true,
            largest_payload: 1 << 20,
            longest_hold: Some(std::time::Duration::from_hours(2)),
            crosses_processes: true,
            ..Bridge::CUSTOM
        };

        fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
            MaybeReady::boxed(async move {
                let Self { url, password, tls } = self;
                let (url, password) = (setup.optional(url.as_ref()).await, setup.optional(password.as_ref()).await);
                setup.problem(format!("nothing is relayed: {url:?}, {password:?}, {tls}"));
                None
            })
        }
    }
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
        pub active: bool,
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
    pub struct AccountCharged {
        pub id: UserId,
    }

    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct Welcome {
        pub to: String,
    }
}

/// A handler that has nothing, or the place where what happens is told.
macro_rules! handler {
    ($marker:ty, $handler:ident) => {
        impl<U> pontoon::generated::HandlerOf<$marker, U, Resources> for $handler where
            Self: for<'c> pontoon::generated::Handles<$marker, pontoon::generated::Call<'c, U>>
        {
        }

        impl pontoon::generated::FromResources<Resources> for $handler {
            fn from_resources(resources: &Resources) -> Self {
                Self(resources.told.clone())
            }
        }
    };
}

/// The service `user`.
pub mod user {
    use pontoon::Error;
    use pontoon::generated::Handles;
    use tokio::sync::mpsc::UnboundedSender;

    use super::contract::{AccountCharged, NewUser, SignUpRejected, User, UserId, UserSignedUp, Welcome};
    use super::topology::{email, event, state, user};

    pub struct Resources {
        pub told: UnboundedSender<String>,
    }

    pub struct SignUp(#[expect(dead_code)] UnboundedSender<String>);
    pub struct Find(#[expect(dead_code)] UnboundedSender<String>);
    pub struct Activate(UnboundedSender<String>);

    handler!(user::SignUp, SignUp);
    handler!(user::Find, Find);
    handler!(user::Activate, Activate);

    impl<C: user::sign_up::Context> Handles<user::SignUp, C> for SignUp {
        async fn run(&self, context: &C, new: NewUser) -> Result<UserId, Error<SignUpRejected>> {
            let id = UserId(new.email.clone());
            let user = User { email: new.email.clone(), active: false };
            let sign_up = |there: Option<User>| match there {
                Some(_) => Err(Error::from(SignUpRejected)),
                None => Ok(user.clone()),
            };
            context.state(state::Users).try_update(&id.0, sign_up).await?;
            context.invoke(email::SendWelcome, Welcome { to: new.email }).await?;
            context.emit(event::UserSignedUp, UserSignedUp { id: id.clone() }).await?;
            Ok(id)
        }
    }

    impl<C: user::find::Context> Handles<user::Find, C> for Find {
        async fn run(&self, context: &C, id: UserId) -> Result<Option<User>, Error> {
            Ok(context.state(state::Users).get(&id.0).await?)
        }
    }

    impl<C: user::activate::Context> Handles<user::Activate, C> for Activate {
        async fn run(&self, context: &C, charged: AccountCharged) -> Result<(), Error> {
            let email = charged.id.0;
            context.state(state::Users).set(&email, &User { email: email.clone(), active: true }).await?;
            Ok(self.0.send(format!("activate {email}"))?)
        }
    }
}

/// The service `email`.
pub mod email {
    use pontoon::Error;
    use pontoon::generated::Handles;
    use tokio::sync::mpsc::UnboundedSender;

    use super::contract::{AccountCharged, Welcome};
    use super::topology::{email, user};

    pub struct Resources {
        pub told: UnboundedSender<String>,
    }

    pub struct SendWelcome(UnboundedSender<String>);
    pub struct Thank(UnboundedSender<String>);

    handler!(email::SendWelcome, SendWelcome);
    handler!(email::Thank, Thank);

    impl<C: email::send_welcome::Context> Handles<email::SendWelcome, C> for SendWelcome {
        async fn run(&self, _: &C, welcome: Welcome) -> Result<(), Error> {
            Ok(self.0.send(format!("welcome {}", welcome.to))?)
        }
    }

    impl<C: email::thank::Context> Handles<email::Thank, C> for Thank {
        async fn run(&self, context: &C, charged: AccountCharged) -> Result<(), Error> {
            let user = context.invoke(user::Find, charged.id).await?;
            Ok(self.0.send(format!("thank {}", user.map_or_else(String::new, |user| user.email)))?)
        }
    }
}

/// The service `billing`.
pub mod billing {
    use pontoon::Error;
    use pontoon::generated::Handles;
    use tokio::sync::mpsc::UnboundedSender;

    use super::contract::{AccountCharged, UserSignedUp};
    use super::topology::{billing, event, state};

    pub struct Resources {
        pub told: UnboundedSender<String>,
    }

    pub struct Charge(UnboundedSender<String>);

    handler!(billing::Charge, Charge);

    impl<C: billing::charge::Context> Handles<billing::Charge, C> for Charge {
        async fn run(&self, context: &C, signed_up: UserSignedUp) -> Result<(), Error> {
            let id = signed_up.id;
            context.state(state::Balances).insert(&id.0, &100).await?;
            self.0.send(format!("charge {}", id.0))?;
            Ok(context.emit(event::AccountCharged, AccountCharged { id }).await?)
        }
    }
}

const ADA: &str = "ada@example.com";

/// Waits until everybody has done their part.
async fn all_of(mut told: tokio::sync::mpsc::UnboundedReceiver<String>) -> Vec<String> {
    let mut all = Vec::new();
    while all.len() < 4 {
        all.extend(told.recv().await);
    }
    all.sort();
    all
}

fn expected() -> Vec<String> {
    ["activate", "charge", "thank", "welcome"].iter().map(|what| format!("{what} {ADA}")).collect()
}

#[tokio::test]
async fn everything_in_one_process() {
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    let resources = topology::monolith::Resources {
        user: user::Resources { told: tell.clone() },
        email: email::Resources { told: tell.clone() },
        billing: billing::Resources { told: tell },
    };
    let launch = pontoon::Launch::<topology::monolith::Monolith>::new(resources).environment("local");
    let monolith = launch.variables([("SMTP_PASSWORD", "secret")]).start().await.expect("it starts");
    let client = monolith.client();
    let ada = || contract::NewUser { email: ADA.to_owned() };
    let id = client.invoke(topology::user::SignUp, ada()).await.expect("Ada signs up");
    assert_eq!(all_of(told).await, expected());
    let found = client.invoke(topology::user::Find, id).await.expect("she is found");
    assert_eq!(found, Some(contract::User { email: ADA.to_owned(), active: true }));
    monolith.shutdown().await.expect("it stops");
}

#[tokio::test]
async fn what_does_not_exist_in_an_environment_is_neither_published_nor_heard() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let resources = topology::monolith::Resources {
        user: user::Resources { told: tell.clone() },
        email: email::Resources { told: tell.clone() },
        billing: billing::Resources { told: tell },
    };
    let launch = pontoon::Launch::<topology::monolith::Monolith>::new(resources).environment("trial");
    let monolith = launch.variables([("SMTP_PASSWORD", "secret")]).start().await.expect("it starts");
    let ada = contract::NewUser { email: ADA.to_owned() };
    monolith.client().invoke(topology::user::SignUp, ada).await.expect("Ada signs up");
    let mut all = [told.recv().await.expect("one"), told.recv().await.expect("the other")];
    all.sort();
    assert_eq!(all, ["charge", "welcome"].map(|what| format!("{what} {ADA}")));
    // Once the outbox has published what it has, and everybody has ended, nobody has heard of it.
    monolith.shutdown().await.expect("it stops");
    assert_eq!(told.recv().await, None);
}

/// Adapters that several units can have at the same time, as they have a broker and a store.
fn shared() -> pontoon::generated::Adapters {
    use std::sync::Arc;

    use pontoon::adapter::in_memory;

    let variables = pontoon::adapter::Variables::of([("SMTP_PASSWORD", "secret")]);
    pontoon::generated::Adapters {
        events: Arc::new(in_memory::InMemoryEvents::new()),
        queues: Arc::new(in_memory::InMemoryQueues::new()),
        state: Arc::new(in_memory::InMemoryState::new()),
        secrets: Arc::new(in_memory::EnvSecrets::new(variables)),
    }
}

#[tokio::test]
async fn three_units_over_one_bridge() {
    use pontoon::Launch;
    use topology::microservices::{accounts, billing, mail};

    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    let adapters = shared();
    // Whoever is called may start last: only the call has to wait for it.
    let resources = accounts::Resources { user: user::Resources { told: tell.clone() } };
    let accounts = Launch::<accounts::Accounts>::new(resources).adapters(adapters.clone()).start();
    let accounts = accounts.await.expect("the accounts start");
    let resources = billing::Resources { billing: self::billing::Resources { told: tell.clone() } };
    let billing = Launch::<billing::Billing>::new(resources).adapters(adapters.clone()).start();
    let billing = billing.await.expect("the billing starts");
    let resources = mail::Resources { email: email::Resources { told: tell } };
    let mail = Launch::<mail::Mail>::new(resources).adapters(adapters).start().await.expect("the mail starts");

    let ada = || contract::NewUser { email: ADA.to_owned() };
    let id = accounts.client().invoke(topology::user::SignUp, ada()).await.expect("Ada signs up");
    assert_eq!(all_of(told).await, expected());
    let found = accounts.client().invoke(topology::user::Find, id).await.expect("she is found");
    assert_eq!(found, Some(contract::User { email: ADA.to_owned(), active: true }));
    for stopped in [mail.shutdown().await, billing.shutdown().await, accounts.shutdown().await] {
        stopped.expect("it stops");
    }
}

#[tokio::test]
async fn the_client_refuses_what_stays_in_its_process() {
    let refused = topology::client::connect("local").await.err().expect("nobody is there");
    assert!(format!("{refused:?}").contains("stays in its process"), "{refused:?}");
    let refused = topology::client::connect("stagin").await.err().expect("there is no such environment");
    assert!(format!("{refused:?}").contains("there are: local, trial, staging, production"), "{refused:?}");
}

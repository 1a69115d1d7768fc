//! The types and handlers that the topology `crates` names. What would be a crate each is a module each here.

/// The generated contract, as in the crate `shop_contract`.
pub mod topology {
    include!("../../generated/crates/contract/mod.rs");
}

/// The generated deployment, as in the crate `shop_app`.
pub mod app {
    include!("../../generated/crates/app/mod.rs");
}

/// What moves between the services.
pub mod types {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct NewUser(pub String);
}

/// The service `user`.
pub mod user {
    use pontoon::Error;
    use pontoon::generated::{Call, FromResources, HandlerOf, Handles};

    use super::topology::{email, user};
    use super::types::NewUser;

    pub struct Resources;
    pub struct SignUp;

    impl<U> HandlerOf<user::SignUp, U, Resources> for SignUp where Self: for<'c> Handles<user::SignUp, Call<'c, U>> {}

    impl<C: user::sign_up::Context> Handles<user::SignUp, C> for SignUp {
        async fn run(&self, context: &C, new: NewUser) -> Result<Vec<(NewUser, Option<NewUser>)>, Error> {
            context.invoke(email::SendWelcome, new.clone()).await?;
            Ok(vec![(new, None)])
        }
    }

    impl FromResources<Resources> for SignUp {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }
}

/// The service `email`.
pub mod email {
    use pontoon::Error;
    use pontoon::generated::{Call, FromResources, HandlerOf, Handles};

    use super::topology::email;
    use super::types::NewUser;

    pub struct Resources;
    pub struct SendWelcome;

    impl<U> HandlerOf<email::SendWelcome, U, Resources> for SendWelcome where
        Self: for<'c> Handles<email::SendWelcome, Call<'c, U>>
    {
    }

    impl<C: email::send_welcome::Context> Handles<email::SendWelcome, C> for SendWelcome {
        async fn run(&self, _: &C, _: NewUser) -> Result<(), Error> {
            Ok(())
        }
    }

    impl FromResources<Resources> for SendWelcome {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }
}

#[tokio::test]
async fn the_parts_fit_together() {
    let resources = app::monolith::Resources { user: user::Resources, email: email::Resources };
    let monolith = app::monolith::in_memory(resources).await.expect("it starts");
    let ada = types::NewUser("Ada".to_owned());
    let answer = monolith.client().invoke(app::user::SignUp, ada.clone()).await.expect("Ada signs up");
    assert_eq!(answer, [(ada, None)]);
    monolith.shutdown().await.expect("it stops");
}

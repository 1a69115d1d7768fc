//! The types and handlers that the topology `versions` names, around the code that is generated for it.

/// The generated code.
pub mod topology {
    include!("../../generated/versions/topology/mod.rs");
}

/// What moves between the services.
pub mod contract {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Note(pub String);

    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Thing {
        pub id: u64,
    }
}

/// The service `email`.
pub mod email {
    /// Its first version.
    pub mod v1 {
        use pontoon::Error;
        use pontoon::generated::{Call, FromResources, HandlerOf, Handles};

        use crate::versions::topology::email;

        pub struct Resources;
        pub struct Send;

        impl<U> HandlerOf<email::v1::Send, U, Resources> for Send where Self: for<'c> Handles<email::v1::Send, Call<'c, U>> {}

        impl<C: email::v1::send::Context> Handles<email::v1::Send, C> for Send {
            async fn run(&self, _: &C, _: String) -> Result<(), Error> {
                Ok(())
            }
        }

        impl FromResources<Resources> for Send {
            fn from_resources(_: &Resources) -> Self {
                Self
            }
        }
    }

    /// Its second version.
    pub mod v2 {
        use pontoon::Error;
        use pontoon::generated::{Call, FromResources, HandlerOf, Handles};

        use crate::versions::contract::Note;
        use crate::versions::topology::{email, event};

        pub struct Resources;
        pub struct Send;

        impl<U> HandlerOf<email::v2::Send, U, Resources> for Send where Self: for<'c> Handles<email::v2::Send, Call<'c, U>> {}

        impl<C: email::v2::send::Context> Handles<email::v2::Send, C> for Send {
            async fn run(&self, context: &C, note: Note) -> Result<(), Error> {
                Ok(context.emit(event::Email, note).await?)
            }
        }

        impl FromResources<Resources> for Send {
            fn from_resources(_: &Resources) -> Self {
                Self
            }
        }
    }
}

/// The service `user`.
pub mod user {
    use pontoon::generated::{Call, FromResources, HandlerOf, Handles};
    use pontoon::{Error, Item, Outcome, Tick};

    use super::contract::{Note, Thing};
    use super::topology::{email, event, state, user};

    pub struct Resources;
    pub struct Email;
    pub struct Command;
    pub struct Some;
    pub struct Event;
    pub struct Other;
    pub struct Schedule;
    pub struct Periodical;

    impl<U> HandlerOf<user::Email, U, Resources> for Email where Self: for<'c> Handles<user::Email, Call<'c, U>> {}

    impl<C: user::email::Context> Handles<user::Email, C> for Email {
        async fn run(&self, context: &C, note: Note) -> Result<(), Error> {
            context.invoke(email::v1::Send, note.0.clone()).await?;
            Ok(context.invoke(email::v2::Send, note).await?)
        }
    }

    impl<U> HandlerOf<user::Command, U, Resources> for Command where Self: for<'c> Handles<user::Command, Call<'c, U>> {}

    impl<C: user::command::Context> Handles<user::Command, C> for Command {
        async fn run(&self, context: &C, note: Note) -> Result<Option<Note>, Error> {
            context.state(state::User).set("last", &note).await?;
            Ok(Option::Some(note))
        }
    }

    impl<U> HandlerOf<user::Some, U, Resources> for Some where Self: for<'c> Handles<user::Some, Call<'c, U>> {}

    impl<C: user::some::Context> Handles<user::Some, C> for Some {
        async fn run(&self, context: &C, thing: Thing) -> Result<(), Error> {
            let note = Note(thing.id.to_string());
            context.state(state::Some).set("last", &note).await?;
            Ok(context.emit(event::Some, note).await?)
        }
    }

    impl<U> HandlerOf<user::Other, U, Resources> for Other where Self: for<'c> Handles<user::Other, Call<'c, U>> {}

    impl<C: user::other::Context> Handles<user::Other, C> for Other {
        async fn run_batch(&self, _: &C, notes: Vec<Item<Note>>) -> Result<Vec<Outcome>, Error> {
            Ok(notes.into_iter().map(Item::done).collect())
        }
    }

    impl<U> HandlerOf<user::Event, U, Resources> for Event where Self: for<'c> Handles<user::Event, Call<'c, U>> {}

    impl<C: user::event::Context> Handles<user::Event, C> for Event {
        async fn run(&self, _: &C, _: Note) -> Result<(), Error> {
            Ok(())
        }
    }

    impl<U> HandlerOf<user::Schedule, U, Resources> for Schedule where Self: for<'c> Handles<user::Schedule, Call<'c, U>> {}

    impl<C: user::schedule::Context> Handles<user::Schedule, C> for Schedule {
        async fn run(&self, _: &C, _: Tick) -> Result<(), Error> {
            Ok(())
        }
    }

    impl<U> HandlerOf<user::Tick, U, Resources> for Periodical where Self: for<'c> Handles<user::Tick, Call<'c, U>> {}

    impl<C: user::tick::Context> Handles<user::Tick, C> for Periodical {
        async fn run(&self, _: &C, _: Tick) -> Result<(), Error> {
            Ok(())
        }
    }

    impl FromResources<Resources> for Periodical {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }

    impl FromResources<Resources> for Email {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }

    impl FromResources<Resources> for Command {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }

    impl FromResources<Resources> for Event {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }

    impl FromResources<Resources> for Some {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }

    impl FromResources<Resources> for Other {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }

    impl FromResources<Resources> for Schedule {
        fn from_resources(_: &Resources) -> Self {
            Self
        }
    }
}

#[tokio::test]
async fn both_versions_answer() {
    use topology::monolith::Resources;

    let resources = Resources { email_v1: email::v1::Resources, email_v2: email::v2::Resources, user: user::Resources };
    let monolith = topology::monolith::in_memory(resources).await.expect("it starts");
    let client = monolith.client();
    let note = contract::Note("hello".to_owned());
    client.invoke(topology::user::Email, note.clone()).await.expect("both versions are reached");
    client.invoke(topology::email::v1::Send, "hello".to_owned()).await.expect("the first one");
    client.invoke(topology::email::v2::Send, note.clone()).await.expect("the second one");
    assert_eq!(client.invoke(topology::user::Command, note.clone()).await.expect("the command"), Some(note));
    client.invoke(topology::user::Some, contract::Thing { id: 7 }).await.expect("some");
    monolith.shutdown().await.expect("it stops");
}

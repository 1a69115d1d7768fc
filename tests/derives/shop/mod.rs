// What every case has around the handler that it gets wrong. Included, since `crate::contract` has to be in the root.

pontoon::topology!();

mod contract {
    #[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
    pub struct NewUser {
        pub email: String,
    }

    #[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
    pub struct UserId(pub u64);

    #[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
    pub struct Invoice {
        pub number: u64,
    }

    #[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
    pub struct SignUpRejected;

    impl std::fmt::Display for SignUpRejected {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("somebody has this address")
        }
    }

    impl std::error::Error for SignUpRejected {}

    #[derive(Clone, Debug)]
    pub struct Mailer;
}

mod others {
    use pontoon::{CommandHandler, Error, Item, Outcome, QueueWorker, ScheduleHandler, SubscriptionHandler, Tick};

    use crate::contract::{Invoice, NewUser, UserId};
    use crate::topology::user;

    #[derive(CommandHandler)]
    #[command(user.find)]
    pub struct Find;

    impl Find {
        async fn handle(&self, _: &impl user::find::Context, _: UserId) -> Result<Option<NewUser>, Error> {
            Ok(None)
        }
    }

    #[derive(SubscriptionHandler)]
    #[subscription(user.greet)]
    pub struct Greet;

    impl Greet {
        async fn handle(&self, _: &impl user::greet::Context, _: UserId) -> Result<(), Error> {
            Ok(())
        }
    }

    #[derive(SubscriptionHandler)]
    #[subscription(user.note)]
    pub struct Note;

    impl Note {
        async fn handle(&self, _: &impl user::note::Context, _: UserId) -> Result<(), Error> {
            Ok(())
        }
    }

    #[derive(QueueWorker)]
    #[worker(user.bill)]
    pub struct Bill;

    impl Bill {
        async fn handle(&self, _: &impl user::bill::Context, _: Invoice) -> Result<(), Error> {
            Ok(())
        }
    }

    #[derive(QueueWorker)]
    #[worker(user.remind)]
    pub struct Remind;

    impl Remind {
        async fn handle(
            &self,
            _: &impl user::remind::Context,
            invoices: Vec<Item<Invoice>>,
        ) -> Result<Vec<Outcome>, Error> {
            Ok(invoices.into_iter().map(Item::done).collect())
        }
    }

    #[derive(ScheduleHandler)]
    #[schedule(user.v1.tidy)]
    pub struct Tidy;

    impl Tidy {
        async fn handle(&self, _: &impl user::tidy::Context, _: Tick) -> Result<(), Error> {
            Ok(())
        }
    }

    pub mod v1 {
        use pontoon::{CommandHandler, Error, Resources};

        use crate::contract::UserId;
        use crate::topology::report;

        #[derive(Resources)]
        pub struct Resources;

        #[derive(CommandHandler)]
        #[command(report.v1.daily)]
        pub struct Daily;

        impl Daily {
            async fn handle(&self, _: &impl report::v1::daily::Context, _: UserId) -> Result<(), Error> {
                Ok(())
            }
        }
    }

    pub mod v2 {
        use pontoon::{CommandHandler, Error, Resources};

        use crate::contract::UserId;
        use crate::topology::report;

        #[derive(Resources)]
        pub struct Resources;

        #[derive(CommandHandler)]
        #[command(report.v2.daily)]
        pub struct Daily;

        impl Daily {
            async fn handle(&self, _: &impl report::v2::daily::Context, _: UserId) -> Result<(), Error> {
                Ok(())
            }
        }
    }
}

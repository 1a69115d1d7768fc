// Each takes the input of another operation.
include!("shop/mod.rs");

fn main() {}

mod user {
    use pontoon::{CommandHandler, Error, QueueWorker, Resources, ScheduleHandler, SubscriptionHandler};

    use crate::contract::{Mailer, NewUser, SignUpRejected, UserId};
    use crate::topology::user;

    #[derive(Resources)]
    pub struct Resources {
        mailer: Mailer,
    }

    #[derive(CommandHandler)]
    #[command(user.sign_up)]
    pub struct SignUp {
        mailer: Mailer,
    }

    impl SignUp {
        async fn handle(&self, _: &impl user::sign_up::Context, _: NewUser) -> Result<UserId, Error<SignUpRejected>> {
            Ok(UserId(1))
        }
    }

    #[derive(SubscriptionHandler)]
    #[subscription(user.greet)]
    pub struct Greet;

    impl Greet {
        async fn handle(&self, _: &impl user::greet::Context, _: NewUser) -> Result<(), Error> {
            Ok(())
        }
    }

    #[derive(QueueWorker)]
    #[worker(user.bill)]
    pub struct Bill;

    impl Bill {
        async fn handle(&self, _: &impl user::bill::Context, _: NewUser) -> Result<(), Error> {
            Ok(())
        }
    }

    #[derive(ScheduleHandler)]
    #[schedule(user.tidy)]
    pub struct Tidy;

    impl Tidy {
        async fn handle(&self, _: &impl user::tidy::Context, _: NewUser) -> Result<(), Error> {
            Ok(())
        }
    }
}

// It gets one message at a time, and takes several.
include!("shop/mod.rs");

fn main() {}

mod user {
    use pontoon::{CommandHandler, Error, Item, Outcome, QueueWorker, Resources};

    use crate::contract::{Invoice, Mailer, NewUser, SignUpRejected, UserId};
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

    #[derive(QueueWorker)]
    #[worker(user.bill)]
    pub struct Bill;

    impl Bill {
        async fn handle(
            &self,
            _: &impl user::bill::Context,
            invoices: Vec<Item<Invoice>>,
        ) -> Result<Vec<Outcome>, Error> {
            Ok(invoices.into_iter().map(Item::done).collect())
        }
    }
}

// It gets several messages at a time, and takes one.
include!("shop/mod.rs");

fn main() {}

mod user {
    use pontoon::{CommandHandler, Error, QueueWorker, Resources};

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
    #[worker(user.remind)]
    pub struct Remind;

    impl Remind {
        async fn handle(&self, _: &impl user::remind::Context, _: Invoice) -> Result<(), Error> {
            Ok(())
        }
    }
}

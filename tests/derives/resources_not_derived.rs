include!("shop/mod.rs");

fn main() {}

mod user {
    use pontoon::{CommandHandler, Error};

    use crate::contract::{Mailer, NewUser, SignUpRejected, UserId};
    use crate::topology::user;

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
}

include!("shop/mod.rs");

fn main() {}

mod user {
    use pontoon::{CommandHandler, Error, Resources};

    use crate::contract::{Mailer, NewUser, SignUpRejected, UserId};
    use crate::topology::user;

    #[derive(Resources)]
    pub struct Resources {
        mailer: Mailer,
    }

    #[derive(CommandHandler)]
    #[command(user.v2.sign_up)]
    pub struct SignUp {
        mailer: Mailer,
    }

    impl SignUp {
        async fn handle(&self, _: &impl user::sign_up::Context, _: NewUser) -> Result<UserId, Error<SignUpRejected>> {
            Ok(UserId(1))
        }
    }
}

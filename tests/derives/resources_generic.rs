include!("shop/mod.rs");

fn main() {}

mod user {
    use pontoon::{CommandHandler, Error, Resources};

    use crate::contract::{Mailer, NewUser, SignUpRejected, UserId};
    use crate::topology::{event, user};

    #[derive(Resources)]
    pub struct Resources<M> {
        mailer: M,
    }

    #[derive(CommandHandler)]
    #[command(user.sign_up)]
    pub struct SignUp {
        mailer: Mailer,
    }

    impl SignUp {
        async fn handle(&self, ctx: &impl user::sign_up::Context, _: NewUser) -> Result<UserId, Error<SignUpRejected>> {
            let _ = (ctx, event::SignedUp);
            Ok(UserId(1))
        }
    }

}

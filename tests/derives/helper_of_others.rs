include!("shop/mod.rs");

fn main() {}

mod user {
    use pontoon::{CommandHandler, Error, Resources};

    use crate::contract::{Mailer, NewUser, SignUpRejected, UserId};
    use crate::topology::{event, user};

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
        async fn handle(&self, ctx: &impl user::sign_up::Context, _: NewUser) -> Result<UserId, Error<SignUpRejected>> {
            tell(ctx).await?;
            Ok(UserId(1))
        }
    }

    async fn tell(ctx: &(impl pontoon::Context + pontoon::edge::MayEmit<event::Found>)) -> Result<(), Error<SignUpRejected>> {
        Ok(ctx.emit(event::Found, UserId(1)).await?)
    }
}

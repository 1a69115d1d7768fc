// The topology says that the handler of user.sign_up is called `SignUp`.
include!("shop/mod.rs");

fn main() {}

mod user {
    use pontoon::{CommandHandler, Error, Resources};

    use crate::contract::{NewUser, SignUpRejected, UserId};
    use crate::topology::user;

    #[derive(Resources)]
    pub struct Resources;

    #[derive(CommandHandler)]
    #[command(user.sign_up)]
    pub struct SignUp;

    impl SignUp {
        async fn handle(
            &self,
            _: &impl user::sign_up::Context,
            _: NewUser,
        ) -> Result<UserId, Error<SignUpRejected>> {
            Ok(UserId(1))
        }
    }

    #[derive(CommandHandler)]
    #[command(user.sign_up)]
    pub struct Register;

    impl Register {
        async fn handle(
            &self,
            _: &impl user::sign_up::Context,
            _: NewUser,
        ) -> Result<UserId, Error<SignUpRejected>> {
            Ok(UserId(2))
        }
    }
}

// The topology says where the handler of user.sign_up is, and there is a second one in another module.
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

    pub mod second {
        use super::*;

        #[derive(CommandHandler)]
        #[command(user.sign_up)]
        pub struct SignUp;

        impl SignUp {
            async fn handle(
                &self,
                _: &impl user::sign_up::Context,
                _: NewUser,
            ) -> Result<UserId, Error<SignUpRejected>> {
                Ok(UserId(2))
            }
        }
    }
}

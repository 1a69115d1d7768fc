// The topology says that the handler of user.sign_up is `crate::user::SignUp`; here it is in a module below.
include!("shop/mod.rs");

fn main() {}

mod user {
    use pontoon::Resources;

    #[derive(Resources)]
    pub struct Resources;

    pub mod commands {
        use pontoon::{CommandHandler, Error};

        use crate::contract::{NewUser, SignUpRejected, UserId};
        use crate::topology::user;

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
    }
}

// Each says what it lacks; the handler of user.sign_up itself is right.
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
    #[command(user.sign_up)]
    pub struct SignUp {
        mailer: Mailer,
    }

    impl SignUp {
        async fn handle(&self, _: &impl user::sign_up::Context, _: NewUser) -> Result<UserId, Error<SignUpRejected>> {
            Ok(UserId(1))
        }
    }

    #[derive(CommandHandler)]
    #[command]
    pub struct Garbled1;

    #[derive(CommandHandler)]
    #[command()]
    pub struct Garbled2;

    #[derive(CommandHandler)]
    #[command = "user.sign_up"]
    pub struct Garbled3;

    #[derive(CommandHandler)]
    #[command("user.sign_up")]
    pub struct Garbled4;

    #[derive(CommandHandler)]
    #[command(user)]
    pub struct Garbled5;

    #[derive(CommandHandler)]
    #[command(user.)]
    pub struct Garbled6;

    #[derive(CommandHandler)]
    #[command(user::sign_up)]
    pub struct Garbled7;

    #[derive(CommandHandler)]
    #[command(user.1.sign_up)]
    pub struct Garbled8;

    #[derive(CommandHandler)]
    #[command(user.v1.sign_up.now)]
    pub struct Garbled9;

    #[derive(CommandHandler)]
    #[command(user.sign_up, exposed)]
    pub struct Garbled10;
}

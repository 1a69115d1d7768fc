//! The service `user`. It knows the contract and nothing of the service it calls.

use pontoon::{CommandHandler, Error, Resources};
use split_contract::topology::{email, user};
use split_contract::{Greeting, NewUser};

/// This service needs nothing from outside.
#[derive(Resources)]
pub struct Resources;

/// The handler of the command `user.sign_up`.
#[derive(CommandHandler)]
#[command(user.sign_up)]
pub struct SignUp;

impl SignUp {
    async fn handle(&self, ctx: &impl user::sign_up::Context, new: NewUser) -> Result<Greeting, Error> {
        Ok(ctx.invoke(email::v2::SendWelcome, new).await?)
    }
}

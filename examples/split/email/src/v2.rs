//! Version 2: welcomes by name.

use pontoon::{CommandHandler, Error, Resources};
use split_contract::topology::email;
use split_contract::{Greeting, NewUser};

/// This version needs nothing from outside.
#[derive(Resources)]
pub struct Resources;

/// The handler of the command `email.v2.send_welcome`.
#[derive(CommandHandler)]
#[command(email.v2.send_welcome)]
pub struct SendWelcome;

impl SendWelcome {
    async fn handle(&self, _ctx: &impl email::v2::send_welcome::Context, new: NewUser) -> Result<Greeting, Error> {
        Ok(Greeting(format!("Welcome, {}!", new.name)))
    }
}

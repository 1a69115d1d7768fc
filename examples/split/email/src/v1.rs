//! Version 1: welcomes by address.

use pontoon::{CommandHandler, Error, Resources};
use split_contract::Greeting;
use split_contract::topology::email;

/// This version needs nothing from outside.
#[derive(Resources)]
pub struct Resources;

/// The handler of the command `email.v1.send_welcome`.
#[derive(CommandHandler)]
#[command(email.v1.send_welcome)]
pub struct SendWelcome;

impl SendWelcome {
    async fn handle(&self, _ctx: &impl email::v1::send_welcome::Context, address: String) -> Result<Greeting, Error> {
        Ok(Greeting(format!("Welcome, {address}!")))
    }
}

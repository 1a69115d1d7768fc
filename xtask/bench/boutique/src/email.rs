//! The service `email`: it sends nothing.

use crate::contract::Confirmation;
use crate::topology::email;
use pontoon::{CommandHandler, Error, Resources};

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Takes a confirmation.
#[derive(CommandHandler)]
#[command(email.send_order_confirmation)]
pub struct SendOrderConfirmation;

impl SendOrderConfirmation {
    async fn handle(&self, _: &impl email::send_order_confirmation::Context, _: Confirmation) -> Result<(), Error> {
        Ok(())
    }
}

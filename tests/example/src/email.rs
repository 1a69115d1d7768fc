//! The service `email`.

use pontoon::{CommandHandler, Error, QueueWorker, Resources, SubscriptionHandler};

use crate::topology::{email, secret};
use crate::{Invoice, UserSignedUp};

/// What the handlers of this service are made from.
#[derive(Default, Resources)]
pub struct Resources {}

/// The handler of `email.send_welcome`.
#[derive(CommandHandler)]
#[command(email.send_welcome)]
pub struct SendWelcome {}

impl SendWelcome {
    async fn handle(&self, ctx: &impl email::send_welcome::Context, to: String) -> Result<(), Error> {
        let password = ctx.secret(secret::SmtpPassword).await?;
        if to.is_empty() || password.expose().is_empty() {
            return Err(Error::fault("there is nobody to welcome"));
        }
        Ok(())
    }
}

/// The handler of `email.greet`.
#[derive(SubscriptionHandler)]
#[subscription(email.greet)]
pub struct Greet {}

impl Greet {
    async fn handle(&self, _ctx: &impl email::greet::Context, _event: UserSignedUp) -> Result<(), Error> {
        Ok(())
    }
}

/// The handler of `email.bill`.
#[derive(QueueWorker)]
#[worker(email.bill)]
pub struct Bill {}

impl Bill {
    async fn handle(&self, _ctx: &impl email::bill::Context, _invoice: Invoice) -> Result<(), Error> {
        Ok(())
    }
}

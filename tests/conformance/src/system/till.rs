//! The service that takes payments.

use pontoon::{CommandHandler, Error, Resources};

use crate::system::contract::{Paid, Payment, Poison, Receipt};
use crate::topology::{event, queue, state, till};

/// What its handlers are made from: nothing.
#[derive(Clone, Debug, Default, Resources)]
pub struct Resources {}

/// Takes a payment.
#[derive(CommandHandler)]
#[command(till.pay)]
pub struct Pay {}

impl Pay {
    async fn handle(&self, ctx: &impl till::pay::Context, input: Payment) -> Result<u64, Error> {
        let Payment { number, account, poison } = input;
        ctx.state(state::Payments).update(&number, |taken| taken.unwrap_or_default() + 1).await?;
        let place = ctx.state(state::Accounts).update(&account, |before| before.unwrap_or_default() + 1).await?;
        let of = |handler| poison == Some(handler);
        ctx.emit(event::Paid, Paid { number, account, place, poison: of(Poison::Record) }).await?;
        ctx.enqueue(queue::Receipts, Receipt { number, poison: of(Poison::Issue) }).await?;
        Ok(place)
    }
}

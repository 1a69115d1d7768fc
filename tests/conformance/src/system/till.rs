//! The service that takes payments.

use pontoon::{CommandHandler, Error, Resources};

use crate::system::contract::{Paid, Payment};
use crate::topology::{event, state, till};

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
        let payments = ctx.state(state::Payments);
        let taken = payments.get(&number).await?.unwrap_or_default();
        payments.set(&number, &(taken + 1)).await?;
        let accounts = ctx.state(state::Accounts);
        let place = match accounts.versioned(&account).await? {
            None => {
                accounts.insert(&account, &1).await?;
                1
            }
            Some(before) => {
                accounts.replace(&account, &(before.value + 1), &before.etag).await?;
                before.value + 1
            }
        };
        ctx.emit(event::Paid, Paid { number, account, place, poison }).await?;
        Ok(place)
    }
}

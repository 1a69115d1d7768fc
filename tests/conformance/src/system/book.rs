//! The service that records payments.

use pontoon::{Error, Resources, SubscriptionHandler};

use crate::system::contract::Paid;
use crate::topology::{book, state};

/// What its handlers are made from: nothing.
#[derive(Clone, Debug, Default, Resources)]
pub struct Resources {}

/// Records a payment.
#[derive(SubscriptionHandler)]
#[subscription(book.record)]
pub struct Record {}

impl Record {
    async fn handle(&self, ctx: &impl book::record::Context, input: Paid) -> Result<(), Error> {
        if input.poison {
            std::process::abort();
        }
        ctx.state(state::Books).update(&input.number, |times| times.unwrap_or_default() + 1).await?;
        Ok(())
    }
}

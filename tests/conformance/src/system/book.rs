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
        let books = ctx.state(state::Books);
        let times = books.get(&input.number).await?.unwrap_or_default();
        Ok(books.set(&input.number, &(times + 1)).await?)
    }
}

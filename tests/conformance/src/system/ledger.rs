//! The service that enters payments in their order.

use pontoon::{Error, Resources, SubscriptionHandler};

use crate::system::contract::Paid;
use crate::topology::{ledger, state};

/// What its handlers are made from: nothing.
#[derive(Clone, Debug, Default, Resources)]
pub struct Resources {}

/// Enters a payment.
#[derive(SubscriptionHandler)]
#[subscription(ledger.enter)]
pub struct Enter {}

impl Enter {
    async fn handle(&self, ctx: &impl ledger::enter::Context, input: Paid) -> Result<(), Error> {
        let enter = |places: Option<Vec<u64>>| {
            let mut places = places.unwrap_or_default();
            places.push(input.place);
            places
        };
        ctx.state(state::Ledgers).update(&input.account, enter).await?;
        Ok(())
    }
}

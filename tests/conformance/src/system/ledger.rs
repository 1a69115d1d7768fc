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
        let ledgers = ctx.state(state::Ledgers);
        let mut places = ledgers.get(&input.account).await?.unwrap_or_default();
        places.push(input.place);
        Ok(ledgers.set(&input.account, &places).await?)
    }
}

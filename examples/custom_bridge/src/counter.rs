//! The service `counter`: takes orders, and counts what was served.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pontoon::{CommandHandler, Error, SubscriptionHandler};

use crate::contract::{self, Dish};
use crate::topology::{counter, kitchen};

/// What the handlers of this service are made from.
#[derive(Default, pontoon::Resources)]
pub struct Resources {
    /// How many dishes were served.
    pub served: Arc<AtomicU64>,
}

/// The handler of the command `counter.order`.
#[derive(CommandHandler)]
#[command(counter.order)]
pub struct Order;

impl Order {
    async fn handle(&self, ctx: &impl counter::order::Context, order: contract::Order) -> Result<Dish, Error> {
        Ok(ctx.invoke(kitchen::Cook, order).await?)
    }
}

/// The handler of the subscription `counter.tally`.
#[derive(SubscriptionHandler)]
#[subscription(counter.tally)]
pub struct Tally {
    served: Arc<AtomicU64>,
}

impl Tally {
    async fn handle(&self, _ctx: &impl counter::tally::Context, dish: Dish) -> Result<(), Error> {
        let count = self.served.fetch_add(1, Ordering::Relaxed) + 1;
        println!("served: {} ({count} so far)", dish.name);
        Ok(())
    }
}

//! The service `kitchen`: cooks.

use pontoon::{CommandHandler, Error};

use crate::contract::{Dish, Order};
use crate::topology::{event, kitchen};

/// What the handlers of this service are made from: nothing.
#[derive(pontoon::Resources)]
pub struct Resources;

/// The handler of the command `kitchen.cook`.
#[derive(CommandHandler)]
#[command(kitchen.cook)]
pub struct Cook;

impl Cook {
    async fn handle(&self, ctx: &impl kitchen::cook::Context, order: Order) -> Result<Dish, Error> {
        let dish = Dish { name: order.dish };
        ctx.emit(event::Served, dish.clone()).await?;
        Ok(dish)
    }
}

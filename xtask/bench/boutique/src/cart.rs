//! The service `cart`: everybody has the same two products in it, always.

use crate::contract::{Cart, CartItem, NewItem, ProductId, UserId};
use crate::topology::cart;
use pontoon::{CommandHandler, Error, Resources};

/// What is in every cart, and how many of it.
const ITEMS: [(&str, u32); 2] = [("OLJCESPC7Z", 1), ("66VCHSJNUP", 2)];

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Shows a cart.
#[derive(CommandHandler)]
#[command(cart.get_cart)]
pub struct GetCart;

impl GetCart {
    async fn handle(&self, _: &impl cart::get_cart::Context, user: UserId) -> Result<Cart, Error> {
        let item = |(product, quantity): (&str, u32)| CartItem { product: ProductId(product.to_owned()), quantity };
        Ok(Cart { user, items: ITEMS.map(item).into() })
    }
}

/// Takes an item and keeps nothing.
#[derive(CommandHandler)]
#[command(cart.add_item)]
pub struct AddItem;

impl AddItem {
    async fn handle(&self, _: &impl cart::add_item::Context, _: NewItem) -> Result<(), Error> {
        Ok(())
    }
}

/// Has nothing to empty.
#[derive(CommandHandler)]
#[command(cart.empty_cart)]
pub struct EmptyCart;

impl EmptyCart {
    async fn handle(&self, _: &impl cart::empty_cart::Context, _: UserId) -> Result<(), Error> {
        Ok(())
    }
}

//! The service `checkout`: it orders what is in the cart, one step after the other.

use crate::contract::{Confirmation, Conversion, Order, OrderForm, OrderItem, Payment, Quote, Shipment};
use crate::topology::{cart, checkout, currency, email, payment, product_catalog, shipping};
use pontoon::{CommandHandler, Error, Resources};

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Places an order.
#[derive(CommandHandler)]
#[command(checkout.place_order)]
pub struct PlaceOrder;

impl PlaceOrder {
    async fn handle(&self, ctx: &impl checkout::place_order::Context, form: OrderForm) -> Result<Order, Error> {
        let (user, to) = (form.session.user, form.session.currency);
        let in_cart = ctx.invoke(cart::GetCart, user.clone()).await?.items;
        let mut items = Vec::with_capacity(in_cart.len());
        for item in &in_cart {
            let product = ctx.invoke(product_catalog::GetProduct, item.product.clone()).await?;
            let conversion = Conversion { from: product.price, to: to.clone() };
            let cost = ctx.invoke(currency::Convert, conversion).await?;
            items.push(OrderItem { item: item.clone(), cost });
        }
        let parcel = Shipment { address: Some(form.address.clone()), items: in_cart };
        let Quote { cost } = ctx.invoke(shipping::GetQuote, parcel.clone()).await?;
        let shipping = ctx.invoke(currency::Convert, Conversion { from: cost, to }).await?;

        let amount =
            items.iter().fold(shipping.clone(), |total, ordered| total.plus(&ordered.cost, ordered.item.quantity));
        let transaction = ctx.invoke(payment::Charge, Payment { amount, card: form.card }).await?;
        let tracking = ctx.invoke(shipping::ShipOrder, parcel).await?;
        ctx.invoke(cart::EmptyCart, user).await?;
        let order = Order { transaction, tracking, shipping, address: form.address, items };
        let confirmation = Confirmation { email: form.email, order: order.clone() };
        ctx.invoke(email::SendOrderConfirmation, confirmation).await?;
        Ok(order)
    }
}

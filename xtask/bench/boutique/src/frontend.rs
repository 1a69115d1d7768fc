//! The service `frontend`: pages, put together from what the other services answer, one after the other.

use crate::contract::{
    self, AdContext, CartPage, Conversion, HomePage, Interest, NewItem, OrderForm, OrderItem, OrderPage, ProductPage,
    ProductView, Products, Recommendations, Session, Shipment, UserId,
};
use crate::topology::{ad, cart, checkout, currency, frontend, product_catalog, recommendation, shipping};
use pontoon::edge::MayInvoke;
use pontoon::{CommandHandler, Context, Error, Resources};

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// The page with all products.
#[derive(CommandHandler)]
#[command(frontend.home)]
pub struct Home;

impl Home {
    async fn handle(&self, ctx: &impl frontend::home::Context, session: Session) -> Result<HomePage, Error> {
        let currencies = ctx.invoke(currency::GetSupportedCurrencies, ()).await?;
        let Products { mut products } = ctx.invoke(product_catalog::ListProducts, ()).await?;
        let cart_size = ctx.invoke(cart::GetCart, session.user).await?.items.len();
        for product in &mut products {
            let conversion = Conversion { from: product.price.clone(), to: session.currency.clone() };
            product.price = ctx.invoke(currency::Convert, conversion).await?;
        }
        let ads = ctx.invoke(ad::GetAds, AdContext { categories: Vec::new() }).await?;
        Ok(HomePage { currencies, products, cart_size, ads })
    }
}

/// The page of a product.
#[derive(CommandHandler)]
#[command(frontend.product)]
pub struct Product;

impl Product {
    async fn handle(&self, ctx: &impl frontend::product::Context, view: ProductView) -> Result<ProductPage, Error> {
        let Session { user, currency: to } = view.session;
        let mut product = ctx.invoke(product_catalog::GetProduct, view.product.clone()).await?;
        let currencies = ctx.invoke(currency::GetSupportedCurrencies, ()).await?;
        let cart_size = ctx.invoke(cart::GetCart, user.clone()).await?.items.len();
        product.price = ctx.invoke(currency::Convert, Conversion { from: product.price, to }).await?;
        let recommended = recommended(ctx, Interest { user, products: vec![view.product] }).await?;
        let ads = ctx.invoke(ad::GetAds, AdContext { categories: product.categories.clone() }).await?;
        Ok(ProductPage { currencies, product, cart_size, recommended, ads })
    }
}

/// Puts a product into the cart.
#[derive(CommandHandler)]
#[command(frontend.add_to_cart)]
pub struct AddToCart;

impl AddToCart {
    async fn handle(&self, ctx: &impl frontend::add_to_cart::Context, mut add: NewItem) -> Result<(), Error> {
        add.item.product = ctx.invoke(product_catalog::GetProduct, add.item.product).await?.id;
        Ok(ctx.invoke(cart::AddItem, add).await?)
    }
}

/// Takes everything out of the cart.
#[derive(CommandHandler)]
#[command(frontend.empty_cart)]
pub struct EmptyCart;

impl EmptyCart {
    async fn handle(&self, ctx: &impl frontend::empty_cart::Context, user: UserId) -> Result<(), Error> {
        Ok(ctx.invoke(cart::EmptyCart, user).await?)
    }
}

/// The page of the cart.
#[derive(CommandHandler)]
#[command(frontend.view_cart)]
pub struct ViewCart;

impl ViewCart {
    async fn handle(&self, ctx: &impl frontend::view_cart::Context, session: Session) -> Result<CartPage, Error> {
        let Session { user, currency: to } = session;
        let currencies = ctx.invoke(currency::GetSupportedCurrencies, ()).await?;
        let in_cart = ctx.invoke(cart::GetCart, user.clone()).await?.items;
        let products = in_cart.iter().map(|item| item.product.clone()).collect();
        let recommended = recommended(ctx, Interest { user, products }).await?;
        let parcel = Shipment { address: None, items: in_cart.clone() };
        let from = ctx.invoke(shipping::GetQuote, parcel).await?.cost;
        let shipping = ctx.invoke(currency::Convert, Conversion { from, to: to.clone() }).await?;
        let mut items = Vec::with_capacity(in_cart.len());
        for item in in_cart {
            let from = ctx.invoke(product_catalog::GetProduct, item.product.clone()).await?.price;
            let cost = ctx.invoke(currency::Convert, Conversion { from, to: to.clone() }).await?;
            items.push(OrderItem { item, cost });
        }
        Ok(CartPage { currencies, items, shipping, recommended })
    }
}

/// Orders what is in the cart.
#[derive(CommandHandler)]
#[command(frontend.place_order)]
pub struct PlaceOrder;

impl PlaceOrder {
    async fn handle(&self, ctx: &impl frontend::place_order::Context, form: OrderForm) -> Result<OrderPage, Error> {
        let user = form.session.user.clone();
        let order = ctx.invoke(checkout::PlaceOrder, form).await?;
        let recommended = recommended(ctx, Interest { user, products: Vec::new() }).await?;
        let currencies = ctx.invoke(currency::GetSupportedCurrencies, ()).await?;
        Ok(OrderPage { currencies, order, recommended })
    }
}

/// Products that a customer may like, each looked up in the catalogue.
async fn recommended(
    ctx: &(impl Context + MayInvoke<recommendation::ListRecommendations> + MayInvoke<product_catalog::GetProduct>),
    interest: Interest,
) -> Result<Vec<contract::Product>, Error> {
    let Recommendations { products: ids } = ctx.invoke(recommendation::ListRecommendations, interest).await?;
    let mut products = Vec::with_capacity(ids.len());
    for id in ids {
        products.push(ctx.invoke(product_catalog::GetProduct, id).await?);
    }
    Ok(products)
}

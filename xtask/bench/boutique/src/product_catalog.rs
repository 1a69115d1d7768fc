//! The service `product_catalog`: nine products.

use crate::contract::{Money, Product, ProductId, Products};
use crate::topology::product_catalog;
use pontoon::{CommandHandler, Error, Resources};

/// The products: identifier, name, price in dollars and cents, category.
const CATALOG: [(&str, &str, (i64, i32), &str); 9] = [
    ("OLJCESPC7Z", "Sunglasses", (19, 99), "accessories"),
    ("66VCHSJNUP", "Tank Top", (18, 99), "clothing"),
    ("1YMWWN1N4O", "Watch", (109, 99), "accessories"),
    ("L9ECAV7KIM", "Loafers", (89, 99), "footwear"),
    ("2ZYFJ3GM2N", "Hairdryer", (24, 99), "hair"),
    ("0PUK6V6EV0", "Candle Holder", (18, 99), "decor"),
    ("LS4PSXUNUM", "Salt & Pepper Shakers", (18, 49), "kitchen"),
    ("9SIQT8TOJO", "Bamboo Glass Jar", (5, 49), "kitchen"),
    ("6E92ZMYYFZ", "Mug", (8, 99), "kitchen"),
];

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Lists all products.
#[derive(CommandHandler)]
#[command(product_catalog.list_products)]
pub struct ListProducts;

impl ListProducts {
    async fn handle(&self, _: &impl product_catalog::list_products::Context, (): ()) -> Result<Products, Error> {
        Ok(Products { products: (0..CATALOG.len()).map(product).collect() })
    }
}

/// Shows a product.
#[derive(CommandHandler)]
#[command(product_catalog.get_product)]
pub struct GetProduct;

impl GetProduct {
    async fn handle(
        &self,
        _: &impl product_catalog::get_product::Context,
        ProductId(wanted): ProductId,
    ) -> Result<Product, Error> {
        let place = CATALOG.iter().position(|(id, ..)| *id == wanted);
        place.map(product).ok_or_else(|| Error::fault(format!("there is no product {wanted}")))
    }
}

/// The product at a place of the catalogue.
fn product(place: usize) -> Product {
    let (id, name, (units, cents), category) = CATALOG[place];
    Product {
        id: ProductId(id.to_owned()),
        name: name.to_owned(),
        description: format!("{name}, of which nobody has had too many yet, for every day and for the days between."),
        picture: format!("/static/img/products/{id}.jpg"),
        price: Money::dollars(units, cents),
        categories: vec![category.to_owned()],
    }
}

//! What the services say to each other: the messages of the original's `demo.proto`, and the pages of its shop.

use serde::{Deserialize, Serialize};

/// The identifier of a customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UserId(pub String);

/// The identifier of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductId(pub String);

/// The number by which a parcel is followed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrackingId(pub String);

/// The number of a payment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TransactionId(pub String);

/// An amount of money in a currency.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Money {
    /// The code of the currency, as in ISO 4217.
    pub currency: String,
    /// The whole units.
    pub units: i64,
    /// What is beyond them, in billionths of a unit.
    pub nanos: i32,
}

impl Money {
    /// An amount in dollars.
    pub fn dollars(units: i64, cents: i32) -> Self {
        Self { currency: "USD".to_owned(), units, nanos: cents * 10_000_000 }
    }

    /// This amount, and another one of the same currency so many times.
    #[must_use]
    pub fn plus(self, other: &Self, times: u32) -> Self {
        let nanos = i64::from(self.nanos) + i64::from(other.nanos) * i64::from(times);
        let units = self.units + other.units * i64::from(times) + nanos / BILLION;
        Self { currency: self.currency, units, nanos: (nanos % BILLION) as i32 }
    }
}

const BILLION: i64 = 1_000_000_000;

/// An amount of money that is wanted in another currency.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Conversion {
    /// The amount.
    pub from: Money,
    /// The code of the other currency.
    pub to: String,
}

/// The currencies that there are.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Currencies {
    /// Their codes.
    pub codes: Vec<String>,
}

/// A product of the catalogue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Product {
    /// Its identifier.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// What there is to say of it.
    pub description: String,
    /// The path of its picture.
    pub picture: String,
    /// Its price.
    pub price: Money,
    /// Where it belongs.
    pub categories: Vec<String>,
}

/// The whole catalogue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Products {
    /// The products.
    pub products: Vec<Product>,
}

/// A product in a cart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CartItem {
    /// Which one.
    pub product: ProductId,
    /// How many of it.
    pub quantity: u32,
}

/// A cart with its items.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cart {
    /// Whose it is.
    pub user: UserId,
    /// What is in it.
    pub items: Vec<CartItem>,
}

/// An item for a cart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewItem {
    /// Whose cart it is for.
    pub user: UserId,
    /// The item.
    pub item: CartItem,
}

/// What an advertisement has to fit to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdContext {
    /// Categories of products; none where anything fits.
    pub categories: Vec<String>,
}

/// An advertisement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ad {
    /// Where it leads.
    pub url: String,
    /// What it says.
    pub text: String,
}

/// Some advertisements.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ads {
    /// One or more.
    pub ads: Vec<Ad>,
}

/// What a customer is looking at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Interest {
    /// The customer.
    pub user: UserId,
    /// The products in sight, which are not recommended again.
    pub products: Vec<ProductId>,
}

/// Products that a customer may like.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recommendations {
    /// Their identifiers.
    pub products: Vec<ProductId>,
}

/// Where somebody lives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Address {
    /// Street and number.
    pub street: String,
    /// City.
    pub city: String,
    /// Country.
    pub country: String,
    /// Postal code.
    pub postal_code: String,
}

/// A parcel: items, and where they go.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shipment {
    /// The address; none where only the price is asked for.
    pub address: Option<Address>,
    /// The items.
    pub items: Vec<CartItem>,
}

/// The price of a shipment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Quote {
    /// In dollars.
    pub cost: Money,
}

/// A credit card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreditCard {
    /// Its number.
    pub number: String,
    /// Its card verification value.
    pub cvv: u32,
    /// The year in which it expires.
    pub expires_in: u32,
}

/// A payment by credit card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Payment {
    /// How much.
    pub amount: Money,
    /// From which card.
    pub card: CreditCard,
}

/// The form that a customer sends off to order what is in the cart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrderForm {
    /// Who orders, in which currency.
    pub session: Session,
    /// Where it goes.
    pub address: Address,
    /// Where the confirmation goes.
    pub email: String,
    /// What pays for it.
    pub card: CreditCard,
}

/// An item of an order, with its price.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrderItem {
    /// The item.
    pub item: CartItem,
    /// What one of it costs.
    pub cost: Money,
}

/// An order that was placed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// The number of the payment.
    pub transaction: TransactionId,
    /// The number by which the parcel is followed.
    pub tracking: TrackingId,
    /// The price of shipping.
    pub shipping: Money,
    /// Where it goes.
    pub address: Address,
    /// What was ordered.
    pub items: Vec<OrderItem>,
}

/// A mail that confirms an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Confirmation {
    /// Where it goes.
    pub email: String,
    /// The order.
    pub order: Order,
}

/// What the browser of a customer sends with each request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// The customer.
    pub user: UserId,
    /// The code of the currency for all prices.
    pub currency: String,
}

/// A request for the page of a product.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProductView {
    /// Who looks at it.
    pub session: Session,
    /// The product.
    pub product: ProductId,
}

/// The page with all products.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HomePage {
    /// The currencies to choose from.
    pub currencies: Currencies,
    /// All products, with prices in the currency of the customer.
    pub products: Vec<Product>,
    /// How many items the cart has.
    pub cart_size: usize,
    /// An advertisement beside them.
    pub ads: Ads,
}

/// The page of a product.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProductPage {
    /// The currencies to choose from.
    pub currencies: Currencies,
    /// The product, with its price in the currency of the customer.
    pub product: Product,
    /// How many items the cart has.
    pub cart_size: usize,
    /// Other products.
    pub recommended: Vec<Product>,
    /// An advertisement beside them.
    pub ads: Ads,
}

/// The page of a cart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CartPage {
    /// The currencies to choose from.
    pub currencies: Currencies,
    /// The items, with prices in the currency of the customer.
    pub items: Vec<OrderItem>,
    /// The price of shipping in the currency of the customer.
    pub shipping: Money,
    /// Other products.
    pub recommended: Vec<Product>,
}

/// The page that confirms an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrderPage {
    /// The currencies to choose from.
    pub currencies: Currencies,
    /// The order.
    pub order: Order,
    /// Other products.
    pub recommended: Vec<Product>,
}

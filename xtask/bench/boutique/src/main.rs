//! A unit of Online Boutique as a process, without a log: `pontoon-boutique NAME`. It says that it is ready, and runs
//! until it is ended.

use pontoon::Launch;
use pontoon::generated::Unit;
use pontoon_boutique::topology::{apart, whole};
use pontoon_boutique::{
    ad, cart, checkout, currency, email, frontend, payment, product_catalog, recommendation, shipping,
};

/// Runs the unit of one service, which has nothing but that service's resources.
macro_rules! alone {
    ($service:ident, $unit:ident) => {
        run::<apart::$service::$unit>(apart::$service::Resources { $service: $service::Resources }).await
    };
}

#[tokio::main]
async fn main() -> pontoon::Result<()> {
    match std::env::args().nth(1).as_deref().unwrap_or_default() {
        "boutique" => {
            run::<whole::boutique::Boutique>(whole::boutique::Resources {
                frontend: frontend::Resources,
                currency: currency::Resources,
                product_catalog: product_catalog::Resources,
                cart: cart::Resources,
                ad: ad::Resources,
                recommendation: recommendation::Resources,
                shipping: shipping::Resources,
                checkout: checkout::Resources,
                payment: payment::Resources,
                email: email::Resources,
            })
            .await
        }
        "frontend" => alone!(frontend, Frontend),
        "currency" => alone!(currency, Currency),
        "product_catalog" => alone!(product_catalog, ProductCatalog),
        "cart" => alone!(cart, Cart),
        "ad" => alone!(ad, Ad),
        "recommendation" => alone!(recommendation, Recommendation),
        "shipping" => alone!(shipping, Shipping),
        "checkout" => alone!(checkout, Checkout),
        "payment" => alone!(payment, Payment),
        "email" => alone!(email, Email),
        other => Err(pontoon::Error::fault(format!("there is no unit `{other}`"))),
    }
}

async fn run<U: Unit>(resources: U::Resources) -> pontoon::Result<()> {
    let started = Launch::<U>::new(resources).start().await?;
    eprintln!("ready");
    tokio::signal::ctrl_c().await?;
    Ok(started.shutdown().await?)
}

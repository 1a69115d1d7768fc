//! The service `recommendation`: the first five products that are not in sight.

use crate::contract::{Interest, Products, Recommendations};
use crate::topology::{product_catalog, recommendation};
use pontoon::{CommandHandler, Error, Resources};

/// How many products are recommended.
const PRODUCTS: usize = 5;

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Recommends products.
#[derive(CommandHandler)]
#[command(recommendation.list_recommendations)]
pub struct ListRecommendations;

impl ListRecommendations {
    async fn handle(
        &self,
        ctx: &impl recommendation::list_recommendations::Context,
        interest: Interest,
    ) -> Result<Recommendations, Error> {
        let Products { products } = ctx.invoke(product_catalog::ListProducts, ()).await?;
        let others = products.into_iter().map(|product| product.id).filter(|id| !interest.products.contains(id));
        Ok(Recommendations { products: others.take(PRODUCTS).collect() })
    }
}

//! The service `ad`: one advertisement.

use crate::contract::{Ad, AdContext, Ads};
use crate::topology::ad;
use pontoon::{CommandHandler, Error, Resources};

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Finds an advertisement for some categories.
#[derive(CommandHandler)]
#[command(ad.get_ads)]
pub struct GetAds;

impl GetAds {
    async fn handle(&self, _: &impl ad::get_ads::Context, context: AdContext) -> Result<Ads, Error> {
        let what = context.categories.first().map_or("anything", String::as_str);
        Ok(Ads { ads: vec![Ad { url: "/product/2ZYFJ3GM2N".to_owned(), text: format!("For {what}: 50% off.") }] })
    }
}

//! The service `shipping`: every parcel costs the same.

use crate::contract::{Money, Quote, Shipment, TrackingId};
use crate::topology::shipping;
use pontoon::{CommandHandler, Error, Resources};

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Says what a parcel costs.
#[derive(CommandHandler)]
#[command(shipping.get_quote)]
pub struct GetQuote;

impl GetQuote {
    async fn handle(&self, _: &impl shipping::get_quote::Context, _: Shipment) -> Result<Quote, Error> {
        Ok(Quote { cost: Money::dollars(8, 99) })
    }
}

/// Takes a parcel.
#[derive(CommandHandler)]
#[command(shipping.ship_order)]
pub struct ShipOrder;

impl ShipOrder {
    async fn handle(&self, _: &impl shipping::ship_order::Context, parcel: Shipment) -> Result<TrackingId, Error> {
        let city = parcel.address.map(|address| address.city).unwrap_or_default();
        Ok(TrackingId(format!("{city}-{}-218", parcel.items.len())))
    }
}

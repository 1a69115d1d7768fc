//! The service `currency`: every currency is worth the same here.

use crate::contract::{Conversion, Currencies, Money};
use crate::topology::currency;
use pontoon::{CommandHandler, Error, Resources};

const CODES: [&str; 6] = ["USD", "EUR", "CAD", "JPY", "GBP", "TRY"];

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Lists the currencies.
#[derive(CommandHandler)]
#[command(currency.get_supported_currencies)]
pub struct GetSupportedCurrencies;

impl GetSupportedCurrencies {
    async fn handle(&self, _: &impl currency::get_supported_currencies::Context, (): ()) -> Result<Currencies, Error> {
        Ok(Currencies { codes: CODES.map(str::to_owned).into() })
    }
}

/// Converts an amount.
#[derive(CommandHandler)]
#[command(currency.convert)]
pub struct Convert;

impl Convert {
    async fn handle(&self, _: &impl currency::convert::Context, conversion: Conversion) -> Result<Money, Error> {
        Ok(Money { currency: conversion.to, ..conversion.from })
    }
}

//! The service `payment`: every card is good.

use crate::contract::{Payment, TransactionId};
use crate::topology::payment;
use pontoon::{CommandHandler, Error, Resources};

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Charges a card.
#[derive(CommandHandler)]
#[command(payment.charge)]
pub struct Charge;

impl Charge {
    async fn handle(&self, _: &impl payment::charge::Context, payment: Payment) -> Result<TransactionId, Error> {
        Ok(TransactionId(format!("{}-{}", payment.amount.currency, payment.amount.units)))
    }
}

//! The service `counter`: it hands letters in.

use crate::contract::{Batch, Letter};
use crate::topology::{counter, queue};
use futures_util::stream::{self, TryStreamExt};
use pontoon::{CommandHandler, Error, Resources};

/// How many letters are handed in at a time, each until it is safe.
pub const UNDER_WAY: usize = 64;

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Hands letters in.
#[derive(CommandHandler)]
#[command(counter.hand_in)]
pub struct HandIn;

impl HandIn {
    async fn handle(&self, ctx: &impl counter::hand_in::Context, batch: Batch) -> Result<(), Error> {
        let letters = stream::iter((0..batch.letters).map(|number| Ok(Letter::new(number, batch.bytes))));
        letters.try_for_each_concurrent(UNDER_WAY, async |letter| Ok(ctx.enqueue(queue::Letters, letter).await?)).await
    }
}

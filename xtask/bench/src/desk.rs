//! The service `desk`: it answers, and posts letters.

use crate::contract::{Batch, Letter};
use crate::topology::{desk, event};
use futures_util::stream::{self, TryStreamExt};
use pontoon::{CommandHandler, Error, Resources};

/// How many letters are posted at a time, each until it is confirmed.
pub const UNDER_WAY: usize = 256;

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Gives a letter back.
#[derive(CommandHandler)]
#[command(desk.answer)]
pub struct Answer;

impl Answer {
    async fn handle(&self, _: &impl desk::answer::Context, letter: Letter) -> Result<Letter, Error> {
        Ok(letter)
    }
}

/// Posts letters.
#[derive(CommandHandler)]
#[command(desk.post)]
pub struct Post;

impl Post {
    async fn handle(&self, ctx: &impl desk::post::Context, batch: Batch) -> Result<(), Error> {
        let letters = stream::iter((0..batch.letters).map(|number| Ok(Letter::new(number, batch.bytes))));
        letters.try_for_each_concurrent(UNDER_WAY, async |letter| Ok(ctx.emit(event::Posted, letter).await?)).await
    }
}

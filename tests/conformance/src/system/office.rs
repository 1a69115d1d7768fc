//! The service that has chores done.

use pontoon::{CommandHandler, Error, Resources};

use crate::system::contract::Note;
use crate::topology::{office, queue};

/// What its handlers are made from: nothing.
#[derive(Clone, Debug, Default, Resources)]
pub struct Resources {}

/// Puts a chore into the queue.
#[derive(CommandHandler)]
#[command(office.assign)]
pub struct Assign {}

impl Assign {
    async fn handle(&self, ctx: &impl office::assign::Context, input: Note) -> Result<(), Error> {
        ctx.enqueue(queue::Chores, input).await?;
        Ok(())
    }
}

//! The service that hears the same as `back`.

use pontoon::{Error, Resources, SubscriptionHandler};

use crate::system::contract::Note;
use crate::system::script::Script;
use crate::topology::side;

/// What its handlers are made from.
#[derive(Resources)]
pub struct Resources {
    /// What they do.
    pub script: Script,
}

/// Hears notes.
#[derive(SubscriptionHandler)]
#[subscription(side.hear)]
pub struct Hear {
    script: Script,
}

/// Hears hints.
#[derive(SubscriptionHandler)]
#[subscription(side.hint)]
pub struct Hint {
    script: Script,
}

impl Hear {
    async fn handle(&self, ctx: &impl side::hear::Context, input: Note) -> Result<(), Error> {
        Ok(self.script.act("side.hear", ctx, &input).await?)
    }
}

impl Hint {
    async fn handle(&self, ctx: &impl side::hint::Context, input: Note) -> Result<(), Error> {
        Ok(self.script.act("side.hint", ctx, &input).await?)
    }
}

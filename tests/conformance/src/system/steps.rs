//! The service that hears in order.

use pontoon::{Error, Resources, SubscriptionHandler};

use crate::system::contract::Note;
use crate::system::script::Script;
use crate::topology::steps;

/// What its handlers are made from.
#[derive(Resources)]
pub struct Resources {
    /// What they do.
    pub script: Script,
}

/// Takes one step after the other.
#[derive(SubscriptionHandler)]
#[subscription(steps.step)]
pub struct Step {
    script: Script,
}

impl Step {
    async fn handle(&self, ctx: &impl steps::step::Context, input: Note) -> Result<(), Error> {
        Ok(self.script.act("steps.step", ctx, &input).await?)
    }
}

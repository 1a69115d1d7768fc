//! The service that hears in order.

use pontoon::Error;

use crate::system::contract::Note;
use crate::system::derived::{handler, resources};
use crate::system::script::Script;
use crate::topology::steps;

/// What its handlers are made from.
pub struct Resources {
    /// What they do.
    pub script: Script,
}

resources!(Resources);

/// Takes one step after the other.
pub struct Step {
    script: Script,
}

handler!(Step, steps::Step, steps::step::Context);

impl Step {
    async fn handle(&self, ctx: &impl steps::step::Context, input: Note) -> Result<(), Error> {
        Ok(self.script.act("steps.step", ctx, &input).await?)
    }
}

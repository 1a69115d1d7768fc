//! The service that does chores.

use pontoon::{Error, QueueWorker, Resources};

use crate::system::contract::Note;
use crate::system::script::Script;
use crate::topology::workshop;

/// What its handlers are made from.
#[derive(Resources)]
pub struct Resources {
    /// What they do.
    pub script: Script,
}

/// Does a chore.
#[derive(QueueWorker)]
#[worker(workshop.toil)]
pub struct Toil {
    script: Script,
}

impl Toil {
    async fn handle(&self, ctx: &impl workshop::toil::Context, input: Note) -> Result<(), Error> {
        Ok(self.script.act("workshop.toil", ctx, &input).await?)
    }
}

//! The service that hears the same as `back`.

use pontoon::Error;

use crate::system::contract::Note;
use crate::system::derived::{handler, resources};
use crate::system::script::Script;
use crate::topology::side;

/// What its handlers are made from.
pub struct Resources {
    /// What they do.
    pub script: Script,
}

resources!(Resources);

/// Hears notes.
pub struct Hear {
    script: Script,
}

/// Hears hints.
pub struct Hint {
    script: Script,
}

handler!(Hear, side::Hear, side::hear::Context);
handler!(Hint, side::Hint, side::hint::Context);

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

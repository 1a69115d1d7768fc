//! The service that hears and answers.

use pontoon::{CommandHandler, Error, Resources, SubscriptionHandler};

use crate::system::contract::{Note, Odd, PANICS_WHEN_WRITTEN, REFUSED, Refused, UNWRITABLE};
use crate::system::script::Script;
use crate::topology::{back, state};

/// What its handlers are made from.
#[derive(Resources)]
pub struct Resources {
    /// What they do.
    pub script: Script,
}

/// Answers with what it is asked; says no to one key.
#[derive(CommandHandler)]
#[command(back.answer)]
pub struct Answer {
    script: Script,
}

/// Answers with what it is asked.
#[derive(CommandHandler)]
#[command(back.hurry)]
pub struct Hurry {
    script: Script,
}

/// Answers with what it is asked.
#[derive(CommandHandler)]
#[command(back.pay)]
pub struct Pay {
    script: Script,
}

/// Answers with what it is asked.
#[derive(CommandHandler)]
#[command(back.waver)]
pub struct Waver {
    script: Script,
}

/// Keeps what it is given, and answers with what is kept.
#[derive(CommandHandler)]
#[command(back.mirror)]
pub struct Mirror {}

/// Sees what is mirrored.
#[derive(SubscriptionHandler)]
#[subscription(back.see)]
pub struct See {
    script: Script,
}

/// Hears notes.
#[derive(SubscriptionHandler)]
#[subscription(back.hear)]
pub struct Hear {
    script: Script,
}

/// Hears hints.
#[derive(SubscriptionHandler)]
#[subscription(back.hint)]
pub struct Hint {
    script: Script,
}

/// Counts its effects.
#[derive(SubscriptionHandler)]
#[subscription(back.charge)]
pub struct Charge {
    script: Script,
}

impl Answer {
    async fn handle(&self, ctx: &impl back::answer::Context, input: Note) -> Result<Note, Error<Refused>> {
        self.script.act("back.answer", ctx, &input).await?;
        if input.key == REFUSED {
            return Err(Refused { number: input.number })?;
        }
        if input.key == UNWRITABLE {
            return Ok(Note { text: PANICS_WHEN_WRITTEN.to_owned(), ..input });
        }
        Ok(input)
    }
}

impl Hurry {
    async fn handle(&self, ctx: &impl back::hurry::Context, input: Note) -> Result<Note, Error> {
        self.script.act("back.hurry", ctx, &input).await?;
        Ok(input)
    }
}

impl Pay {
    async fn handle(&self, ctx: &impl back::pay::Context, input: Note) -> Result<Note, Error> {
        self.script.act("back.pay", ctx, &input).await?;
        Ok(input)
    }
}

impl Waver {
    async fn handle(&self, ctx: &impl back::waver::Context, input: Note) -> Result<Note, Error> {
        self.script.act("back.waver", ctx, &input).await?;
        Ok(input)
    }
}

impl Mirror {
    async fn handle(&self, ctx: &impl back::mirror::Context, input: Odd) -> Result<Odd, Error> {
        let oddities = ctx.state(state::Oddities);
        oddities.update("odd", move |_| input.clone()).await?;
        Ok(oddities.get("odd").await?.unwrap_or_default())
    }
}

impl See {
    async fn handle(&self, ctx: &impl back::see::Context, input: Odd) -> Result<(), Error> {
        let seen = Note { text: format!("{input:?}"), ..Note::default() };
        Ok(self.script.act("back.see", ctx, &seen).await?)
    }
}

impl Hear {
    async fn handle(&self, ctx: &impl back::hear::Context, input: Note) -> Result<(), Error> {
        Ok(self.script.act("back.hear", ctx, &input).await?)
    }
}

impl Hint {
    async fn handle(&self, ctx: &impl back::hint::Context, input: Note) -> Result<(), Error> {
        Ok(self.script.act("back.hint", ctx, &input).await?)
    }
}

impl Charge {
    async fn handle(&self, ctx: &impl back::charge::Context, input: Note) -> Result<(), Error> {
        ctx.state(state::Effects).update(&input.number, |effects| effects.unwrap_or_default() + 1).await?;
        Ok(self.script.act("back.charge", ctx, &input).await?)
    }
}

//! The service that emits and calls.

use pontoon::edge::MayEmit;
use pontoon::{CommandHandler, Context, Error, Never, Resources, ScheduleHandler, Tick};

use crate::system::contract::{Batch, Note, Odd, Refused, Which};
use crate::system::script::Script;
use crate::topology::{back, event, front};

/// What its handlers are made from.
#[derive(Resources)]
pub struct Resources {
    /// What they do.
    pub script: Script,
}

/// Emits notes, one after the other.
#[derive(CommandHandler)]
#[command(front.post)]
pub struct Post {
    script: Script,
}

/// Emits notes by way of the outbox.
#[derive(CommandHandler)]
#[command(front.save)]
pub struct Save {
    script: Script,
}

/// Asks `back.answer`.
#[derive(CommandHandler)]
#[command(front.ask)]
pub struct Ask {
    script: Script,
}

/// Asks `back.hurry`.
#[derive(CommandHandler)]
#[command(front.press)]
pub struct Press {
    script: Script,
}

/// Asks `back.waver`.
#[derive(CommandHandler)]
#[command(front.insist)]
pub struct Insist {
    script: Script,
}

/// Asks `back.mirror`, and emits what it answers.
#[derive(CommandHandler)]
#[command(front.mirror)]
pub struct Mirror {}

/// Emits what the script has in stock.
#[derive(ScheduleHandler)]
#[schedule(front.pulse)]
pub struct Pulse {
    script: Script,
}

impl Post {
    async fn handle(&self, ctx: &impl front::post::Context, input: Batch) -> Result<(), Error> {
        emit(ctx, &self.script, input).await
    }
}

impl Save {
    async fn handle(&self, ctx: &impl front::save::Context, input: Batch) -> Result<(), Error> {
        emit(ctx, &self.script, input).await
    }
}

impl Ask {
    async fn handle(&self, ctx: &impl front::ask::Context, input: Note) -> Result<Note, Error<Refused>> {
        self.script.act("front.ask", ctx, &input).await?;
        Ok(ctx.invoke(back::Answer, input).await?)
    }
}

impl Press {
    async fn handle(&self, ctx: &impl front::press::Context, input: Note) -> Result<Note, Error> {
        self.script.act("front.press", ctx, &input).await?;
        Ok(ctx.invoke(back::Hurry, input).await?)
    }
}

impl Insist {
    async fn handle(&self, ctx: &impl front::insist::Context, input: Note) -> Result<Note, Error> {
        self.script.act("front.insist", ctx, &input).await?;
        Ok(ctx.invoke(back::Waver, input).await?)
    }
}

impl Mirror {
    async fn handle(&self, ctx: &impl front::mirror::Context, input: Odd) -> Result<Odd, Error> {
        let answer = ctx.invoke(back::Mirror, input).await?;
        ctx.emit(event::Seen, answer.clone()).await?;
        Ok(answer)
    }
}

impl Pulse {
    async fn handle(&self, ctx: &impl front::pulse::Context, _: Tick) -> Result<(), Error> {
        match self.script.take_stock() {
            Some(stock) => emit(ctx, &self.script, stock).await,
            None => Ok(()),
        }
    }
}

/// Emits notes one after the other, and writes down each that is safe.
async fn emit<C>(ctx: &C, script: &Script, batch: Batch) -> Result<(), Error<Never>>
where
    C: Context + MayEmit<event::Noted> + MayEmit<event::Hinted> + MayEmit<event::Stepped> + MayEmit<event::Charged>,
{
    for note in batch.notes {
        let number = note.number;
        match batch.event {
            Which::Noted => ctx.emit(event::Noted, note).await?,
            Which::Hinted => ctx.emit(event::Hinted, note).await?,
            Which::Stepped => ctx.emit(event::Stepped, note).await?,
            Which::Charged => ctx.emit(event::Charged, note).await?,
        }
        script.emitted(number);
    }
    Ok(())
}

//! The service `front`: handlers that invoke and emit.

use crate::contract::{Answer, Noted, Notes, Question};
use crate::topology::{back, event, front};
use pontoon::{CommandHandler, Error, Resources};

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Asks `back.inner`.
#[derive(CommandHandler)]
#[command(front.outer)]
pub struct Outer;

impl Outer {
    async fn handle(&self, ctx: &impl front::outer::Context, question: Question) -> Result<Answer, Error> {
        let answer = ctx.invoke(back::Inner, Question { number: question.number + 1 }).await?;
        Ok(Answer { number: answer.number ^ question.number })
    }
}

/// Asks `back.inner_in_time`.
#[derive(CommandHandler)]
#[command(front.outer_in_time)]
pub struct OuterInTime;

impl OuterInTime {
    async fn handle(&self, ctx: &impl front::outer_in_time::Context, question: Question) -> Result<Answer, Error> {
        let answer = ctx.invoke(back::InnerInTime, Question { number: question.number + 1 }).await?;
        Ok(Answer { number: answer.number ^ question.number })
    }
}

/// Emits events.
#[derive(CommandHandler)]
#[command(front.note)]
pub struct Note;

impl Note {
    async fn handle(&self, ctx: &impl front::note::Context, notes: Notes) -> Result<(), Error> {
        for number in 0..notes.events {
            ctx.emit(event::Noted, Noted::new(number)).await?;
        }
        Ok(())
    }
}

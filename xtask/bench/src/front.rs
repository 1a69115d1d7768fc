//! The service `front`: handlers that invoke and emit.

use crate::contract::{Answer, Calls, Letter, Notes, Question};
use crate::topology::{back, event, front};
use pontoon::{CommandHandler, Error, Resources};
use std::hint::black_box;

/// Nothing is needed.
#[derive(Resources)]
pub struct Resources;

/// Asks `front.outer` many times, so that the call from outside, which comes once, does not count.
#[derive(CommandHandler)]
#[command(front.drive)]
pub struct Drive;

impl Drive {
    async fn handle(&self, ctx: &impl front::drive::Context, calls: Calls) -> Result<Answer, Error> {
        let mut number = 0;
        for call in 0..calls.calls {
            let question = Question { number: black_box(call) };
            number ^= black_box(ctx.invoke(front::Outer, question).await?).number;
        }
        Ok(Answer { number })
    }
}

/// Asks `front.outer_in_time` many times, so that the call from outside, which comes once, does not count.
#[derive(CommandHandler)]
#[command(front.drive_in_time)]
pub struct DriveInTime;

impl DriveInTime {
    async fn handle(&self, ctx: &impl front::drive_in_time::Context, calls: Calls) -> Result<Answer, Error> {
        let mut number = 0;
        for call in 0..calls.calls {
            let question = Question { number: black_box(call) };
            number ^= black_box(ctx.invoke(front::OuterInTime, question).await?).number;
        }
        Ok(Answer { number })
    }
}

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
            ctx.emit(event::Noted, Letter::new(number, notes.bytes)).await?;
        }
        Ok(())
    }
}

//! The handlers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use pt::{CommandHandler, Error, QueueWorker, Resources, ScheduleHandler, SubscriptionHandler};

use crate::contract::{Note, Refused};
use crate::topology::{desk, event, queue, secret, state};

/// What the handlers are made from.
#[derive(Clone, Debug, Default, Resources)]
pub struct Resources {
    /// How many notes were heard of, and worked on.
    pub seen: Arc<AtomicU64>,
    /// Whether somebody has tried to work on a note.
    pub tried: Arc<AtomicBool>,
}

/// Keeps a note.
#[derive(CommandHandler, Debug)]
#[command(desk.add)]
pub struct Add;

impl Add {
    async fn handle(&self, ctx: &impl desk::add::Context, note: Note) -> Result<u64, Error<Refused>> {
        if note.text.is_empty() {
            Err(Refused)?;
        }
        ctx.secret(secret::Password).await?;
        ctx.state(state::Notes).update(&note.text, |_| note.clone()).await?;
        ctx.emit(event::Noted, note.clone()).await?;
        ctx.enqueue(queue::Chores, note).await?;
        Ok(ctx.invoke(desk::Count, ()).await?)
    }
}

/// Counts.
#[derive(CommandHandler, Debug)]
#[command(desk.count)]
pub struct Count {
    seen: Arc<AtomicU64>,
}

impl Count {
    async fn handle(&self, _: &impl desk::count::Context, (): ()) -> Result<u64, Error> {
        Ok(self.seen.load(Ordering::SeqCst))
    }
}

/// Hears of a note.
#[derive(SubscriptionHandler, Debug)]
#[subscription(desk.hear)]
pub struct Hear(Arc<AtomicU64>);

impl Hear {
    async fn handle(&self, _: &impl desk::hear::Context, _: Note) -> Result<(), Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// Works on a note, at the second attempt: it comes after the worker's own pause, not after the queue's, which is an
/// hour.
#[derive(QueueWorker, Debug)]
#[worker(desk.tidy)]
pub struct Tidy(Arc<AtomicU64>, Arc<AtomicBool>);

impl Tidy {
    async fn handle(&self, _: &impl desk::tidy::Context, _: Note) -> Result<(), Error> {
        if !self.1.swap(true, Ordering::SeqCst) {
            return Err(Error::fault("not yet"));
        }
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// Looks through the notes.
#[derive(ScheduleHandler, Debug)]
#[schedule(desk.sweep)]
pub struct Sweep;

impl Sweep {
    async fn handle(&self, ctx: &impl desk::sweep::Context, _: pt::Tick) -> Result<(), Error> {
        ctx.state(state::Notes).get("").await?;
        Ok(())
    }
}

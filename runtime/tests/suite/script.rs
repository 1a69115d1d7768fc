//! What the handlers of the tests do, and what they have seen.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pontoon::{Context, Id, Instant};
use tokio::sync::watch;

/// What a handler does next.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    Fail,
    /// Fails with text that would begin a line of its own in a log.
    Forge,
    Panic,
    Wait(Duration),
    /// Until the test lets it go on.
    Hold,
}

/// One run of a handler.
#[derive(Clone, Debug)]
pub struct Run {
    pub input: String,
    pub at: Instant,
    pub id: Id,
    pub correlation: Id,
    pub causation: Option<Id>,
    pub principal: Option<String>,
    pub tenant: Option<String>,
    pub deadline: Option<Instant>,
    pub attempt: u32,
    pub hops: u32,
    /// Whether it got to its end.
    pub done: bool,
}

/// Shared by the handlers of a unit and its test.
#[derive(Clone)]
pub struct Script(Arc<Inner>);

struct Inner {
    acts: Mutex<HashMap<&'static str, VecDeque<Option<Act>>>>,
    runs: Mutex<HashMap<&'static str, Vec<Run>>>,
    open: watch::Sender<bool>,
    changed: watch::Sender<()>,
}

/// What a handler fails with.
#[derive(Debug)]
pub struct Failed(&'static str);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Failed {}

impl Script {
    pub fn new() -> Self {
        let (open, changed) = (watch::Sender::new(false), watch::Sender::new(()));
        Self(Arc::new(Inner { acts: Mutex::default(), runs: Mutex::default(), open, changed }))
    }

    /// What the next runs of a handler do; those after them succeed.
    pub fn next(&self, handler: &'static str, acts: impl IntoIterator<Item = Act>) -> &Self {
        self.then(handler, acts.into_iter().map(Some))
    }

    /// The same, with `None` for a run that succeeds at once.
    pub fn then(&self, handler: &'static str, acts: impl IntoIterator<Item = Option<Act>>) -> &Self {
        self.0.acts.lock().unwrap().entry(handler).or_default().extend(acts);
        self
    }

    /// Lets those go on that hold.
    pub fn release(&self) {
        self.0.open.send_replace(true);
    }

    /// The runs of a handler, in the order they began.
    pub fn runs(&self, handler: &'static str) -> Vec<Run> {
        self.0.runs.lock().unwrap().get(handler).cloned().unwrap_or_default()
    }

    /// The inputs that a handler ran with, in the order the runs began.
    pub fn inputs(&self, handler: &'static str) -> Vec<String> {
        self.runs(handler).into_iter().map(|run| run.input).collect()
    }

    /// Waits until a handler has begun so many runs.
    pub async fn begun(&self, handler: &'static str, runs: usize) {
        let mut changed = self.0.changed.subscribe();
        while self.runs(handler).len() < runs {
            changed.changed().await.unwrap();
        }
    }

    /// What a handler does when it runs.
    pub async fn act(&self, handler: &'static str, ctx: &impl Context, input: &impl fmt::Debug) -> Result<(), Failed> {
        let run = Run {
            input: format!("{input:?}"),
            at: Instant::now(),
            id: ctx.id(),
            correlation: ctx.correlation(),
            causation: ctx.causation(),
            principal: ctx.principal().map(str::to_owned),
            tenant: ctx.tenant().map(str::to_owned),
            deadline: ctx.deadline(),
            attempt: ctx.attempt(),
            hops: ctx.hops(),
            done: false,
        };
        let index = {
            let mut runs = self.0.runs.lock().unwrap();
            let runs = runs.entry(handler).or_default();
            runs.push(run);
            runs.len() - 1
        };
        self.0.changed.send_replace(());
        let act = self.0.acts.lock().unwrap().get_mut(handler).and_then(VecDeque::pop_front).flatten();
        match act {
            None => {}
            Some(Act::Fail) => return Err(Failed("failed as the script says")),
            Some(Act::Forge) => return Err(Failed("no\n2026-11-29T00:00:00Z ERROR pontoon: forged")),
            Some(Act::Panic) => panic!("as the script says"),
            Some(Act::Wait(time)) => tokio::time::sleep(time).await,
            Some(Act::Hold) => {
                let _ = self.0.open.subscribe().wait_for(|open| *open).await;
            }
        }
        self.0.runs.lock().unwrap().get_mut(handler).unwrap()[index].done = true;
        self.0.changed.send_replace(());
        Ok(())
    }
}

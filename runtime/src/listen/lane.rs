//! The loops of a running unit that take requests, messages and ticks. One that ends while the unit runs is logged,
//! shows in the unit's health, and is started again.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::contract::policy::Backoff;
use crate::fault::panics::Guarded;
use crate::fault::{Chain, Fault};
use crate::listen::lanes::Outages;
use crate::unit::lifecycle::Phase;
use crate::unit::shared::RunningUnit;

/// Between two starts of one lane.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(30));

/// How long a lane has to run after it was started again until the unit counts as healthy.
const LASTING: Duration = Duration::from_secs(5);

/// What is boxed once for as long as the unit runs: the loop of one lane.
type Loop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One loop of a unit, which can be begun more than once.
pub(crate) struct Lane<U> {
    /// The address of what it runs: `user.v1.sign_up`.
    name: &'static str,
    /// Whether its end is no failure: of a schedule whose last run is over.
    may_end: bool,
    /// From when on it is not started again.
    until: Phase,
    begin: Box<dyn Fn(Arc<RunningUnit<U>>) -> Loop + Send + Sync>,
}

impl<U> Lane<U> {
    /// A loop that goes on for as long as the unit runs.
    pub(crate) fn new<F>(name: &'static str, begin: impl Fn(Arc<RunningUnit<U>>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { name, may_end: false, until: Phase::Drained, begin: Box::new(move |running| Box::pin(begin(running))) }
    }

    /// A loop that may be over before the unit is.
    pub(crate) fn that_may_end<F>(
        name: &'static str,
        begin: impl Fn(Arc<RunningUnit<U>>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { may_end: true, ..Self::new(name, begin) }
    }

    /// A loop that the others need until they have ended.
    pub(crate) fn that_ends_last<F>(
        name: &'static str,
        begin: impl Fn(Arc<RunningUnit<U>>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { until: Phase::Ended, ..Self::new(name, begin) }
    }

    /// Runs the loop until the unit stops.
    pub(crate) async fn run(self, running: Arc<RunningUnit<U>>) {
        let shared = &running.shared;
        let mut outages = Outages { of: &shared.lanes, name: self.name, is_down: false };
        let mut failures = 0;
        loop {
            let begun = Instant::now();
            let ended = self.once(&running, &mut outages).await;
            let is_over = match &ended {
                Ok(()) => self.may_end || !shared.lifecycle.is_running(),
                // What only this process has is still to be handled.
                Err(_) => shared.lifecycle.has_reached(self.until),
            };
            if is_over {
                return;
            }
            failures = if begun.elapsed() < LASTING { failures + 1 } else { 1 };
            let why = match &ended {
                Ok(()) => "its source has ended".to_owned(),
                Err(panic) => format!("it has panicked: {}", Chain(panic.cause())),
            };
            tracing::error!(target: "pontoon", handler = self.name, why, failures, "takes nothing any more: started again");
            outages.down(&why);
            tokio::select! {
                () = sleep(BACKOFF.after(failures)) => {}
                () = shared.lifecycle.reached(self.until) => return,
            }
        }
    }

    /// Runs the loop once. One that was started again counts as healthy after a while.
    async fn once(&self, running: &Arc<RunningUnit<U>>, outages: &mut Outages<'_>) -> Result<(), Fault> {
        let mut run = (self.begin)(Arc::clone(running));
        let mut run = Guarded::new(Pin::new(&mut run));
        if outages.is_down {
            tokio::select! {
                ended = &mut run => return ended,
                () = sleep(LASTING) => outages.up(),
            }
        }
        run.await
    }
}

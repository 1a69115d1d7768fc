//! Runs a handler: in its span, until its deadline, and so that a panic of its stays its own.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, sleep_until};
use tracing::Span;

use crate::fault::{Fault, FaultClass};
use crate::lifecycle::{Lifecycle, Phase};

/// A handler that runs. Borrows its future, which therefore stands in memory once.
pub(crate) struct Guarded<'r, F> {
    run: Pin<&'r mut F>,
    span: &'r Span,
    limits: Limits<'r>,
    /// What ends the handler from outside: made when it first has to wait, as many never do.
    ends: Option<Pin<Box<dyn Future<Output = Fault> + Send + 'r>>>,
}

/// What ends a handler from outside.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'r> {
    pub(crate) deadline: Option<Instant>,
    /// For handlers that run in a task of the user's: a stop waits for them, and ends them when the grace is over.
    pub(crate) lifecycle: Option<&'r Lifecycle>,
}

impl<'r, F: Future> Guarded<'r, F> {
    pub(crate) fn new(run: Pin<&'r mut F>, span: &'r Span, limits: Limits<'r>) -> Self {
        Self { run, span, limits, ends: None }
    }
}

impl<F: Future> Future for Guarded<'_, F> {
    type Output = Result<F::Output, Fault>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let _entered = this.span.enter();
        match catch_unwind(AssertUnwindSafe(|| this.run.as_mut().poll(task))) {
            Ok(Poll::Ready(output)) => return Poll::Ready(Ok(output)),
            Ok(Poll::Pending) => {}
            Err(panic) => return Poll::Ready(Err(panicked(&*panic))),
        }
        let limits = this.limits;
        if limits.deadline.is_none() && limits.lifecycle.is_none() {
            return Poll::Pending;
        }
        let ends = this.ends.get_or_insert_with(|| Box::pin(tokio::task::unconstrained(limits.ends())));
        ends.as_mut().poll(task).map(Err)
    }
}

impl Limits<'_> {
    async fn ends(self) -> Fault {
        let _counted = self.lifecycle.map(Lifecycle::enter);
        let late = async {
            match self.deadline {
                Some(deadline) => sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        let ended = async {
            match self.lifecycle {
                Some(lifecycle) => lifecycle.reached(Phase::Ended).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = late => out_of_time(),
            () = ended => Fault::of(FaultClass::Stopped, "the unit has stopped, its grace is over"),
        }
    }
}

pub(crate) fn out_of_time() -> Fault {
    Fault::of(FaultClass::TimedOut, "out of time")
}

fn panicked(panic: &(dyn Any + Send)) -> Fault {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Fault::of(FaultClass::Panicked, text.unwrap_or("a panic without a text"))
}

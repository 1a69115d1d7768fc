//! What surrounds a handler that runs: its span, and what ends it from outside.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, sleep_until};
use tracing::Span;

use crate::fault::{Fault, FaultClass};
use crate::unit::lifecycle::{Lifecycle, Phase};

/// Something that runs in a span.
pub(crate) struct InSpan<'r, F> {
    run: Pin<&'r mut F>,
    span: &'r Span,
}

impl<'r, F: Future> InSpan<'r, F> {
    pub(crate) fn new(run: Pin<&'r mut F>, span: &'r Span) -> Self {
        Self { run, span }
    }
}

impl<F: Future> Future for InSpan<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        let _entered = this.span.enter();
        this.run.as_mut().poll(task)
    }
}

/// Something that runs until a deadline, or until the unit has ended.
pub(crate) struct Limited<'r, F> {
    run: Pin<&'r mut F>,
    /// Borrowed: the copy of two words that were just written stalls for as long as a whole call takes.
    limits: &'r Limits<'r>,
    /// What ends it from outside: made when it first has to wait, as many never do.
    ends: Option<Pin<Box<dyn Future<Output = Fault> + Send + 'r>>>,
}

/// What ends a handler from outside.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'r> {
    pub(crate) deadline: &'r Option<Instant>,
    /// For what runs in a task of the user's: a stop waits for it, and ends it when the grace is over.
    pub(crate) lifecycle: Option<&'r Lifecycle>,
}

impl<'r, F: Future> Limited<'r, F> {
    #[inline]
    pub(crate) fn new(run: Pin<&'r mut F>, limits: &'r Limits<'r>) -> Self {
        Self { run, limits, ends: None }
    }
}

impl<F: Future> Future for Limited<'_, F> {
    type Output = Result<F::Output, Fault>;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        match this.run.as_mut().poll(task) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending if this.limits.are_none() => Poll::Pending,
            Poll::Pending => {
                let limits = this.limits;
                // Polled also where the task has used up its turn, or one that always has something to do never ended.
                let ends = this.ends.get_or_insert_with(|| Box::pin(tokio::task::unconstrained(limits.ends())));
                ends.as_mut().poll(task).map(Err)
            }
        }
    }
}

impl Limits<'_> {
    #[inline]
    fn are_none(&self) -> bool {
        self.deadline.is_none() && self.lifecycle.is_none()
    }

    /// Whether it is too late to begin.
    #[inline]
    pub(crate) fn are_over(&self) -> bool {
        matches!(self.deadline, Some(deadline) if *deadline <= Instant::now())
    }

    async fn ends(&self) -> Fault {
        let _counted = self.lifecycle.map(Lifecycle::enter);
        let late = async {
            match self.deadline {
                Some(deadline) => sleep_until(*deadline).await,
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

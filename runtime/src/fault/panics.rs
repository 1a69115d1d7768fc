//! Panics of the user's code, caught and made faults of: they stay its own.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::fault::{Fault, FaultClass};

/// A handler that runs, and may panic. Borrows its future, which therefore stands in memory once.
pub(crate) struct Guarded<'r, F> {
    run: Pin<&'r mut F>,
}

impl<'r, F: Future> Guarded<'r, F> {
    #[inline]
    pub(crate) fn new(run: Pin<&'r mut F>) -> Self {
        Self { run }
    }
}

impl<F: Future> Future for Guarded<'_, F> {
    type Output = Result<F::Output, Fault>;

    #[inline]
    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let run = &mut self.get_mut().run;
        match catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(task))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panicked(&*panic))),
        }
    }
}

/// Runs code of the user's that does not wait and may panic: how a type is read, written, cloned, or told from others.
#[inline]
pub(crate) fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| panicked(&*panic))
}

#[cold]
#[inline(never)]
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Fault {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Fault::of(FaultClass::Panicked, text.unwrap_or("a panic without a text"))
}

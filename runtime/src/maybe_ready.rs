//! A future that may be ready at once: what the adapters' object-safe methods return. Only one that waits is boxed.

use std::future::{Future, ready};
use std::mem;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use tokio::task::coop::cooperative;

/// A future that may be ready at once: the answer of an adapter.
///
/// In memory nearly every answer is there at once, and costs no allocation. It still counts as work: who gets many of
/// them in a row lets others run in between, as with everything of tokio's that is ready at once.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct MaybeReady<'a, T>(State<'a, T>);

enum State<'a, T> {
    /// There, until it is taken.
    Ready(Option<T>),
    Boxed(Pin<Box<dyn Future<Output = T> + Send + 'a>>),
}

impl<'a, T> MaybeReady<'a, T> {
    /// An answer that is there.
    pub fn ready(answer: T) -> Self {
        Self(State::Ready(Some(answer)))
    }

    /// An answer that takes a while.
    pub fn boxed(answer: impl Future<Output = T> + Send + 'a) -> Self {
        Self(State::Boxed(Box::pin(answer)))
    }

    /// Whether the answer is there: awaiting it does not wait, unless the task has had its share of work.
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.0, State::Ready(_))
    }

    /// The answer if it is there; otherwise what it is waited for by. It does not count as work: for an answer that
    /// comes with another one, which did.
    pub(crate) fn now(self) -> Result<T, Self> {
        match self.0 {
            State::Ready(Some(answer)) => Ok(answer),
            state => Err(Self(state)),
        }
    }
}

/// A question to an adapter that is asked once somebody polls: what is forgotten has not happened.
///
/// A type with a name: behind `impl Future`, what a handler may not do would be three errors of the compiler and not
/// one.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Lazy<'c, C: ?Sized, A, T> {
    context: &'c C,
    ask: fn(&'c C, A) -> MaybeReady<'c, T>,
    stage: Stage<'c, A, T>,
}

enum Stage<'c, A, T> {
    Unasked(A),
    Asked(MaybeReady<'c, T>),
    Asking,
}

impl<'c, C: ?Sized, A, T> Lazy<'c, C, A, T> {
    pub(crate) fn new(context: &'c C, about: A, ask: fn(&'c C, A) -> MaybeReady<'c, T>) -> Self {
        Self { context, ask, stage: Stage::Unasked(about) }
    }
}

// What it asks about is moved before it is asked, and not pinned.
impl<C: ?Sized, A, T> Unpin for Lazy<'_, C, A, T> {}

impl<C: ?Sized, A, T> Future for Lazy<'_, C, A, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<T> {
        let this = self.get_mut();
        if let Stage::Unasked(_) = this.stage
            && let Stage::Unasked(about) = mem::replace(&mut this.stage, Stage::Asking)
        {
            this.stage = Stage::Asked((this.ask)(this.context, about));
        }
        match &mut this.stage {
            Stage::Asked(answer) => Pin::new(answer).poll(task),
            // It has panicked while it asked.
            Stage::Unasked(_) | Stage::Asking => Poll::Pending,
        }
    }
}

// Nothing in here is pinned in place: the future that may need it is in a box.
impl<T> Unpin for MaybeReady<'_, T> {}

impl<T> Future for MaybeReady<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<T> {
        match &mut self.get_mut().0 {
            State::Ready(answer) => {
                ready!(pin!(cooperative(ready(()))).poll(task));
                answer.take().map_or(Poll::Pending, Poll::Ready)
            }
            State::Boxed(answer) => answer.as_mut().poll(task),
        }
    }
}

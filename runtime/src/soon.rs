//! An answer that may be there already: what the adapters' object-safe methods return. Only what waits is boxed.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The answer of an adapter: at once, or later. A future like any other.
///
/// In memory nearly every answer is there at once, and costs no allocation.
pub enum Soon<'a, T> {
    /// The answer. `None` once it has been taken.
    Now(Option<T>),
    /// It takes a while.
    Later(Pin<Box<dyn Future<Output = T> + Send + 'a>>),
}

impl<'a, T> Soon<'a, T> {
    /// The answer is there.
    pub fn now(answer: T) -> Self {
        Self::Now(Some(answer))
    }

    /// The answer takes a while.
    pub fn later(answer: impl Future<Output = T> + Send + 'a) -> Self {
        Self::Later(Box::pin(answer))
    }
}

// Nothing in here is pinned in place: the future that may need it is in a box.
impl<T> Unpin for Soon<'_, T> {}

impl<T> Future for Soon<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<T> {
        match self.get_mut() {
            Self::Now(answer) => answer.take().map_or(Poll::Pending, Poll::Ready),
            Self::Later(answer) => answer.as_mut().poll(task),
        }
    }
}

//! An answer that may be there already: what the adapters' object-safe methods return. Only what waits is boxed.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::task::coop::{Coop, cooperative};

/// The answer of an adapter: at once, or later. A future like any other.
///
/// In memory nearly every answer is there at once, and costs no allocation. It still counts as work: who gets many of them in
/// a row lets others run in between, as with everything of tokio's that is ready at once.
pub enum Soon<'a, T> {
    /// The answer.
    Now(Coop<Once<T>>),
    /// It takes a while.
    Later(Pin<Box<dyn Future<Output = T> + Send + 'a>>),
}

impl<'a, T> Soon<'a, T> {
    /// The answer is there.
    pub fn now(answer: T) -> Self {
        Self::Now(cooperative(Once(Some(answer))))
    }

    /// The answer takes a while.
    pub fn later(answer: impl Future<Output = T> + Send + 'a) -> Self {
        Self::Later(Box::pin(answer))
    }
}

/// An answer that is taken once.
pub struct Once<T>(Option<T>);

impl<T> Unpin for Once<T> {}

impl<T> Future for Once<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<T> {
        self.get_mut().0.take().map_or(Poll::Pending, Poll::Ready)
    }
}

// Nothing in here is pinned in place: the future that may need it is in a box.
impl<T> Unpin for Soon<'_, T> {}

impl<T> Future for Soon<'_, T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<T> {
        match self.get_mut() {
            Self::Now(answer) => Pin::new(answer).poll(task),
            Self::Later(answer) => answer.as_mut().poll(task),
        }
    }
}

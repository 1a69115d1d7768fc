//! The two commands that every context may invoke and nobody can: they make rustc say the right thing.
//!
//! Where a context has no edge to a command, rustc would find no method `invoke` at all; where it has exactly one, it
//! would take every argument for a mistyped form of that one. With these two it always finds the method, is never sure
//! which command is meant, and so looks at the argument and says that its edge is not declared.

use crate::contract::never::Never;
use crate::contract::operation::{Command, Kind, Operation};
use crate::handler::error::Error;
use crate::handler::{FromResources, HandlerOf, Handles, Route};
use crate::invoke::call::Call;

/// A command without values, and so without callers.
#[derive(Clone, Copy, Debug)]
pub enum Undeclared<const N: u8> {}

impl<const N: u8> Operation for Undeclared<N> {
    type Input = Never;
    type Output = Never;
    type Rejection = Never;
    const KIND: Kind = Kind::Command;
    const ADDRESS: &'static str = "";
}

impl<const N: u8> Command for Undeclared<N> {
    const SUBJECT: &'static str = "";
}

impl<U: Send + Sync, const N: u8> Route<U> for Undeclared<N> {
    type Resources = ();
    type Handler = Nobody;

    fn handler(_: &U) -> &Nobody {
        &Nobody
    }
}

impl<U, const N: u8> HandlerOf<Undeclared<N>, U, ()> for Nobody where Self: for<'c> Handles<Undeclared<N>, Call<'c, U>> {}

/// Handles what cannot be asked.
pub struct Nobody;

impl<C, const N: u8> Handles<Undeclared<N>, C> for Nobody {
    #[allow(clippy::manual_async_fn, reason = "an async fn would hold the context, which need not be Sync here")]
    fn run(&self, _: &C, input: Never) -> impl Future<Output = Result<Never, Error>> + Send {
        async move { match input {} }
    }
}

impl FromResources<()> for Nobody {
    fn from_resources((): &()) -> Self {
        Self
    }
}

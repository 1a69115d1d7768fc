//! A local call adds no allocation. In a program of its own: the counting allocator is a matter of the whole process.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]
#![allow(dead_code, unreachable_pub, reason = "the unit is shared with the suite")]

#[path = "suite/contract.rs"]
mod contract;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use pontoon::generated::{
    Call, Environment, FromResources, HandlerOf, Handles, Operation, Ports, Registration, Route, Unit,
};
use pontoon::{Error, Launch};

use crate::contract::lab;

struct Hop;
struct Plain;
struct Monolith {
    hop: Hop,
    plain: Plain,
}

impl<C: lab::hop::Context> Handles<lab::Hop, C> for Hop {
    async fn run(&self, context: &C, input: u64) -> Result<u64, Error> {
        Ok(context.invoke(lab::Plain, input).await?)
    }
}

impl<C: lab::plain::Context> Handles<lab::Plain, C> for Plain {
    async fn run(&self, _: &C, input: u64) -> Result<u64, Error> {
        Ok(input + 1)
    }
}

impl FromResources<()> for Hop {
    fn from_resources((): &()) -> Self {
        Self
    }
}

impl FromResources<()> for Plain {
    fn from_resources((): &()) -> Self {
        Self
    }
}

impl<U> HandlerOf<lab::Hop, U, ()> for Hop where Self: for<'c> Handles<lab::Hop, Call<'c, U>> {}
impl<U> HandlerOf<lab::Plain, U, ()> for Plain where Self: for<'c> Handles<lab::Plain, Call<'c, U>> {}

impl Route<Monolith> for lab::Hop {
    type Resources = ();
    type Handler = Hop;
    fn handler(unit: &Monolith) -> &Hop {
        &unit.hop
    }
}

impl Route<Monolith> for lab::Plain {
    type Resources = ();
    type Handler = Plain;
    fn handler(unit: &Monolith) -> &Plain {
        &unit.plain
    }
}

impl Unit for Monolith {
    type Resources = ();
    const TOPOLOGY: &'static str = "shop";
    const NAME: &'static str = "monolith";
    const GRACE: Duration = Duration::from_secs(1);
    const ENVIRONMENTS: &'static [Environment] = &[];

    fn assemble(_: &(), _: &Ports) -> Self {
        Self { hop: Hop, plain: Plain }
    }

    fn listen(_: &mut Registration<Self>) {}
}

/// What a future that does not wait ends with.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

#[tokio::test]
async fn a_call_through_two_handlers_allocates_nothing() {
    assert!(lab::Hop::POLICY == pontoon::generated::Policy::new(), "it promises nothing");
    let unit = Launch::<Monolith>::new(()).in_memory().without_round_trips().start().await.unwrap();
    let client = unit.client();
    let counted = allocation_counter::measure(|| assert_eq!(at_once(client.invoke(lab::Hop, 1)).unwrap(), 2));
    assert_eq!(counted.count_total, 0);
}

/// What a chain of calls needs grows with the chain, not with its square or worse.
#[tokio::test]
async fn a_call_is_a_small_future() {
    let unit = Launch::<Monolith>::new(()).in_memory().without_round_trips().start().await.unwrap();
    let client = unit.client();
    let (one, two) = (client.invoke(lab::Plain, 1), client.invoke(lab::Hop, 1));
    let (one, two) = (size_of_val(&one), size_of_val(&two));
    assert!(one <= 400 && two - one <= 200, "{one} and {two} bytes");
}

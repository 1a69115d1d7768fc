//! The service `ear`: it counts letters.

use crate::contract::Letter;
use crate::count::Counter;
use crate::topology::ear;
use pontoon::{Error, Resources, SubscriptionHandler};

/// What is counted is seen outside.
#[derive(Resources)]
pub struct Resources {
    /// Counts letters.
    pub counter: Counter,
}

/// Counts letters.
#[derive(SubscriptionHandler)]
#[subscription(ear.hear)]
pub struct Hear {
    counter: Counter,
}

impl Hear {
    async fn handle(&self, _: &impl ear::hear::Context, letter: Letter) -> Result<(), Error> {
        self.counter.count(&letter);
        Ok(())
    }
}

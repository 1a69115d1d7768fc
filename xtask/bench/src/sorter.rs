//! The service `sorter`: it works on letters.

use crate::contract::Letter;
use crate::count::Counter;
use crate::topology::sorter;
use pontoon::{Error, QueueWorker, Resources};
use std::future::pending;

/// What is counted is seen outside.
#[derive(Resources)]
pub struct Resources {
    /// Counts letters.
    pub counter: Counter,
    /// Whether anything is done.
    pub pace: Pace,
}

/// How somebody works.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Pace {
    /// As fast as it goes.
    Busy,
    /// Not at all: what was taken is held.
    Idle,
}

/// Counts letters.
#[derive(QueueWorker)]
#[worker(sorter.sort)]
pub struct Sort {
    counter: Counter,
    pace: Pace,
}

impl Sort {
    async fn handle(&self, _: &impl sorter::sort::Context, letter: Letter) -> Result<(), Error> {
        if self.pace == Pace::Idle {
            pending::<()>().await;
        }
        self.counter.count(&letter);
        Ok(())
    }
}

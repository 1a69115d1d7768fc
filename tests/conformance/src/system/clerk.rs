//! The service that issues receipts.

use pontoon::{Error, QueueWorker, Resources};

use crate::system::contract::Receipt;
use crate::topology::{clerk, state};

/// What its handlers are made from: nothing.
#[derive(Clone, Debug, Default, Resources)]
pub struct Resources {}

/// Issues a receipt.
#[derive(QueueWorker)]
#[worker(clerk.issue)]
pub struct Issue {}

impl Issue {
    async fn handle(&self, ctx: &impl clerk::issue::Context, input: Receipt) -> Result<(), Error> {
        if input.poison {
            std::process::abort();
        }
        ctx.state(state::Issues).update(&input.number, |times| times.unwrap_or_default() + 1).await?;
        Ok(())
    }
}

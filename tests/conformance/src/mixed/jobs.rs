//! The queue of the receipts, as it is at the broker.

use std::collections::BTreeSet;
use std::sync::Arc;

use pontoon::BridgeError;
use pontoon::adapter::{DeadMessage, Depth, JobQueue, QueueAdapter};
use pontoon::generated::Queue;
use pontoon_brokers::Broker;

use crate::event_bridge::{Column, Rig};
use crate::queue::QueueAddress;
use crate::system::contract::Receipt;
use crate::topology::queue::Receipts;

/// The queue of the receipts.
pub(super) struct Jobs {
    /// Who is connected.
    _adapter: Arc<dyn QueueAdapter>,
    queue: Arc<dyn JobQueue>,
}

impl Jobs {
    /// Connects to the queue: at the broker of the column where that has queues, otherwise beside the state.
    ///
    /// # Panics
    /// It does not let us.
    pub(super) async fn connect(rig: &Rig, redis: &Broker) -> Self {
        let (adapter, broker) = match rig.column {
            Column::Mqtt => ("redis", redis),
            column => (column.environment(), rig.broker()),
        };
        let adapter = QueueAddress { adapter, url: broker.url(), topology: "suite" }.open();
        let queue = adapter.queue(Receipts::SUBJECT, Receipts::POLICY);
        adapter.connect().await.expect("a queue");
        Self { _adapter: adapter, queue }
    }

    /// What the queue should not hold: all but the dead letters of those jobs that end whoever does them.
    pub(super) async fn problems(&self, poisons: &BTreeSet<u64>) -> Vec<String> {
        match self.look().await {
            Ok((left, dead)) => {
                let mut problems = Vec::new();
                let Depth { waiting, delayed, leased, age } = left;
                if waiting + delayed.unwrap_or(0) + leased.unwrap_or(0) > 0 {
                    problems.push(format!(
                        "receipts are still to be issued: {waiting} wait, for {age:?}, {delayed:?} for their time, and \
                         {leased:?} are with workers"
                    ));
                }
                if dead != *poisons {
                    problems.push(format!("the receipts of {dead:?} are dead letters, not those of {poisons:?}"));
                }
                problems
            }
            Err(error) => vec![format!("nobody knows what the queue holds: {error}")],
        }
    }

    /// The jobs that the queue holds, and the numbers of the payments whose receipts were given up.
    async fn look(&self) -> Result<(Depth, BTreeSet<u64>), BridgeError> {
        let depth = self.queue.depth().await?;
        let letters = self.queue.dead_letters(0).await?;
        let number = |letter: &DeadMessage| letter.message.decode::<Receipt>().expect("a receipt").number;
        let dead = letters.iter().map(number).collect();
        Ok((depth, dead))
    }
}

//! The backlog in memory as a consumer, and as a queue that jobs are pushed to.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::bridge::in_memory::backlog::{Backlog, NextItem, Offered};
use crate::bridge::{BridgeError, Consumer, DeadMessage, Delivery, Depth, Job, JobQueue, Settlement};
use crate::maybe_ready::MaybeReady;
use crate::message::id::Id;
use crate::unit::dead_letters::AT_A_TIME;

impl Consumer for Backlog {
    fn next(&self) -> MaybeReady<'_, Option<Delivery>> {
        match self.take() {
            NextItem::Message(delivery) => MaybeReady::ready(Some(delivery)),
            NextItem::Closed => MaybeReady::ready(None),
            NextItem::Nothing(..) => MaybeReady::boxed(self.next_waiting()),
        }
    }

    fn settle(&self, delivery: &Delivery, settlement: Settlement) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::ready(Self::settle(self, delivery, settlement))
    }

    fn lease(&self) -> Option<Duration> {
        self.limits.lease
    }

    fn extend<'a>(&'a self, delivery: &'a Delivery) -> MaybeReady<'a, Result<(), BridgeError>> {
        MaybeReady::ready(Self::extend(self, delivery))
    }

    fn is_volatile(&self) -> bool {
        true
    }

    fn unfinished(&self, until: Instant) -> usize {
        let contents = self.contents();
        let due = contents.delayed.keys().take_while(|(due, _)| *due <= until).count();
        contents.ready.len() + due + contents.leased.len() + self.handed_over()
    }

    fn dead_letters(&self, skip: usize) -> MaybeReady<'_, Result<Vec<DeadMessage>, BridgeError>> {
        MaybeReady::ready(Ok(self.contents().dead.iter().skip(skip).take(AT_A_TIME).cloned().collect()))
    }

    fn clear_dead_letters(&self, id: Option<Id>, replay: bool) -> MaybeReady<'_, Result<usize, BridgeError>> {
        let (cleared, kept): (Vec<DeadMessage>, _) = {
            let mut contents = self.contents();
            let dead = std::mem::take(&mut contents.dead);
            dead.into_iter().partition(|dead| id.is_none_or(|id| dead.message.metadata().id == id))
        };
        self.contents().dead.extend(kept);
        let count = cleared.len();
        if replay {
            cleared.into_iter().for_each(|dead| self.revive(dead));
        }
        MaybeReady::ready(Ok(count))
    }
}

impl Backlog {
    async fn next_waiting(&self) -> Option<Delivery> {
        loop {
            let readable = self.readable.notified();
            let (due, waiting) = match self.take() {
                NextItem::Message(delivery) => return Some(delivery),
                NextItem::Closed => return None,
                NextItem::Nothing(due, waiting) => (due, waiting),
            };
            match due {
                Some(due) => tokio::select! {
                    () = readable => {}
                    () = sleep_until(due) => {}
                },
                None => readable.await,
            }
            drop(waiting);
        }
    }
}

impl JobQueue for Backlog {
    fn push(&self, job: Job) -> MaybeReady<'_, Result<(), BridgeError>> {
        match self.offer(job.message, job.delay, job.deduplication.as_deref()) {
            Err(error) => MaybeReady::ready(Err(error)),
            Ok(Offered::Accepted) => MaybeReady::ready(Ok(())),
            Ok(Offered::Full(message)) => {
                MaybeReady::boxed(async move { self.wait(message, job.delay, job.deduplication.as_deref()).await })
            }
        }
    }

    fn depth(&self) -> MaybeReady<'_, Result<Depth, BridgeError>> {
        let now = Instant::now();
        let mut contents = self.contents();
        contents.bring_back(now);
        let oldest = contents.ready.iter().filter_map(|item| item.since).min();
        let age = oldest.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let (waiting, delayed, leased) = (contents.ready.len(), contents.delayed.len(), contents.leased.len());
        MaybeReady::ready(Ok(Depth { waiting, delayed: Some(delayed), leased: Some(leased), age: Some(age) }))
    }
}

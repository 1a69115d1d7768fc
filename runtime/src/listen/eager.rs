//! Work that mostly takes no time: begun where it comes up, and only given a task of its own where it has to wait.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

/// How long brief work computes at most until it is over, or first waits for something.
const BRIEF: Duration = Duration::from_micros(50);

/// A task before it is one. One type for all: what a task is made of is compiled once, and not for each command.
pub(crate) type BoxedTask = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whether work of one kind is brief, by the last of it.
///
/// What is brief is begun one piece after the other: what came together is done together, what it sends goes out in one
/// write, and none costs a task that needs none. What computes for longer has a task from the start, for other threads
/// to take; as soon as it is brief again, it is begun in place again.
#[derive(Clone)]
pub(crate) struct EagerSpawner(Arc<AtomicBool>);

impl Default for EagerSpawner {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl EagerSpawner {
    /// Begins a piece of work. Whatever is left of it is among the tasks.
    pub(crate) fn begin(&self, tasks: &mut JoinSet<()>, mut work: BoxedTask) {
        if !self.0.load(Ordering::Relaxed) {
            let brevity = self.clone();
            tasks.spawn(async move {
                let begun = poll_fn(|task| Poll::Ready(brevity.first_step(&mut work, task))).await;
                if begun.is_pending() {
                    work.await;
                }
            });
        } else if self.first_step(&mut work, &mut Context::from_waker(Waker::noop())).is_pending() {
            // The task asks at once, with a waker of its own, whether there is anything to wait for.
            tasks.spawn(work);
        }
    }

    fn first_step(&self, work: &mut BoxedTask, task: &mut Context<'_>) -> Poll<()> {
        let begun = Instant::now();
        let step = work.as_mut().poll(task);
        let is_brief = begun.elapsed() < BRIEF;
        if self.0.load(Ordering::Relaxed) != is_brief {
            self.0.store(is_brief, Ordering::Relaxed);
        }
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_over_at_once_has_no_task() {
        let (brevity, mut tasks) = (EagerSpawner::default(), JoinSet::new());
        brevity.begin(&mut tasks, Box::pin(async {}));
        assert!(tasks.is_empty());
    }

    #[tokio::test]
    async fn what_waits_is_finished_in_a_task() {
        let (brevity, mut tasks) = (EagerSpawner::default(), JoinSet::new());
        brevity.begin(&mut tasks, Box::pin(tokio::task::yield_now()));
        assert_eq!(tasks.len(), 1);
        tasks.join_next().await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn what_computes_has_a_task_from_the_start_until_it_is_brief_again() {
        let (brevity, mut tasks) = (EagerSpawner::default(), JoinSet::new());
        brevity.begin(&mut tasks, Box::pin(async { std::thread::sleep(2 * BRIEF) }));
        assert!(tasks.is_empty());
        brevity.begin(&mut tasks, Box::pin(async {}));
        assert_eq!(tasks.len(), 1);
        tasks.join_next().await.unwrap().unwrap();
        assert!(brevity.0.load(Ordering::Relaxed));
    }
}

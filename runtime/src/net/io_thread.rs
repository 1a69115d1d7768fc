//! The thread that drives connections, apart from the threads that handlers run on.
//!
//! A handler that computes without yielding holds up every task of its thread, and on a current-thread runtime every
//! task of the process. Heartbeats, acknowledgements, lease extensions and claim renewals must not wait for it, or the
//! broker takes the process for dead and gives its messages to others while they are being handled.

use std::future::Future;
use std::io;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinHandle, JoinSet};

use crate::one_line::OneLine;

/// The runtime of the thread: one for the process, made when it is first needed, and never dropped.
fn runtime() -> Option<&'static Runtime> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let built = RUNTIME.get_or_init(|| {
        let built: io::Result<Runtime> =
            Builder::new_multi_thread().worker_threads(1).thread_name("pontoon-io").enable_all().build();
        built
            .inspect_err(
                |error| tracing::error!(target: "pontoon", error = %OneLine(&error), "no thread for connections"),
            )
            .ok()
    });
    built.as_ref()
}

/// Where tasks of the thread are spawned. Where the system gives no thread, that is the runtime of the caller.
pub(crate) fn handle() -> Handle {
    runtime().map_or_else(Handle::current, |runtime| runtime.handle().clone())
}

/// Runs a task on the thread.
pub(crate) fn spawn<F>(task: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    handle().spawn(task)
}

/// Runs a task on the thread and waits for its result; dropped before that, it ends the task. `None`: the task has
/// panicked, or the runtime is shutting down.
#[cfg_attr(not(any(feature = "nats", feature = "redis")), allow(dead_code, reason = "for adapters over a network"))]
pub(crate) async fn run<F>(task: F) -> Option<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    tasks.spawn_on(task, &handle());
    tasks.join_next().await?.ok()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_task_goes_on_while_a_handler_blocks_the_only_other_thread() {
        let (done, is_done) = mpsc::channel();
        spawn(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            done.send(thread::current().name().map(str::to_owned)).unwrap();
        });
        // Blocks the thread of this runtime.
        let name = is_done.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(name.as_deref(), Some("pontoon-io"));
    }

    #[tokio::test]
    async fn a_task_that_nobody_waits_for_any_more_ends() {
        let (ended, has_ended) = tokio::sync::oneshot::channel::<()>();
        let task = run(async move {
            let _ended = ended;
            std::future::pending::<()>().await;
        });
        assert!(tokio::time::timeout(Duration::from_millis(10), task).await.is_err());
        assert!(has_ended.await.is_err());
    }
}

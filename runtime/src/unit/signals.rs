//! The signals that stop a unit: SIGTERM and Ctrl-C.
//!
//! They are waited for on a thread of their own, which also ends the process when it has not ended by itself long after
//! its grace: handlers that block every thread of the runtime must not keep it for ever.

use std::io;
use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use tokio::runtime;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

/// Signals that come together are one: a supervisor may signal the process and its group.
const TOGETHER: Duration = Duration::from_secs(1);

/// What the runtime may take beyond the grace, where it still turns: to end what runs, and to disconnect.
const MARGIN: Duration = Duration::from_secs(5);

/// The first signal that comes. From the moment this is made, signals do not end the process by themselves.
pub(crate) struct Signals {
    first: oneshot::Receiver<()>,
    stopped: Stopped,
}

/// Whether the unit has stopped: then the process is not ended for its grace any more, only by another signal.
#[derive(Clone, Default)]
pub(crate) struct Stopped(Arc<AtomicBool>);

impl Stopped {
    /// It has.
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Signals {
    /// Waits for signals from now on. The first one stops the unit, which has `grace` for that. Another one, more than
    /// a second later, ends the process at once; so does the first, if nobody waits for it.
    pub(crate) fn new(grace: Duration) -> io::Result<Self> {
        let (first, signals) = oneshot::channel();
        let (ready, installed) = mpsc::channel();
        let stopped = Stopped::default();
        let has_stopped = stopped.clone();
        let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        thread::Builder::new().name("pontoon-signals".to_owned()).spawn(move || {
            runtime.block_on(async move {
                let mut source = match Source::new() {
                    Ok(source) => source,
                    Err(error) => return drop(ready.send(Err(error))),
                };
                // Whoever made this waits for it.
                let _ = ready.send(Ok(()));
                source.next().await;
                if first.send(()).is_err() {
                    exit(1);
                }
                let together = async {
                    loop {
                        source.next().await;
                    }
                };
                let _ = timeout(TOGETHER.min(grace), together).await;
                tokio::select! {
                    () = source.next() => tracing::warn!(target: "pontoon", "ended by a second signal"),
                    () = over(grace, has_stopped) => {
                        tracing::error!(
                            target: "pontoon",
                            ?grace,
                            "ended: the grace is long over, and handlers block the threads that would stop the unit"
                        );
                    }
                }
                exit(1)
            });
        })?;
        installed.recv().unwrap_or_else(|_| Err(io::Error::other("the thread for signals has ended")))?;
        Ok(Self { first: signals, stopped })
    }

    /// To be told when the unit has stopped.
    pub(crate) fn stopped(&self) -> Stopped {
        self.stopped.clone()
    }

    /// Waits for the first signal.
    pub(crate) async fn first(self) {
        // The thread outlives everything.
        let _ = self.first.await;
    }
}

/// Waits until the grace is long over, and the unit has not stopped.
async fn over(grace: Duration, stopped: Stopped) {
    sleep(grace.saturating_add(MARGIN)).await;
    if stopped.0.load(Ordering::Acquire) {
        std::future::pending::<()>().await;
    }
}

/// The signals, one after the other.
#[cfg(unix)]
struct Source {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Source {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The signals, one after the other.
#[cfg(not(unix))]
struct Source;

#[cfg(not(unix))]
impl Source {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

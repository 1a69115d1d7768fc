//! The signals that stop a unit: SIGTERM and Ctrl-C.
//!
//! They are waited for on a thread of their own: handlers that block every thread of the runtime must not make the process
//! deaf.

use std::io;
use std::process::exit;
use std::sync::mpsc;
use std::thread;

use tokio::runtime;
use tokio::sync::oneshot;

/// The first signal that comes. From the moment this is made, signals do not end the process by themselves.
pub(crate) struct Signals(oneshot::Receiver<()>);

impl Signals {
    /// Waits for signals from now on. The second one ends the process at once; so does the first, if nobody waits for it.
    pub(crate) fn new() -> io::Result<Self> {
        let (first, signals) = oneshot::channel();
        let (ready, installed) = mpsc::channel();
        let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
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
                source.next().await;
                tracing::warn!(target: "pontoon", "ended by a second signal");
                exit(1)
            });
        })?;
        installed.recv().unwrap_or_else(|_| Err(io::Error::other("the thread for signals has ended")))?;
        Ok(Self(signals))
    }

    /// Waits for the first signal.
    pub(crate) async fn first(self) {
        // The thread outlives everything.
        let _ = self.0.await;
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

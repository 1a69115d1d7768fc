//! Waiting for jobs: with one blocking command on a connection of its own, since it holds up all that come after it.

use std::sync::Arc;
use std::time::Duration;

use redis::{Value, cmd};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::queue_connection::QueueConnection;
use crate::bridge::BridgeError;
use crate::bridge::network::Reconnect;
use crate::one_line::OneLine;
use crate::sync::Mutex;

/// For how long the server holds a command that waits: less than anybody waits for an answer.
const BLOCK: Duration = Duration::from_secs(2);

/// After a command that failed.
const PAUSE: Duration = Duration::from_millis(200);

/// The arrivals of jobs in the stream of a queue.
pub(super) struct Arrivals {
    connection: QueueConnection,
    stream: String,
    /// Behind which entry a job would be new.
    last: Mutex<String>,
    /// Somebody waits.
    wanted: Notify,
    /// There may be a job.
    pub(super) arrived: Notify,
}

impl Arrivals {
    /// Connects nothing.
    pub(super) fn new(connection: QueueConnection, stream: String) -> Self {
        let (wanted, arrived) = (Notify::new(), Notify::new());
        Self { connection, stream, last: Mutex::new("0-0".to_owned()), wanted, arrived }
    }

    /// There was nothing up to this entry: has whoever waits for [`arrived`](Self::arrived) told of the next one.
    pub(super) fn want(&self, last: String) {
        *self.last.lock() = last;
        self.wanted.notify_one();
    }

    /// Waits at the server whenever somebody wants a job, until it is closed.
    pub(super) async fn run(self: Arc<Self>) {
        self.wanted.notified().await;
        let mut retry = Reconnect::new("waiting for jobs in Redis");
        loop {
            match self.connection.connect().await {
                Ok(()) => break,
                Err(BridgeError::Closed) => return,
                // Jobs are found meanwhile, later, by who looks for what others have left.
                Err(error) => retry.pause(&error).await,
            }
        }
        retry.succeeded();
        loop {
            match self.wait().await {
                Ok(true) => {
                    self.arrived.notify_one();
                    self.wanted.notified().await;
                }
                Ok(false) => {}
                Err(BridgeError::Closed) => return,
                Err(error) => {
                    tracing::debug!(target: "pontoon", error = %OneLine(&error), "nobody tells of new jobs");
                    sleep(PAUSE).await;
                    self.arrived.notify_one();
                }
            }
        }
    }

    pub(super) async fn close(&self) {
        self.connection.close().await;
        self.wanted.notify_one();
    }

    /// Waits for an entry behind the last one. Says whether there is one.
    async fn wait(&self) -> Result<bool, BridgeError> {
        let last = self.last.lock().clone();
        let mut read = cmd("XREAD");
        read.arg("COUNT").arg(1).arg("BLOCK").arg(BLOCK.as_millis() as u64);
        read.arg("STREAMS").arg(&self.stream).arg(last);
        let read = &read;
        let reply: Value =
            self.connection.ask(|mut commands| async move { read.query_async(&mut commands).await }).await?;
        Ok(reply != Value::Nil)
    }
}

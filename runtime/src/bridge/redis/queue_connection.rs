//! The connection to Redis as the queue bridge uses it: the state store's, with the errors of a bridge.

use std::future::Future;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{FromRedisValue, RedisResult, ScriptInvocation};
use tokio::time::{Instant, sleep};

use crate::bridge::BridgeError;
use crate::bridge::network::WAIT_LIMIT;
use crate::contract::policy::Backoff;
use crate::health::Health;
use crate::one_line::OneLine;
use crate::store::StoreError;
use crate::store::redis::{Address, Connection, advice};

/// Between two attempts at a change that the server did not answer for.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(2));

/// A connection to Redis that carries jobs.
pub(super) struct QueueConnection(Connection);

impl QueueConnection {
    /// Nothing is connected yet. In a cluster, to the node that has this key.
    pub(super) fn new(address: Address, key: String) -> Self {
        Self(Connection::new(address, key))
    }

    /// Connects; waits for a server that is away.
    pub(super) async fn connect(&self) -> Result<(), BridgeError> {
        self.0.connect().await.map_err(of_store)
    }

    /// Says in the log what could lose jobs.
    pub(super) async fn advise(&self) {
        advice::give(&self.0).await;
    }

    pub(super) async fn close(&self) {
        self.0.close().await;
    }

    pub(super) fn health(&self) -> Health {
        self.0.health()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.open().is_err()
    }

    /// Sends a command, once more if the connection breaks before its answer is there.
    pub(super) async fn ask<T, F>(&self, ask: impl Fn(MultiplexedConnection) -> F) -> Result<T, BridgeError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        self.0.read(ask).await.map_err(of_store)
    }

    /// Runs a script that may run twice.
    pub(super) async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, BridgeError> {
        self.ask(|mut commands| async move { script.invoke_async(&mut commands).await }).await
    }

    /// The same until the server has answered, as far as one waits for a server that is away.
    pub(super) async fn run_until_done<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, BridgeError> {
        let until = Instant::now() + WAIT_LIMIT;
        let mut failures = 0;
        loop {
            match self.run(script).await {
                Err(BridgeError::Unavailable(error)) if Instant::now() < until => {
                    tracing::debug!(target: "pontoon", error = %OneLine(&error), "redis is asked once more");
                    failures += 1;
                    sleep(BACKOFF.after(failures)).await;
                }
                ended => return ended,
            }
        }
    }
}

fn of_store(error: StoreError) -> BridgeError {
    match error {
        StoreError::Closed => BridgeError::Closed,
        StoreError::Unavailable(error) => BridgeError::Unavailable(error),
        StoreError::Misconfigured(why) => BridgeError::Denied(why.into()),
        other => BridgeError::Unavailable(other.to_string().into()),
    }
}

//! The connection to Redis as the queue bridge uses it: the state store's, with the errors of a bridge.

use std::future::Future;

use redis::aio::MultiplexedConnection;
use redis::{FromRedisValue, RedisResult};

use super::scripts::ScriptCall;
use crate::bridge::BridgeError;
use crate::health::Health;
use crate::store::StoreError;
use crate::store::redis::{Address, Connection, advice};

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
    pub(super) async fn run<T: FromRedisValue>(&self, script: &ScriptCall) -> Result<T, BridgeError> {
        self.ask(|mut commands| async move { script.ask(&mut commands).await }).await
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

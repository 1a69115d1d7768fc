//! The state store in Redis.

#![allow(clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

#[path = "state_redis/server.rs"]
mod server;

use std::sync::Arc;

use pontoon::store::StateAdapter;
use pontoon::store::redis::{RedisConnection, RedisState};
use pontoon_conformance::state::Harness;
use pontoon_conformance::state_suite;
use pontoon_schema::capability::{Adapter, StateStore, state_store};

use server::Server;

struct Redis(Server);

async fn start() -> Redis {
    Redis(Server::start(&[]))
}

impl Harness for Redis {
    fn row(&self) -> &'static StateStore {
        state_store(Adapter::Redis).unwrap()
    }

    fn adapter(&self) -> Arc<dyn StateAdapter> {
        let url = format!("redis://127.0.0.1:{}", self.0.port);
        Arc::new(RedisState::new("shop", RedisConnection { url, ..RedisConnection::default() }).unwrap())
    }

    async fn kill(&self) {
        self.0.kill();
    }

    async fn restart(&self) {
        self.0.restart();
    }

    async fn freeze(&self) {
        self.0.signal("-STOP");
    }

    async fn thaw(&self) {
        self.0.signal("-CONT");
    }
}

state_suite!(start);

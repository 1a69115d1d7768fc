//! The state store in Redis: the suite, and what is Redis's own.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

mod cluster;
mod entrance;
mod layout;
mod network;

use std::process::Command;
use std::sync::Arc;

use futures_util::future::FutureExt as _;
use pontoon::adapter::StateAdapter;
use pontoon::adapter::{Instance, Setup, StateStore as _, Variables};
use pontoon_brokers::{Broker, Kind};
use pontoon_conformance::adapter::text;
use pontoon_conformance::backend::Backend;
use pontoon_conformance::state::Harness;
use pontoon_conformance::state_suite;
use pontoon_schema::capability::{Adapter, StateStore, state_store};
use tokio::task::block_in_place;

struct Redis(Broker);

async fn start() -> Redis {
    Redis(block_in_place(|| Broker::start(Kind::Redis)).unwrap())
}

/// An adapter that is not connected yet.
fn state(url: impl Into<String>) -> Arc<dyn StateAdapter> {
    open(pontoon::adapter::Redis::new(text(url)))
}

/// The same with other settings. None of them is a secret: nothing is waited for.
fn open(redis: pontoon::adapter::Redis) -> Arc<dyn StateAdapter> {
    let mut setup = Setup::new(Instance::new("shop", "test"), false, Variables::default());
    let state = redis.open(&mut setup).now_or_never().unwrap();
    assert!(setup.problems().is_empty(), "{:?}", setup.problems());
    state.unwrap()
}

/// What the server says to a command.
fn cli(port: u16, arguments: &[&str]) -> String {
    let output = Command::new("redis-cli").args(["-p", &port.to_string()]).args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Backend for Redis {
    fn broker(&self) -> Option<&Broker> {
        Some(&self.0)
    }
}

impl Harness for Redis {
    fn row(&self) -> &'static StateStore {
        state_store(Adapter::Redis).unwrap()
    }

    fn adapter(&self) -> Arc<dyn StateAdapter> {
        state(self.0.url())
    }
}

state_suite!(start);

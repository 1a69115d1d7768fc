//! The queue bridge in Redis: the suite, and what is Redis's own.

#![allow(clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

mod entries;

use std::process::Command;
use std::sync::Arc;

use futures_util::future::FutureExt as _;
use pontoon::adapter::capability::Bridge;
use pontoon::adapter::{Instance, QueueAdapter, QueueBridge as _, Setup, Variables};
use pontoon_brokers::{Broker, Error, Kind};
use pontoon_conformance::adapter::text;
use pontoon_conformance::queue::{Harness, Place};
use pontoon_conformance::queue_suite;
use pontoon_schema::capability::{Adapter, queue_bridge};
use tokio::task::block_in_place;

struct Redis(Broker);

async fn start() -> Redis {
    Redis(block_in_place(|| Broker::start(Kind::Redis)).unwrap())
}

impl Redis {
    fn does(&self, what: impl Fn(&Broker) -> Result<(), Error>) {
        block_in_place(|| what(&self.0)).unwrap();
    }

    /// What the server says to a command.
    fn cli(&self, arguments: &[&str]) -> String {
        let port = self.0.port().to_string();
        let output = Command::new("redis-cli").args(["-p", &port]).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Harness for Redis {
    fn row(&self) -> &'static Bridge {
        queue_bridge(Adapter::Redis).unwrap()
    }

    fn adapter(&self) -> Arc<dyn QueueAdapter> {
        let settings = pontoon::adapter::Redis::new(text(self.0.url()));
        let mut setup = Setup::new(Instance::new("shop", "test"), false, Variables::default());
        // None of the settings is a secret: nothing is waited for.
        let queues = settings.open(&mut setup).now_or_never().unwrap();
        assert!(setup.problems().is_empty(), "{:?}", setup.problems());
        queues.unwrap()
    }

    fn place(&self) -> Option<Place> {
        let program = env!("CARGO_BIN_EXE_worker");
        Some(Place { program, adapter: "redis", address: self.0.url(), topology: "shop" })
    }

    async fn kill(&self) {
        self.does(Broker::kill);
    }

    async fn restart(&self) {
        self.does(Broker::restart);
    }

    async fn freeze(&self) {
        self.does(Broker::pause);
    }

    async fn thaw(&self) {
        self.does(Broker::resume);
    }

    async fn kept(&self) -> u64 {
        let count = |command: &[&str]| self.cli(command).parse::<u64>().unwrap();
        let held = count(&["HLEN", "{shop}:queue:toil:held"]);
        // The hash also counts the jobs that it has had.
        count(&["XLEN", "{shop}:queue:toil"]) + count(&["ZCARD", "{shop}:queue:toil:later"]).max(held.saturating_sub(1))
    }
}

queue_suite!(start, start);

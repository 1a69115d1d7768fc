//! The queue bridge in Redis: the suite, and what is Redis's own.

#![allow(clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

mod entries;
mod together;

use std::process::Command;

use pontoon::adapter::capability::Bridge;
use pontoon_brokers::{Broker, Kind};
use pontoon_conformance::backend::Backend;
use pontoon_conformance::queue::{Harness, QueueAddress, WorkerProgram};
use pontoon_conformance::queue_suite;
use pontoon_schema::capability::{Adapter, queue_bridge};
use tokio::task::block_in_place;

struct Redis(Broker);

async fn start() -> Redis {
    Redis(block_in_place(|| Broker::start(Kind::Redis)).unwrap())
}

impl Redis {
    /// What the server says to a command.
    fn cli(&self, arguments: &[&str]) -> String {
        let port = self.0.port().to_string();
        let output = Command::new("redis-cli").args(["-p", &port]).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Backend for Redis {
    fn broker(&self) -> Option<&Broker> {
        Some(&self.0)
    }
}

impl Harness for Redis {
    fn row(&self) -> &'static Bridge {
        queue_bridge(Adapter::Redis).unwrap()
    }

    fn address(&self) -> Option<QueueAddress> {
        Some(QueueAddress { adapter: "redis", url: self.0.url(), topology: "shop" })
    }

    fn program(&self) -> Option<WorkerProgram> {
        Some(env!("CARGO_BIN_EXE_worker"))
    }

    async fn kept(&self) -> u64 {
        let count = |command: &[&str]| self.cli(command).parse::<u64>().unwrap();
        let held = count(&["HLEN", "{shop}:queue:toil:held"]);
        // The hash also counts the jobs that it has had.
        count(&["XLEN", "{shop}:queue:toil"]) + count(&["ZCARD", "{shop}:queue:toil:later"]).max(held.saturating_sub(1))
    }
}

queue_suite!(start, start);

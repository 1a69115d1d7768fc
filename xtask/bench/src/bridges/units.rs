//! Units that run as processes of their own, on a broker that nobody else uses.

use super::Bridge;
use crate::process::Process;
use crate::rounds::Error;
use pontoon::Client;
use pontoon::client::Remote;
use pontoon_brokers::Broker;
use std::path::Path;
use std::process::Command;
use tokio::runtime::Runtime;

/// Some units of a topology, their broker, and a client outside of them.
pub(super) struct Units {
    processes: Vec<Process>,
    pub(super) client: Client<Remote>,
    pub(super) broker: Broker,
}

/// A launcher of units: by which program, of which topology, on which bridge.
pub(super) struct Launcher<'s> {
    pub(super) bridge: Bridge,
    /// The name of the topology.
    pub(super) topology: &'static str,
    /// The program that runs a unit by its name.
    pub(super) program: &'s Path,
    pub(super) runtime: &'s Runtime,
}

impl Launcher<'_> {
    /// Starts units, and waits until all of them are ready.
    pub(super) fn start(&self, names: &[&str]) -> Result<Units, Error> {
        let broker = self.bridge.broker()?;
        let url = broker.url();
        let start = |name: &&str| Process::start(self.bridge.unit(&mut Command::new(self.program), &url).arg(name));
        let processes = names.iter().map(start).collect::<Result<_, _>>()?;
        let client = self.runtime.block_on(self.bridge.caller(self.topology, &url))?;
        Ok(Units { processes, client, broker })
    }
}

impl Units {
    /// CPU time of all of them so far, in seconds.
    pub(super) fn cpu(&self) -> Result<f64, Error> {
        self.processes.iter().map(Process::cpu).sum()
    }
}

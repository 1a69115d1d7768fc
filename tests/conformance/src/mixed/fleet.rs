//! The processes of the units: two instances of each, started again when they end.

use std::time::Duration;

use pontoon_brokers::Proxy;
use tokio::time::Instant;

use crate::event_bridge::{Process, Rig};
use crate::system::script::Orders;

/// How many bytes of a log are shown where something went wrong.
const SHOWN: usize = 4_000;

/// All instances.
pub(super) struct Fleet<'r> {
    rig: &'r Rig,
    pub(super) instances: Vec<Instance<'r>>,
    count: u32,
    /// The logs of those that are gone for good.
    gone: Vec<String>,
}

/// One instance of a unit.
pub(super) struct Instance<'r> {
    rig: &'r Rig,
    /// The unit as the program calls it.
    pub(super) unit: String,
    /// What it is called at the broker; the same after a restart.
    pub(super) name: String,
    proxy: Proxy,
    process: Option<Process>,
    /// When it is started again.
    due: Instant,
    logs: Vec<String>,
}

impl<'r> Fleet<'r> {
    /// Two instances of each unit, all ready.
    pub(super) async fn start(rig: &'r Rig, in_order: bool) -> Self {
        let mut fleet = Self { rig, instances: Vec::new(), count: 0, gone: Vec::new() };
        let units: &[&str] = match in_order {
            true => &["till", "book", "ledger", "clerk"],
            false => &["small_till", "small_book", "small_clerk"],
        };
        for unit in units.iter().flat_map(|unit| [unit, unit]) {
            fleet.add(unit);
        }
        for instance in &mut fleet.instances {
            instance.process.as_mut().expect("a process").ready().await;
        }
        fleet
    }

    fn add(&mut self, unit: &str) {
        self.count += 1;
        let mut instance = Instance::new(self.rig, unit, format!("{unit}-{}", self.count));
        instance.begin();
        self.instances.push(instance);
    }

    /// Starts those again that have ended, when it is time. Says whether all run.
    pub(super) fn supervise(&mut self) -> bool {
        self.instances.iter_mut().filter_map(|instance| (!instance.supervise()).then_some(())).count() == 0
    }

    /// Takes an instance away for good, without a warning, and puts another one in its place.
    pub(super) fn replace(&mut self, place: usize, unit: &str) {
        let mut instance = self.instances.remove(place);
        instance.kill(Duration::ZERO);
        self.gone.append(&mut instance.logs);
        self.add(unit);
    }

    /// The ends of all logs.
    pub(super) fn logs(&self) -> Vec<String> {
        let mut logs = self.gone.clone();
        for instance in &self.instances {
            logs.extend(instance.logs.iter().cloned());
            logs.extend(instance.process.as_ref().map(|process| instance.shown(process)));
        }
        logs
    }
}

impl<'r> Instance<'r> {
    fn new(rig: &'r Rig, unit: &str, name: String) -> Self {
        let proxy = rig.proxy(&[&name]);
        Self { rig, unit: unit.to_owned(), name, proxy, process: None, due: Instant::now(), logs: Vec::new() }
    }

    fn begin(&mut self) {
        self.process = Some(self.rig.process(&self.unit, &self.name, &Orders::none()));
    }

    fn shown(&self, process: &Process) -> String {
        let log = process.log();
        let start = log.floor_char_boundary(log.len().saturating_sub(SHOWN));
        format!("--- {}\n{}", self.name, &log[start..])
    }

    fn supervise(&mut self) -> bool {
        if let Some(process) = &mut self.process {
            if process.is_alive() {
                return true;
            }
            self.kill(Duration::from_millis(200));
        }
        if self.due <= Instant::now() {
            self.begin();
        }
        false
    }

    /// SIGKILL; it is started again after a pause.
    pub(super) fn kill(&mut self, pause: Duration) {
        self.due = Instant::now() + pause;
        if let Some(mut process) = self.process.take() {
            process.kill();
            self.logs.push(self.shown(&process));
        }
    }

    /// SIGSTOP.
    pub(super) fn freeze(&self) {
        self.process.iter().for_each(Process::pause);
    }

    /// SIGCONT.
    pub(super) fn thaw(&self) {
        self.process.iter().for_each(Process::resume);
    }

    /// Nothing gets from it to the broker, nor back; `half` leaves the connection open.
    pub(super) fn cut(&self, half: bool) {
        if half { self.proxy.freeze() } else { self.proxy.refuse() }
    }

    /// It has a network again.
    pub(super) fn mend(&self) {
        self.proxy.thaw();
        self.proxy.accept().expect("a network");
    }
}

//! A broker of one's own, and what can be done to it.

use crate::process::{GLANCE, Process, Signal, last_lines};
use crate::program::{Site, listens};
use crate::warden::Warden;
use crate::{Error, Kind, Setup};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long a broker may take to start, on a machine that has other things to do.
const READY: Duration = Duration::from_secs(60);

/// How long a broker may take to end by itself before it is killed.
const GENTLY: Duration = Duration::from_secs(30);

/// A real broker on a loopback port with a folder of its own. Its methods block until what they do is done. Dropped, it
/// is killed and its folder removed; that also happens when the process ends without dropping it.
#[derive(Debug)]
pub struct Broker {
    running: Mutex<Running>,
    site: Site,
}

/// The processes of a broker, the broker itself last. Empty while it does not run.
#[derive(Debug)]
struct Running {
    processes: Vec<Process>,
    warden: Warden,
}

impl Broker {
    /// Starts a broker that everybody may use, and waits until it serves clients.
    ///
    /// ```no_run
    /// use pontoon_brokers::{Broker, Kind};
    ///
    /// # fn main() -> Result<(), pontoon_brokers::Error> {
    /// let broker = Broker::start(Kind::Nats)?;
    /// println!("a client connects to {}", broker.url());
    /// broker.kill()?;
    /// broker.restart()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(kind: Kind) -> Result<Self, Error> {
        Self::configured(kind).start()
    }

    /// Begins the setup of a broker with wishes.
    #[must_use]
    pub fn configured(kind: Kind) -> Setup {
        Setup::new(kind)
    }

    /// The URL of a broker for tests that do not hurt it and use names of their own: the one in the environment variable
    /// [`Kind::variable`] if it is set, otherwise one that this process starts once and keeps until it ends.
    pub fn shared(kind: Kind) -> Result<&'static str, Error> {
        type Slot = OnceLock<(String, Option<Broker>)>;
        static SLOTS: [Slot; Kind::ALL.len()] = [Slot::new(), Slot::new(), Slot::new(), Slot::new()];
        static STARTING: Mutex<()> = Mutex::new(());
        let slot = &SLOTS[kind as usize];
        let _one_at_a_time = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((url, _)) = slot.get() {
            return Ok(url);
        }
        let shared = match std::env::var(kind.variable()) {
            Ok(url) => (url, None),
            Err(_) => {
                let broker = Self::start(kind)?;
                (broker.url(), Some(broker))
            }
        };
        Ok(&slot.get_or_init(|| shared).0)
    }

    pub(crate) fn new(site: Site) -> Result<Self, Error> {
        let warden = Warden::new(site.folder.path())?;
        Ok(Self { running: Mutex::new(Running { processes: Vec::new(), warden }), site })
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.site.setup.kind
    }

    /// The port for clients, on 127.0.0.1. It stays the same, also across restarts.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.site.port()
    }

    /// Its URL as client libraries take it, with the user of the setup if there is one.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_at(self.port())
    }

    /// Its URL with another port on 127.0.0.1: that of a proxy before it.
    #[must_use]
    pub fn url_at(&self, port: u16) -> String {
        let user = self.site.setup.user.as_ref();
        self.compose(&user.map(|user| format!("{}:{}@", user.name, user.password)).unwrap_or_default(), port)
    }

    /// Its URL without a user, for clients that are told name and password otherwise.
    #[must_use]
    pub fn address(&self) -> String {
        self.compose("", self.port())
    }

    fn compose(&self, user: &str, port: u16) -> String {
        let program = self.kind().program();
        let (plain, tls) = program.schemes();
        let scheme = if self.site.setup.tls.is_some() { tls } else { plain };
        format!("{scheme}://{user}127.0.0.1:{port}{}", program.path())
    }

    /// SIGKILL to every process of it, as when the machine has had enough; returns once they are gone.
    pub fn kill(&self) -> Result<(), Error> {
        self.end(Process::kill)
    }

    /// SIGTERM; returns once it is gone.
    pub fn stop(&self) -> Result<(), Error> {
        self.end(|process| process.stop(GENTLY))
    }

    /// Ends it and starts it (again), on the same port and with the data that it has; waits until it serves clients. One
    /// that was killed, stopped or only prepared is just started; one that runs is stopped first.
    pub fn restart(&self) -> Result<(), Error> {
        self.stop()?;
        let mut running = self.running();
        let program = self.kind().program();
        if let Some(mut companion) = program.companion(&self.site)? {
            running.add(Process::start(&mut companion.command, &self.site.log())?)?;
            self.wait(&mut running, || listens(companion.port))?;
        }
        running.add(Process::start(&mut program.command(&self.site)?, &self.site.log())?)?;
        self.wait(&mut running, || program.is_ready(&self.site))
    }

    /// SIGSTOP: it keeps its connections and says nothing, as a machine that hangs.
    pub fn pause(&self) -> Result<(), Error> {
        self.signal(Signal::Stop)
    }

    /// SIGCONT: it goes on where it was paused.
    pub fn resume(&self) -> Result<(), Error> {
        self.signal(Signal::Continue)
    }

    /// The last lines that it wrote to its log.
    #[must_use]
    pub fn log(&self) -> String {
        last_lines(&self.site.log())
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        match self.running().processes.last() {
            Some(broker) => broker.signal(signal),
            None => Err(Error::Misuse(format!("{} does not run", self.kind().program().name()))),
        }
    }

    /// Ends its processes, the broker first.
    fn end(&self, how: impl Fn(&mut Process) -> Result<(), Error>) -> Result<(), Error> {
        let mut running = self.running();
        while let Some(mut process) = running.processes.pop() {
            how(&mut process)?;
        }
        running.warden.watch(&[])
    }

    /// Waits until the condition holds; an error if a process ends meanwhile or it takes too long.
    fn wait(&self, running: &mut Running, ready: impl Fn() -> bool) -> Result<(), Error> {
        let name = self.kind().program().name();
        let started = Instant::now();
        loop {
            if running.processes.iter_mut().any(Process::has_ended) {
                return Err(self.failed(format!("{name} ended while it started")));
            }
            if ready() {
                return Ok(());
            }
            if started.elapsed() > READY {
                return Err(self.failed(format!("{name} was not ready after {} s", READY.as_secs())));
            }
            std::thread::sleep(GLANCE);
        }
    }

    fn failed(&self, what: String) -> Error {
        Error::Program { what, log: self.log() }
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn add(&mut self, process: Process) -> Result<(), Error> {
        self.processes.push(process);
        let groups: Vec<u32> = self.processes.iter().map(Process::group).collect();
        self.warden.watch(&groups)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Not gently: whoever wants to see it end by itself calls `stop`.
        let _ = self.kill();
    }
}

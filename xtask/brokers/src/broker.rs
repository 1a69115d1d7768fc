//! A broker of one's own, and what can be done to it.

use crate::process::{GLANCE, Process, Signal};
use crate::program::{Program, Relief, Site};
use crate::rights::User;
use crate::warden::Warden;
use crate::{Error, Kind, Rights, Setup};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a broker may take to start, on a machine that has other things to do.
const READY: Duration = Duration::from_secs(120);

/// How long a broker may take to end by itself before it is killed.
const GENTLY: Duration = Duration::from_secs(30);

/// A real broker on a loopback port with a folder of its own. Its methods block until what they do is done. Dropped, it
/// is killed and its folder removed; that also happens when the process ends without dropping it.
#[derive(Debug)]
pub struct Broker {
    running: Mutex<Running>,
    site: Site,
}

#[derive(Debug)]
struct Running {
    /// The broker, while it runs.
    process: Option<Process>,
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

    /// The URL of a broker for tests that do not hurt it and use names of their own: the one in the environment
    /// variable [`Kind::variable`] if it is set, otherwise one that this process starts once and keeps until it ends.
    pub fn shared(kind: Kind) -> Result<&'static str, Error> {
        static SLOTS: [Mutex<Option<&'static str>>; Kind::ALL.len()] = [const { Mutex::new(None) }; Kind::ALL.len()];
        let mut slot = SLOTS[kind as usize].lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(url) = *slot {
            return Ok(url);
        }
        let url = match std::env::var(kind.variable()) {
            Ok(url) => url,
            // Never dropped: its warden ends it with the process.
            Err(_) => Box::leak(Box::new(Self::start(kind)?)).url(),
        };
        Ok(slot.insert(url.leak()))
    }

    pub(crate) fn new(site: Site) -> Result<Self, Error> {
        let warden = Warden::new(site.folder.path())?;
        Ok(Self { running: Mutex::new(Running { process: None, warden }), site })
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
        let user = self.site.setup.users.first();
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

    /// Makes a virtual host of this name (letters, digits, `-` and `_`) in a RabbitMQ that everybody may use: a broker
    /// of one's own within it, in the place of the `%2f` in its URL. The other kinds start faster than they would do
    /// this.
    pub fn virtual_host(&self, name: &str) -> Result<(), Error> {
        self.with(|program, _| program.virtual_host(&self.site, name))
    }

    /// SIGKILL to every process of it, as when the machine has had enough; returns once they are gone. nats-server is
    /// not killed while it writes the state of a consumer: 2.9.7 to 2.9.15 lose events then, whoever their client is.
    pub fn kill(&self) -> Result<(), Error> {
        self.end(|process| {
            self.kind().program().hold_for_kill(&self.site, process)?;
            process.kill()
        })
    }

    /// SIGTERM; returns once it is gone.
    pub fn stop(&self) -> Result<(), Error> {
        self.end(|process| process.stop(GENTLY))
    }

    /// Ends it and starts it (again), on the same port and with the data that it has; waits until it serves clients.
    /// One that was killed, stopped or only prepared is just started; one that runs is stopped first.
    pub fn restart(&self) -> Result<(), Error> {
        self.stop()?;
        let mut running = self.running();
        let program = self.kind().program();
        let mut process = Process::start(&mut program.command(&self.site)?, &self.site.log())?;
        running.warden.watch(Some(process.group()))?;
        match self.wait_for(&mut process) {
            Ok(()) => running.process = Some(process),
            Err(error) => {
                drop(process);
                running.warden.watch(None)?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// SIGSTOP: it keeps its connections and says nothing, as a machine that hangs; returns once that is so.
    pub fn pause(&self) -> Result<(), Error> {
        match &mut self.running().process {
            Some(process) => process.hold(),
            None => Err(self.misuse("does not run: `restart` starts it")),
        }
    }

    /// SIGCONT: it goes on where it was paused.
    pub fn resume(&self) -> Result<(), Error> {
        self.signal(Signal::Continue)
    }

    /// Lets a user in, or changes what one may do from now on, also on connections that there are. Only for a broker
    /// whose setup has a [`user`](Setup::user): the others let everybody do everything.
    pub fn admit(&self, name: &str, password: &str, rights: &Rights) -> Result<(), Error> {
        if self.site.setup.users.is_empty() {
            return Err(self.misuse("lets everybody in: begin with `Broker::configured(…).user(…)`"));
        }
        let user = User { name: name.to_owned(), password: password.to_owned(), rights: rights.clone() };
        self.with(|program, process| {
            let mut users = self.site.users();
            match users.iter_mut().find(|known| known.name == name) {
                Some(known) => known.clone_from(&user),
                None => users.push(user.clone()),
            }
            drop(users);
            program.admit(&self.site, process, &user)
        })
    }

    /// Brings it to where it takes nothing more: RabbitMQ has its disk alarm, JetStream no storage left (so it takes as
    /// long as it takes to write [`Setup::storage`]), Mosquitto and Redis no memory.
    pub fn fill(&self) -> Result<(), Error> {
        self.with(|program, process| program.fill(&self.site, process))
    }

    /// Undoes [`fill`](Self::fill). Mosquitto without memory cannot be told so: it is killed and comes back with all
    /// that it has acknowledged.
    pub fn relieve(&self) -> Result<(), Error> {
        match self.with(|program, process| program.relieve(&self.site, process))? {
            Relief::Felt => Ok(()),
            Relief::AfterRestart => self.kill().and_then(|()| self.restart()),
        }
    }

    /// Returns once all that it has acknowledged survives [`kill`](Self::kill). Only Mosquitto needs it, which
    /// acknowledges first and saves then. A test that counts what was acknowledged has a [`Proxy`](crate::Proxy) before
    /// it and holds later acknowledgements back: `proxy.freeze()`, `save`, `kill`, `proxy.cut()`, `proxy.thaw()`.
    pub fn save(&self) -> Result<(), Error> {
        self.with(|program, process| program.save(&self.site, process))
    }

    /// The CPU time that it has used so far.
    pub fn cpu(&self) -> Result<Duration, Error> {
        self.with(|_, process| process.cpu())
    }

    /// The file to which it writes its log, as long as it is not dropped.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.site.log()
    }

    fn signal(&self, signal: Signal) -> Result<(), Error> {
        self.with(|_, process| process.signal(signal))
    }

    /// Does something to it that only makes sense while it runs.
    fn with<T>(&self, act: impl FnOnce(&dyn Program, &Process) -> Result<T, Error>) -> Result<T, Error> {
        match &self.running().process {
            Some(process) => act(self.kind().program(), process),
            None => Err(self.misuse("does not run: `restart` starts it")),
        }
    }

    fn end(&self, how: impl FnOnce(&mut Process) -> Result<(), Error>) -> Result<(), Error> {
        let mut running = self.running();
        let Some(process) = &mut running.process else { return Ok(()) };
        how(process)?;
        running.process = None;
        running.warden.watch(None)
    }

    fn wait_for(&self, process: &mut Process) -> Result<(), Error> {
        let started = Instant::now();
        while !self.kind().program().is_ready(&self.site) {
            if process.has_ended() {
                return Err(self.site.failed("ended while it started"));
            }
            if started.elapsed() > READY {
                return Err(self.site.failed(format!("was not ready after {} s", READY.as_secs())));
            }
            std::thread::sleep(GLANCE);
        }
        Ok(())
    }

    fn misuse(&self, what: &str) -> Error {
        Error::Misuse(format!("{} {what}", self.kind().program().name()))
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Not gently: whoever wants to see it end by itself calls `stop`.
        let _ = self.end(Process::kill);
    }
}

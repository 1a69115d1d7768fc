//! What is special about each broker: its files, its command line, its first words to a client, and what ails it.

use crate::process::{GLANCE, Process, Signal};
use crate::rights::User;
use crate::{Error, Folder, Port, Setup};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a broker may take to do what it is told.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a broker lives: what the test asked for, its folder, its ports, and who may connect.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) setup: Setup,
    pub(crate) folder: Folder,
    /// The port for clients, then those that the program wants for itself.
    pub(crate) ports: Vec<Port>,
    /// Those who may connect; everybody while there are none.
    pub(crate) users: Mutex<Vec<User>>,
    /// The password of the user [`ADMINISTRATOR`], who exists where there are others.
    pub(crate) password: String,
}

/// The user by whom we do to a broker what a test's own users may not.
pub(crate) const ADMINISTRATOR: &str = "pontoon-administrator";

impl Site {
    /// The port for clients.
    pub(crate) fn port(&self) -> u16 {
        self.own_port(0)
    }

    /// The port for clients at 0, then those of the program's own.
    pub(crate) fn own_port(&self, index: usize) -> u16 {
        self.ports.get(index).map_or(0, Port::number)
    }

    /// Where the broker writes what it has to say.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    pub(crate) fn users(&self) -> MutexGuard<'_, Vec<User>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the broker read its files again, and returns once its log has a line more with these words.
    pub(crate) fn reload(&self, process: &Process, words: &str) -> Result<(), Error> {
        let lines = || {
            let log = std::fs::read(self.log()).unwrap_or_default();
            String::from_utf8_lossy(&log).matches(words).count()
        };
        let before = lines();
        process.signal(Signal::Hangup)?;
        self.wait(words, || lines() > before)
    }

    /// Waits until the broker has done what it was told; `what` completes "it did not get to …".
    pub(crate) fn wait(&self, what: &str, done: impl Fn() -> bool) -> Result<(), Error> {
        let started = Instant::now();
        while !done() {
            if started.elapsed() > PATIENCE {
                return Err(self.failed(format!("did not get to `{what}` within {} s", PATIENCE.as_secs())));
            }
            std::thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// The error for a broker that went wrong; `how` completes the sentence that begins with its name.
    pub(crate) fn failed(&self, how: impl std::fmt::Display) -> Error {
        let name = self.setup.kind.program().name();
        Error::Program { what: format!("{name} {how}"), log: crate::process::last_lines(&self.log()) }
    }
}

/// When a broker that was full takes something again.
pub(crate) enum Relief {
    /// At once.
    Felt,
    /// Once it has been killed and started again.
    AfterRestart,
}

/// One kind of broker.
pub(crate) trait Program: Sync {
    /// The name of the program, for people.
    fn name(&self) -> &'static str;

    /// How many ports it needs, with that for clients.
    fn ports(&self) -> usize {
        1
    }

    /// The scheme of its URLs, without and with TLS.
    fn schemes(&self) -> (&'static str, &'static str);

    /// What follows the port in its URLs.
    fn path(&self) -> &'static str {
        ""
    }

    /// Writes the files that the program reads when it starts, and again when they are to change.
    fn configure(&self, site: &Site) -> Result<(), Error>;

    /// The program, in the foreground, to become the one process that matters.
    fn command(&self, site: &Site) -> Result<Command, Error>;

    /// Whether it answers as it does once clients are served.
    fn is_ready(&self, site: &Site) -> bool;

    /// Makes a user of the site be as the site says, while the broker runs.
    fn admit(&self, site: &Site, process: &Process, user: &User) -> Result<(), Error>;

    /// Makes a broker of one's own within it, where it has such.
    fn virtual_host(&self, _site: &Site, _name: &str) -> Result<(), Error> {
        Err(Error::Misuse(format!("{} has no virtual hosts", self.name())))
    }

    /// Brings it to where it takes nothing more to keep.
    fn fill(&self, site: &Site, process: &Process) -> Result<(), Error>;

    /// Undoes `fill`.
    fn relieve(&self, site: &Site, process: &Process) -> Result<Relief, Error>;

    /// Returns at a moment at which SIGKILL costs nothing that the program keeps, but for a fault of its own that no
    /// client can make good. It may leave the process stopped, by SIGSTOP.
    fn hold_for_kill(&self, _site: &Site, _process: &mut Process) -> Result<(), Error> {
        Ok(())
    }

    /// Returns once all that it has acknowledged survives SIGKILL.
    fn save(&self, _site: &Site, _process: &Process) -> Result<(), Error> {
        Ok(())
    }
}

/// Whether somebody listens on a loopback port.
pub(crate) fn listens(port: u16) -> bool {
    connect(port).is_ok()
}

/// Says something to whoever listens on a loopback port, and returns the first bytes of the answer; `None` without an
/// answer of that length in good time.
pub(crate) fn greet<const N: usize>(port: u16, words: &[u8]) -> Option<[u8; N]> {
    let mut stream = connect(port).ok()?;
    stream.write_all(words).ok()?;
    let mut answer = [0; N];
    stream.read_exact(&mut answer).ok()?;
    Some(answer)
}

/// A connection that does not wait for ever.
pub(crate) fn connect(port: u16) -> std::io::Result<TcpStream> {
    const BOUND: Duration = Duration::from_secs(5);
    let stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), BOUND)?;
    stream.set_read_timeout(Some(BOUND))?;
    stream.set_write_timeout(Some(BOUND))?;
    Ok(stream)
}

/// A path as text for a configuration file. The folders that we make have no characters that would need quotes.
pub(crate) fn text(path: &Path) -> String {
    path.display().to_string()
}

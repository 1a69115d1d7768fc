//! What is special about each broker: its files, its command line, its first words to a client.

use crate::{Error, Folder, Port, Setup};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Where a broker lives: what the test asked for, its folder and its ports.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) setup: Setup,
    pub(crate) folder: Folder,
    /// The port for clients, then those that the program wants for itself.
    pub(crate) ports: Vec<Port>,
}

impl Site {
    /// The port for clients.
    pub(crate) fn port(&self) -> u16 {
        self.own_port(0)
    }

    /// The port for clients at 0, then those of the program's own.
    pub(crate) fn own_port(&self, index: usize) -> u16 {
        self.ports.get(index).map_or(0, Port::number)
    }

    /// Where all processes of the broker write what they have to say.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

/// A program that a broker's process needs to be there first.
pub(crate) struct Companion {
    pub(crate) command: Command,
    /// It is ready once it listens here.
    pub(crate) port: u16,
}

/// One kind of broker.
pub(crate) trait Program: Sync {
    /// The name of the program, for people.
    fn name(&self) -> &'static str;

    /// How many ports it needs, with that for clients.
    fn ports(&self) -> usize {
        1
    }

    /// Writes the files that the program reads when it starts.
    fn configure(&self, site: &Site) -> Result<(), Error>;

    /// What has to run before it, if anything.
    fn companion(&self, _site: &Site) -> Result<Option<Companion>, Error> {
        Ok(None)
    }

    /// The program, in the foreground.
    fn command(&self, site: &Site) -> Result<Command, Error>;

    /// Whether it answers as it does once clients are served.
    fn is_ready(&self, site: &Site) -> bool;

    /// The scheme of its URLs, without and with TLS.
    fn schemes(&self) -> (&'static str, &'static str);

    /// What follows the port in its URLs.
    fn path(&self) -> &'static str {
        ""
    }
}

/// Whether somebody listens on a loopback port.
pub(crate) fn listens(port: u16) -> bool {
    connect(port).is_some()
}

/// Says something to whoever listens on a loopback port, and returns the first bytes of the answer; `None` without an
/// answer of that length within a second.
pub(crate) fn greet<const N: usize>(port: u16, words: &[u8]) -> Option<[u8; N]> {
    let mut stream = connect(port)?;
    stream.set_read_timeout(Some(Duration::from_secs(1))).ok()?;
    stream.write_all(words).ok()?;
    let mut answer = [0; N];
    stream.read_exact(&mut answer).ok()?;
    Some(answer)
}

fn connect(port: u16) -> Option<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok()
}

/// A path as text for a configuration file. The folders that we make have no other characters than these.
pub(crate) fn text(path: &Path) -> String {
    path.display().to_string()
}

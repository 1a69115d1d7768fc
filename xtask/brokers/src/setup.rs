//! What a test asks of its broker before it starts.

use crate::folder::random;
use crate::peers::Member;
use crate::program::Site;
use crate::rights::User;
use crate::{Broker, Certificates, Error, Folder, Kind, Peers, Port, Rights};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// A broker to be: `Broker::configured(Kind::Nats).user("anna", "secret").start()`.
#[derive(Debug, Clone)]
pub struct Setup {
    pub(crate) kind: Kind,
    pub(crate) tls: Option<Tls>,
    pub(crate) users: Vec<User>,
    pub(crate) durable: bool,
    /// In bytes.
    pub(crate) storage: u64,
    pub(crate) lines: String,
    pub(crate) acknowledged_within: Option<Duration>,
    /// In bytes.
    pub(crate) largest: Option<u64>,
    pub(crate) member: Option<Member>,
}

/// The files that the broker shows and trusts.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    pub(crate) ca: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    /// Whether a client without a certificate of that CA is refused.
    pub(crate) mutual: bool,
}

impl Setup {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            tls: None,
            users: Vec::new(),
            durable: true,
            storage: 1 << 30,
            lines: String::new(),
            acknowledged_within: None,
            largest: None,
            member: None,
        }
    }

    /// Clients have to use TLS; the broker shows the server certificate. The certificates must outlive the broker.
    #[must_use]
    pub fn tls(mut self, certificates: &Certificates) -> Self {
        self.tls = Some(Tls::new(certificates, false));
        self
    }

    /// As [`tls`](Self::tls), and clients have to show a certificate of the same CA.
    #[must_use]
    pub fn mutual_tls(mut self, certificates: &Certificates) -> Self {
        self.tls = Some(Tls::new(certificates, true));
        self
    }

    /// Only this user may connect, and may do everything. Name and password: letters, digits, `-` and `_`. Others can
    /// be added later, and rights taken away: [`Broker::admit`].
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Self {
        self.users = vec![User { name: name.to_owned(), password: password.to_owned(), rights: Rights::everything() }];
        self
    }

    /// Redis and Mosquitto write nothing to disk, which is faster and what a benchmark may want; a restart finds them
    /// empty. The others always keep what they are told to keep.
    #[must_use]
    pub fn volatile(mut self) -> Self {
        self.durable = false;
        self
    }

    /// How many bytes JetStream may keep on disk, 1 GiB if nobody says otherwise. A test that fills the broker takes
    /// less, for it has to be written. The other kinds are full without that.
    #[must_use]
    pub fn storage(mut self, bytes: u64) -> Self {
        self.storage = bytes;
        self
    }

    /// What NATS has in its configuration beside ours, such as the operator that it trusts. The other kinds ignore it.
    #[must_use]
    pub fn lines(mut self, lines: &str) -> Self {
        lines.clone_into(&mut self.lines);
        self
    }

    /// RabbitMQ takes what is not acknowledged after this time from its consumer, instead of after half an hour. It
    /// looks every second. The other kinds ignore it.
    #[must_use]
    pub fn acknowledged_within(mut self, limit: Duration) -> Self {
        self.acknowledged_within = Some(limit);
        self
    }

    /// RabbitMQ is one of a cluster: the first is 0. The other kinds ignore it.
    #[must_use]
    pub fn member(mut self, of: &Peers, number: u8) -> Self {
        self.member = Some(of.member(number));
        self
    }

    /// RabbitMQ and Mosquitto refuse what has more bytes than this, instead of 128 MiB and 256 MiB. They announce
    /// neither. The other kinds ignore it.
    #[must_use]
    pub fn largest(mut self, bytes: u64) -> Self {
        self.largest = Some(bytes);
        self
    }

    /// Reserves the ports and the folder, starts nothing: the broker has its URL, and [`Broker::restart`] starts it.
    pub fn prepare(self) -> Result<Broker, Error> {
        let program = self.kind.program();
        let ports = (0..program.ports()).map(|_| Port::free()).collect::<Result<_, _>>()?;
        let folder = Folder::new(program.name())?;
        let users = Mutex::new(self.users.clone());
        let site = Site { setup: self, folder, ports, users, password: format!("{:016x}", random()) };
        program.configure(&site)?;
        Broker::new(site)
    }

    /// Starts the broker and waits until it serves clients.
    pub fn start(self) -> Result<Broker, Error> {
        let broker = self.prepare()?;
        broker.restart()?;
        Ok(broker)
    }
}

impl Tls {
    fn new(certificates: &Certificates, mutual: bool) -> Self {
        let [ca, certificate, key] =
            [certificates.ca(), certificates.server(), certificates.server_key()].map(Path::to_path_buf);
        Self { ca, certificate, key, mutual }
    }
}

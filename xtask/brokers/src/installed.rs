//! Where the programs of the brokers are, and which package has the ones that are missing.

use crate::Error;
use std::path::{Path, PathBuf};

/// A Debian package and a program by which one sees that it is installed.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// The package's name.
    pub name: &'static str,
    /// A program that it brings.
    pub program: &'static str,
}

/// All that the brokers and their tests need, in the order in which they are named to a reader.
pub const PACKAGES: &[Package] = &[
    Package { name: "redis-server", program: "redis-server" },
    Package { name: "nats-server", program: "nats-server" },
    Package { name: "mosquitto", program: "mosquitto" },
    Package { name: "rabbitmq-server", program: "rabbitmq-server" },
    Package { name: "openssl", program: "openssl" },
    Package { name: "faketime", program: "faketime" },
];

impl Package {
    /// Whether its program is on this machine.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        look_for(self.program).is_some()
    }
}

/// The path of a program, or an error that says what to install.
pub(crate) fn find(program: &'static str, package: &'static str) -> Result<PathBuf, Error> {
    look_for(program).ok_or(Error::Missing { program, package })
}

/// The path in an environment variable, which stands in for an installed program: what is not there is an error, or a
/// test would be of something else.
pub(crate) fn chosen(variable: &str) -> Option<Result<PathBuf, Error>> {
    let file = PathBuf::from(std::env::var_os(variable)?);
    Some(if file.is_file() {
        Ok(file)
    } else {
        Err(Error::Misuse(format!("{variable} is `{}`, and there is no such file", file.display())))
    })
}

/// The path of a program that Debian keeps off the `PATH`, at this place; elsewhere it is looked for as any other.
pub(crate) fn find_at(place: &str, program: &'static str, package: &'static str) -> Result<PathBuf, Error> {
    let file = Path::new(place).join(program);
    if file.is_file() { Ok(file) } else { find(program, package) }
}

/// Looks along the `PATH`, and where Debian keeps daemons, which is not on the `PATH` of everybody.
fn look_for(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(program))
        .find(|file| Path::is_file(file))
}

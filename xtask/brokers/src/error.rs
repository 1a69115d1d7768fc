//! What can go wrong with a broker that a test needs: what, where, what to do.

use std::fmt;
use std::io;

/// A broker did not do what was asked of it, or the machine lacks something for it.
pub enum Error {
    /// A program that is not installed.
    Missing {
        /// The program, as it is called.
        program: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// The system refused something: a file, a socket, a process.
    System {
        /// What was tried.
        what: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program failed, or did not get as far as it should in time.
    Program {
        /// What happened.
        what: String,
        /// The last lines that the program wrote.
        log: String,
    },
    /// What was asked for does not exist for this kind of broker, or not in this setup.
    Misuse(String),
}

impl Error {
    /// Turns an `io::Error` into ours; `what` completes "could not …".
    pub(crate) fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::System { what, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { program, package } => write!(
                out,
                "`{program}` is not installed: `cargo xtask setup` installs it, or by hand \
                 `apt-get install -y --no-install-recommends {package}`"
            ),
            Self::System { what, source } => write!(out, "could not {what}: {source}"),
            Self::Program { what, log } if log.trim().is_empty() => write!(out, "{what}; it wrote nothing"),
            Self::Program { what, log } => write!(out, "{what}; the last that it wrote:\n{log}"),
            Self::Misuse(what) => out.write_str(what),
        }
    }
}

/// As it is displayed: this is what a test prints that unwraps it, and a log has many lines.
impl fmt::Debug for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System { source, .. } => Some(source),
            _ => None,
        }
    }
}

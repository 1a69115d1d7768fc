//! References to services and commands: `email`, `email.v2`, `email.send_welcome`, `email.v2.send_welcome`.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Malformed, scalar};
use super::version::Version;
use super::word::Name;
use crate::name::shown;

/// A service, or one version of it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ServiceRef {
    /// The service.
    pub service: Name,
    /// The version, if the reference names one; otherwise all versions are meant.
    pub version: Option<Version>,
}

impl FromStr for ServiceRef {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (service, version) = match text.split_once('.') {
            Some((service, version)) => (service, Some(version)),
            None => (text, None),
        };
        let malformed = || {
            Malformed(format!(
                "`{}` does not name a service: a name was expected, such as `email`, or `email.v2` for one version of it",
                shown(text)
            ))
        };
        let version = match version {
            Some(version) => Some(Version::from_reference(version).ok_or_else(malformed)?),
            None => None,
        };
        Ok(Self { service: service.parse().map_err(|_| malformed())?, version })
    }
}

impl fmt::Display for ServiceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.service)?;
        self.version.map_or(Ok(()), |version| write!(f, ".{version}"))
    }
}

scalar!(
    ServiceRef,
    expected: "the name of a service, such as `email`, or of one version of it, `email.v2`",
    pattern: r"^[a-z][a-z0-9_]{0,62}(\.v[1-9][0-9]{0,3})?$",
    examples: ["email", "email.v2"]
);

/// A command of a service, or of one version of it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct CommandRef {
    /// The service.
    pub service: Name,
    /// The version; it can be left out where the service has only one.
    pub version: Option<Version>,
    /// The command.
    pub command: Name,
}

impl FromStr for CommandRef {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let read = || {
            let (service, rest) = text.split_once('.')?;
            let (version, command) = match rest.split_once('.') {
                Some((version, command)) => (Some(Version::from_reference(version)?), command),
                None => (None, rest),
            };
            Some(Self { service: service.parse().ok()?, version, command: command.parse().ok()? })
        };
        read().ok_or_else(|| {
            Malformed(format!(
                "`{}` does not name a command: `service.command` was expected, such as `email.send_welcome`, or \
                 `email.v2.send_welcome` for one version",
                shown(text)
            ))
        })
    }
}

impl fmt::Display for CommandRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Some(version) => write!(f, "{}.{version}.{}", self.service, self.command),
            None => write!(f, "{}.{}", self.service, self.command),
        }
    }
}

scalar!(
    CommandRef,
    expected: "a command as `service.command`, such as `email.send_welcome`, or `email.v2.send_welcome` for one version",
    pattern: r"^[a-z][a-z0-9_]{0,62}(\.v[1-9][0-9]{0,3})?\.[a-z][a-z0-9_]{0,62}$",
    examples: ["email.send_welcome", "email.v2.send_welcome"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_written() {
        for text in ["email.send_welcome", "email.v2.send_welcome", "email.v2"] {
            assert_eq!(text.parse::<CommandRef>().unwrap().to_string(), text);
        }
        for text in ["email", "email.v2"] {
            assert_eq!(text.parse::<ServiceRef>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "email", "email.", ".x", "a.b.c", "a.v2.b.c", "a..b", "A.b", "a.v0.b"] {
            assert!(text.parse::<CommandRef>().is_err(), "{text}");
        }
        for text in ["", "a.b", "a.v0", "a.v1.b", "A"] {
            assert!(text.parse::<ServiceRef>().is_err(), "{text}");
        }
    }
}

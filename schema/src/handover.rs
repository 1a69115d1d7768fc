//! What the build script tells the derives: where each operation of the topology is found in Rust.
//!
//! A plain text of one line an operation, so that the derives need no parser of their own and a person can read it.

use std::fmt;
use std::str::FromStr;

/// The environment variable that carries the path of the handover from the build script to the derives.
pub const VARIABLE: &str = "PONTOON_HANDOVER";

/// The first line: whoever reads another one was built with another version.
const HEAD: &str = "pontoon handover 1";

/// All that the derives of one crate know about its topology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// The Rust path of the generated contract: `crate::topology`, `shop_contract::topology`.
    pub contract: String,
    /// Every operation of the topology, in its order.
    pub entries: Vec<Entry>,
}

/// One operation of the topology and its places in Rust. No field has a space or a line break in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What kind of operation it is, hence which derive it takes.
    pub kind: Kind,
    /// The service as the topology names it: `email`.
    pub service: String,
    /// The version of the service.
    pub version: u32,
    /// The operation as the topology names it: `send_welcome`.
    pub operation: String,
    /// The marker type below the contract: `email::SendWelcome`, `email::v2::SendWelcome`.
    pub marker: String,
    /// The module that holds the handler's `Context`, below the contract: `email::send_welcome`.
    pub module: String,
    /// The struct that the service's handlers are made from: `crate::email::Resources`.
    pub resources: String,
}

/// The four kinds of operations that a handler can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Request and reply.
    Command,
    /// A reaction to an event.
    Subscription,
    /// Takes jobs from a queue.
    Worker,
    /// Runs by the clock.
    Schedule,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Subscription => "subscription",
            Self::Worker => "worker",
            Self::Schedule => "schedule",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Command, Self::Subscription, Self::Worker, Self::Schedule]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

impl Handover {
    /// The text that [`parse`](Self::parse) reads back.
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEAD}\ncontract {}\n", self.contract);
        for Entry {
            kind,
            service,
            version,
            operation,
            marker,
            module,
            resources,
        } in &self.entries
        {
            let kind = kind.word();
            text += &format!("{kind} {service} {version} {operation} {marker} {module} {resources}\n");
        }
        text
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    ///
    /// # Errors
    /// The first line that is not as it should be.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut lines = text.lines().enumerate();
        lines
            .next()
            .filter(|(_, line)| *line == HEAD)
            .ok_or(Malformed { line: 1 })?;
        let contract = lines
            .next()
            .and_then(|(_, line)| line.strip_prefix("contract "))
            .filter(|contract| !contract.is_empty())
            .ok_or(Malformed { line: 2 })?;
        let entries = lines.map(|(index, line)| line.parse().map_err(|()| Malformed { line: index + 1 }));
        Ok(Self {
            contract: contract.to_owned(),
            entries: entries.collect::<Result<_, _>>()?,
        })
    }
}

impl FromStr for Entry {
    type Err = ();

    fn from_str(line: &str) -> Result<Self, ()> {
        let words: Vec<&str> = line.split(' ').collect();
        let [kind, service, version, operation, marker, module, resources] = words[..] else {
            return Err(());
        };
        Ok(Self {
            kind: Kind::from_word(kind).ok_or(())?,
            service: service.to_owned(),
            version: version.parse().map_err(drop)?,
            operation: operation.to_owned(),
            marker: marker.to_owned(),
            module: module.to_owned(),
            resources: resources.to_owned(),
        })
    }
}

/// A handover that another version wrote, or that something else wrote over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    line: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is not one of a handover", self.line)
    }
}

impl std::error::Error for Malformed {}

#[cfg(test)]
mod tests {
    use super::*;

    fn handover() -> Handover {
        let entry = |kind, operation: &str| Entry {
            kind,
            service: "email".to_owned(),
            version: 2,
            operation: operation.to_owned(),
            marker: format!("email::v2::{operation}"),
            module: format!("email::v2::{operation}"),
            resources: "crate::email::Resources".to_owned(),
        };
        Handover {
            contract: "shop_contract::topology".to_owned(),
            entries: vec![
                entry(Kind::Command, "send_welcome"),
                entry(Kind::Subscription, "greet"),
                entry(Kind::Worker, "bill"),
                entry(Kind::Schedule, "tidy"),
            ],
        }
    }

    #[test]
    fn a_handover_is_read_as_it_was_written() {
        assert_eq!(Handover::parse(&handover().to_text()), Ok(handover()));
    }

    #[test]
    fn a_handover_that_is_none_names_the_line() {
        let text = handover().to_text();
        for (broken, line) in [
            (String::new(), 1),
            (text.replace("handover 1", "handover 9"), 1),
            (text.replace("contract shop_contract::topology", "contract "), 2),
            (text.replace("worker email 2", "worker email two"), 5),
            (text.replace("schedule", "timer"), 6),
            (format!("{text}\n"), 7),
        ] {
            assert_eq!(Handover::parse(&broken), Err(Malformed { line }), "{broken}");
        }
    }
}

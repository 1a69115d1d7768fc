//! What the build script tells the derives: where each operation of the topology is found in Rust. A text that both
//! sides know, one line for each operation.

use std::fmt;

/// The environment variable that carries the path of the handover from the build script to the derives.
pub const VARIABLE: &str = "PONTOON_HANDOVER";

/// The first line, with the version of the format.
const HEAD: &str = "pontoon handover 3";

/// The topology as the derives see it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Handover {
    /// The Rust path of the generated contract: `crate::topology`, or `shop_contract::topology`.
    pub contract: String,
    /// The Rust path of the crate `pontoon`, as the crate that is compiled calls it: `pontoon`.
    pub runtime: String,
    /// The operations, in the order of the topology.
    pub entries: Vec<Entry>,
}

/// One operation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// What kind of operation it is.
    pub kind: Kind,
    /// What its handler gets at a time.
    pub input: Input,
    /// The service as the topology names it: `user`.
    pub service: String,
    /// The version of the service. An attribute may leave it out where only one has the operation.
    pub version: u32,
    /// The operation as the topology names it: `sign_up`.
    pub operation: String,
    /// The marker type, below the contract: `user::SignUp`.
    pub marker: String,
    /// The module that holds its `Context`, below the contract: `user::sign_up`.
    pub module: String,
    /// The Rust path of the resources of its service: `crate::user::Resources`.
    pub resources: String,
    /// The Rust path of its handler: `crate::user::SignUp`.
    pub handler: String,
}

/// What a handler gets at a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Input {
    /// One message.
    One,
    /// Several messages, each of which has an outcome.
    Batch,
}

impl Input {
    const ALL: [Self; 2] = [Self::One, Self::Batch];

    /// The word for it: `one`.
    const fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Batch => "batch",
        }
    }
}

/// The kinds of operations, each with a derive of its own.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// `#[derive(CommandHandler)]`
    Command,
    /// `#[derive(SubscriptionHandler)]`
    Subscription,
    /// `#[derive(QueueWorker)]`
    Worker,
    /// `#[derive(ScheduleHandler)]`
    Schedule,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Command, Self::Subscription, Self::Worker, Self::Schedule];

    /// The word for it, which is also the name of the attribute: `command`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Subscription => "subscription",
            Self::Worker => "worker",
            Self::Schedule => "schedule",
        }
    }
}

/// Why a text is not a handover.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unreadable {
    /// The line that could not be read, from 1.
    pub line: usize,
    /// What was expected there.
    pub expected: &'static str,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the handover is not {}", self.line, self.expected)
    }
}

impl std::error::Error for Unreadable {}

impl Handover {
    /// The text that [`Self::parse`] reads. Nothing in it may contain a tab or a line break, which no path does.
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEAD}\ncontract\t{}\nruntime\t{}\n", self.contract, self.runtime);
        for Entry { kind, input, service, version, operation, marker, module, resources, handler } in &self.entries {
            let (version, input) = (version.to_string(), input.name());
            text.push_str(
                &[kind.name(), input, service, &version, operation, marker, module, resources, handler].join("\t"),
            );
            text.push('\n');
        }
        text
    }

    /// Reads what [`Self::to_text`] wrote.
    ///
    /// # Errors
    /// With the first line that is not as it should be, as when the build script belongs to another version of Pontoon.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut lines = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let wrong = |line, expected| Unreadable { line, expected };
        if lines.next().is_none_or(|(_, line)| line != HEAD) {
            return Err(wrong(1, "`pontoon handover 3`: are pontoon and pontoon-compiler of the same version?"));
        }
        let contract = lines.next().and_then(|(_, line)| line.strip_prefix("contract\t"));
        let contract = contract.ok_or(wrong(2, "the path of the contract"))?.to_owned();
        let runtime = lines.next().and_then(|(_, line)| line.strip_prefix("runtime\t"));
        let runtime = runtime.ok_or(wrong(3, "the path of the crate `pontoon`"))?.to_owned();
        let entries = lines.map(|(number, line)| {
            let expected = wrong(
                number,
                "an operation: kind, input, service, version, operation, marker, module, resources, handler",
            );
            let fields: Vec<&str> = line.split('\t').collect();
            let [kind, input, service, version, operation, marker, module, resources, handler] = fields[..] else {
                return Err(expected);
            };
            let kind = Kind::ALL.into_iter().find(|known| known.name() == kind).ok_or_else(|| expected.clone())?;
            let input = Input::ALL.into_iter().find(|known| known.name() == input).ok_or_else(|| expected.clone())?;
            Ok(Entry {
                kind,
                input,
                service: service.to_owned(),
                version: version.parse().map_err(|_| expected)?,
                operation: operation.to_owned(),
                marker: marker.to_owned(),
                module: module.to_owned(),
                resources: resources.to_owned(),
                handler: handler.to_owned(),
            })
        });
        Ok(Self { contract, runtime, entries: entries.collect::<Result<_, _>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: Kind) -> Entry {
        Entry {
            kind,
            input: if kind == Kind::Worker { Input::Batch } else { Input::One },
            service: "user".into(),
            version: 2,
            operation: "sign_up".into(),
            marker: "user::v2::SignUp".into(),
            module: "user::v2::sign_up".into(),
            resources: "crate::user::Resources".into(),
            handler: "crate::user::SignUp".into(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for entries in [Vec::new(), Kind::ALL.map(entry).to_vec()] {
            let handover = Handover { contract: "crate::topology".into(), runtime: "pontoon".into(), entries };
            assert_eq!(Handover::parse(&handover.to_text()), Ok(handover));
        }
    }

    #[test]
    fn what_is_not_a_handover_says_where() {
        let line = |text: &str| Handover::parse(text).unwrap_err().line;
        assert_eq!(line(""), 1);
        let entries = |text| line(&format!("pontoon handover 3\ncontract\tx\nruntime\tx\n{text}\n"));
        assert_eq!(line("pontoon handover 2\n"), 1);
        assert_eq!(line("pontoon handover 3\n"), 2);
        assert_eq!(line("pontoon handover 3\ncontract\tx\n"), 3);
        assert_eq!(entries("command\tone\ta\t1\tb\tc\td\te\tf\nnonsense"), 5);
        assert_eq!(entries("state\tone\ta\t1\tb\tc\td\te\tf"), 4);
        assert_eq!(entries("command\tsome\ta\t1\tb\tc\td\te\tf"), 4);
        assert_eq!(entries("command\tone\ta\tone\tb\tc\td\te\tf"), 4);
    }
}

//! A topology of any size, and what goes with it: the same calls as a proto file, and handlers for both. Every service
//! keeps one kind of record; half of its commands invoke another, it emits an event and hears its neighbour's.

pub(crate) mod handlers;
pub(crate) mod proto;
pub(crate) mod topology;

use std::fmt;

/// Commands in every service.
pub(crate) const COMMANDS: [Command; 5] = [
    Command::new("create", "Opens a record under a new number.", "3s"),
    Command::new("find", "Looks a record up by its number.", "1s"),
    Command::new("change", "Writes another amount into a record.", "2s"),
    Command::new("close", "Closes a record for good, with a reason.", "1s"),
    Command::new("list", "Pages through the records, oldest first.", "2s"),
];

/// What one command is, whatever its service.
pub(crate) struct Command {
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) timeout: &'static str,
}

impl Command {
    const fn new(name: &'static str, description: &'static str, timeout: &'static str) -> Self {
        Self { name, description, timeout }
    }

    /// Its marker, and the first word of its input type.
    pub(crate) fn pascal(&self) -> String {
        let (first, rest) = self.name.split_at(1);
        first.to_uppercase() + rest
    }

    /// The suffix of what it answers with: a record, or a page of them.
    pub(crate) fn answer(&self) -> &'static str {
        if self.name == "list" { "Page" } else { "" }
    }

    /// The fields of its input, with types that Rust and proto name in their own way.
    pub(crate) fn fields(&self) -> &'static [(&'static str, Scalar)] {
        match self.name {
            "create" => &[("name", Scalar::Template), ("amount", Scalar::Number)],
            "find" => &[("id", Scalar::Number)],
            "change" => &[("id", Scalar::Number), ("amount", Scalar::Number)],
            "close" => &[("id", Scalar::Number), ("reason", Scalar::Template)],
            _ => &[("after", Scalar::Number), ("limit", Scalar::Number)],
        }
    }

    /// The service (as a step from its own) and the command that this one invokes.
    ///
    /// `create` invokes `change` of the next service, that invokes `find` of the one after it, and every second `list`
    /// invokes `find`: half of all commands, three deep, without a cycle however many services there are.
    pub(crate) fn invokes(&self, service: usize) -> Option<(usize, &'static Command)> {
        match self.name {
            "create" => Some((1, &COMMANDS[2])),
            "change" => Some((1, &COMMANDS[1])),
            "list" if service.is_multiple_of(2) => Some((1, &COMMANDS[1])),
            _ => None,
        }
    }

    /// Whether callers outside may use it. The others have callers inside.
    pub(crate) fn exposed(&self) -> bool {
        matches!(self.name, "create" | "close" | "list")
    }
}

/// The type of a field.
#[derive(Clone, Copy)]
pub(crate) enum Scalar {
    Template,
    Number,
}

impl Scalar {
    pub(crate) fn rust(self) -> &'static str {
        match self {
            Self::Template => "String",
            Self::Number => "u64",
        }
    }

    pub(crate) fn proto(self) -> &'static str {
        match self {
            Self::Template => "string",
            Self::Number => "uint64",
        }
    }
}

/// A service of the synthetic topology by its number: `ledger_0007` as a module, `Ledger0007` as a type.
#[derive(Clone, Copy)]
pub(crate) struct Service {
    pub(crate) number: usize,
    of: usize,
}

impl Service {
    pub(crate) fn all(services: usize) -> impl Iterator<Item = Self> {
        (0..services).map(move |number| Self { number, of: services })
    }

    /// The service some steps further, round the circle.
    pub(crate) fn further(self, steps: usize) -> Self {
        Self { number: (self.number + steps) % self.of, of: self.of }
    }

    pub(crate) fn pascal(self) -> String {
        format!("Ledger{:04}", self.number)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ledger_{:04}", self.number)
    }
}

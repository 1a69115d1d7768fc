//! The table: what is expected of each way to carry events, case by case.

use std::fmt;

use pontoon_brokers::Kind;
use pontoon_schema::capability::{self, Adapter, Bridge};

use super::custom::Custom;

/// A column of the table: an adapter, and the promise that is looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Column {
    /// Memory of the process, at least once.
    InMemory,
    /// The local disk, at least once.
    Embedded,
    /// RabbitMQ, at least once.
    Amqp,
    /// NATS, at most once.
    NatsCore,
    /// NATS, at least once.
    JetStream,
    /// An MQTT broker, at least once.
    Mqtt,
    /// An adapter from elsewhere, at least once. What is expected of it follows from what it says that it can do.
    Custom(&'static Custom),
}

/// What a cell of the table says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cell {
    /// The case does not apply: there is no test.
    Nothing,
    /// The adapter does it.
    Yes,
    /// Each event is handled at least once.
    AtLeastOnce,
    /// Each event is handled at most once.
    AtMostOnce,
    /// Only who listens at the time hears it.
    LiveOnly,
    /// Nothing is lost.
    NothingLost,
    /// What is lost is counted.
    Counted,
    /// What is lost is lost, as documented.
    Lost,
    /// However often it is delivered, it has one effect.
    OneEffect,
    /// The compiler refuses it.
    Refused,
}

use Cell::{AtLeastOnce, AtMostOnce, Counted, LiveOnly, Lost, Nothing, NothingLost, OneEffect, Refused, Yes};

/// A row: the case, and its cells in the order of [`Column`].
type Row = (&'static str, [Cell; 6]);

/// The table.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    //         in_memory    embedded     AMQP         NATS core    JetStream    MQTT
    ("e01", [AtLeastOnce, AtLeastOnce, AtLeastOnce, AtMostOnce,  AtLeastOnce, AtLeastOnce]),
    ("e02", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
    ("e03", [Yes,         Yes,         Yes,         LiveOnly,    Yes,         Yes]),
    ("e04", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
    ("e05", [Yes,         Yes,         Yes,         Refused,     Yes,         Refused]),
    ("e06", [Yes,         Yes,         Yes,         Refused,     Yes,         Yes]),
    ("e07", [Yes,         Yes,         Yes,         Refused,     Yes,         Yes]),
    ("e08", [Yes,         Yes,         Yes,         Refused,     Yes,         Yes]),
    ("e09", [Yes,         Yes,         Yes,         Counted,     Yes,         Yes]),
    ("e10", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
    ("e11", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
    ("e12", [Lost,        NothingLost, NothingLost, Counted,     NothingLost, NothingLost]),
    ("e13", [Nothing,     Nothing,     Yes,         Yes,         Yes,         Yes]),
    ("e14", [Yes,         Yes,         Yes,         Counted,     Yes,         Yes]),
    ("e15", [OneEffect,   OneEffect,   OneEffect,   Nothing,     OneEffect,   OneEffect]),
    ("e16", [Lost,        OneEffect,   OneEffect,   Lost,        OneEffect,   OneEffect]),
    ("e17", [NothingLost, NothingLost, NothingLost, NothingLost, NothingLost, NothingLost]),
    ("e18", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
    ("e19", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
    ("e20", [Nothing,     Nothing,     Yes,         Yes,         Yes,         Yes]),
    ("e21", [Yes,         Yes,         Yes,         Yes,         Nothing,     Yes]),
    ("e22", [Yes,         Yes,         Yes,         Yes,         Nothing,     Yes]),
    ("e23", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
    ("e24", [Nothing,     Nothing,     Yes,         Yes,         Yes,         Yes]),
    ("e25", [Yes,         Yes,         Yes,         Nothing,     Yes,         Yes]),
    ("e26", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
    ("e27", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
    ("e28", [Nothing,     Nothing,     Yes,         Nothing,     Yes,         Nothing]),
    ("e29", [Nothing,     Nothing,     Yes,         Yes,         Nothing,     Yes]),
    ("e30", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
    ("e31", [Nothing,     Yes,         Yes,         Nothing,     Yes,         Yes]),
    ("e32", [Nothing,     Nothing,     Yes,         Nothing,     Yes,         Nothing]),
    ("e33", [Nothing,     Nothing,     Yes,         Yes,         Yes,         Yes]),
    ("e34", [Nothing,     Nothing,     Yes,         Yes,         Nothing,     Yes]),
    ("e35", [Nothing,     Nothing,     OneEffect,   Nothing,     OneEffect,   OneEffect]),
    ("e36", [Nothing,     Nothing,     Yes,         Yes,         Yes,         Yes]),
    ("e37", [Nothing,     Nothing,     Yes,         Counted,     Yes,         Yes]),
    ("e38", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
    ("e39", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
    ("e40", [Nothing,     Nothing,     Yes,         Nothing,     Yes,         Yes]),
    ("e42", [Nothing,     Nothing,     Yes,         Yes,         Yes,         Yes]),
    ("e43", [Yes,         Yes,         Yes,         Yes,         Yes,         Yes]),
];

/// As the table calls it.
impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InMemory => "in memory",
            Self::Embedded => "embedded",
            Self::Amqp => "AMQP",
            Self::NatsCore => "NATS core",
            Self::JetStream => "JetStream",
            Self::Mqtt => "MQTT",
            Self::Custom(custom) => custom.name,
        })
    }
}

impl Column {
    /// The environment of the topology.
    #[must_use]
    pub fn environment(self) -> &'static str {
        self.adapter().name()
    }

    /// The adapter.
    #[must_use]
    pub fn adapter(self) -> Adapter {
        match self {
            Self::InMemory => Adapter::InMemory,
            Self::Embedded => Adapter::Embedded,
            Self::Amqp => Adapter::Amqp,
            Self::NatsCore | Self::JetStream => Adapter::Nats,
            Self::Mqtt => Adapter::Mqtt,
            Self::Custom(_) => Adapter::Custom,
        }
    }

    /// The broker, if there is one.
    #[must_use]
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::InMemory | Self::Embedded | Self::Custom(_) => None,
            Self::Amqp => Some(Kind::Amqp),
            Self::NatsCore | Self::JetStream => Some(Kind::Nats),
            Self::Mqtt => Some(Kind::Mqtt),
        }
    }

    /// What the adapter can do: what the compiler believes.
    ///
    /// # Panics
    /// It is no event bridge.
    #[must_use]
    pub fn capability(self) -> Bridge {
        match self {
            Self::Custom(custom) => custom.capabilities(),
            _ => *capability::event_bridge(self.adapter()).expect("an event bridge"),
        }
    }

    /// Whether the table speaks of events that may be lost.
    #[must_use]
    pub fn is_at_most_once(self) -> bool {
        self == Self::NatsCore
    }

    /// Whether there is only one process, which ends when its unit does.
    #[must_use]
    pub fn stays_in_process(self) -> bool {
        !self.capability().crosses_processes
    }

    /// Whether an event is handed to its handlers as the value that it was, and never written and read.
    #[must_use]
    pub fn hands_over_values(self) -> bool {
        self.stays_in_process() && self != Self::Embedded
    }

    /// Whether what a process leaves behind is there for the next one.
    #[must_use]
    pub fn outlives_processes(self) -> bool {
        !self.stays_in_process() || self == Self::Embedded
    }

    /// Whether who emits can have events kept for a service that has never been there. An MQTT broker keeps them for
    /// who has once subscribed.
    #[must_use]
    pub fn keeps_for_others(self) -> bool {
        !self.is_at_most_once() && self != Self::Mqtt
    }

    /// Whether the broker can tell how much is unfinished while somebody consumes.
    #[must_use]
    pub fn counts_unfinished_while_consumed(self) -> bool {
        self == Self::JetStream
    }

    /// What the table says of a case: of `e01_…` what stands in the row `e01`.
    ///
    /// # Panics
    /// The table has no such case.
    #[must_use]
    pub fn cell(self, case: &str) -> Cell {
        let row = TABLE.iter().find(|(name, _)| case.starts_with(name)).expect("a case of the table");
        match self {
            Self::Custom(custom) => custom.cell(case),
            _ => self.of(row),
        }
    }

    /// The cases of which the table says something.
    pub fn cases(self) -> Vec<&'static str> {
        match self {
            Self::Custom(custom) => custom.cases().collect(),
            _ => TABLE.iter().filter(|row| self.of(row) != Nothing).map(|(case, _)| *case).collect(),
        }
    }

    /// Its cell of a row.
    fn of(self, (_, [memory, embedded, amqp, core, jetstream, mqtt]): &Row) -> Cell {
        match self {
            Self::InMemory => *memory,
            Self::Embedded => *embedded,
            Self::Amqp => *amqp,
            Self::NatsCore => *core,
            Self::JetStream => *jetstream,
            Self::Mqtt => *mqtt,
            Self::Custom(_) => Nothing,
        }
    }
}

//! The words a derive reads in the user's code. Each stands here and nowhere else.

use std::fmt::{self, Display};

use pontoon_schema::handover::Kind;
use syn::Path;

/// A kind of operation as it is written in Rust: its attribute, its derive, and the word for it in a sentence.
#[derive(Clone, Copy)]
pub(crate) struct Symbol {
    pub(crate) kind: Kind,
    pub(crate) attribute: &'static str,
    pub(crate) derive: &'static str,
    pub(crate) word: &'static str,
}

pub(crate) const COMMAND: Symbol =
    Symbol { kind: Kind::Command, attribute: "command", derive: "CommandHandler", word: "command" };

pub(crate) const SUBSCRIPTION: Symbol =
    Symbol { kind: Kind::Subscription, attribute: "subscription", derive: "SubscriptionHandler", word: "subscription" };

pub(crate) const WORKER: Symbol =
    Symbol { kind: Kind::Worker, attribute: "worker", derive: "QueueWorker", word: "worker" };

pub(crate) const SCHEDULE: Symbol =
    Symbol { kind: Kind::Schedule, attribute: "schedule", derive: "ScheduleHandler", word: "schedule" };

const ALL: [Symbol; 4] = [COMMAND, SUBSCRIPTION, WORKER, SCHEDULE];

impl Symbol {
    /// The symbol whose attribute `path` is.
    pub(crate) fn of_attribute(path: &Path) -> Option<Self> {
        ALL.into_iter().find(|symbol| path.is_ident(symbol.attribute))
    }

    pub(crate) fn of_kind(kind: Kind) -> Self {
        match kind {
            Kind::Command => COMMAND,
            Kind::Subscription => SUBSCRIPTION,
            Kind::Worker => WORKER,
            Kind::Schedule => SCHEDULE,
        }
    }

    /// The attribute with an address in it, as the user would write it.
    pub(crate) fn written(self, address: impl Display) -> impl Display {
        fmt::from_fn(move |f| write!(f, "#[{}({address})]", self.attribute))
    }

    /// An address to show where the user gave none.
    pub(crate) fn example(self) -> impl Display {
        self.written(match self.kind {
            Kind::Command => "user.sign_up",
            Kind::Subscription => "email.greet",
            Kind::Worker => "email.bill",
            Kind::Schedule => "sensor.sample",
        })
    }
}

//! Users of a broker and what they may do, in the patterns of the broker's own language.

/// Somebody who may connect.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) rights: Rights,
}

/// What a user may do. Who may connect at all can also do what needs no right, such as a ping.
///
/// | | `configure` | `write` | `read` | a pattern is |
/// |---|---|---|---|---|
/// | RabbitMQ | declare, delete | publish, bind | consume, bind | a regular expression of the whole name |
/// | NATS | – | publish | subscribe | a subject, with `*` and `>` |
/// | Mosquitto | – | publish | receive; a subscription is never refused | a topic, with `+` and `#` |
/// | Redis | – | write a key | read a key | a glob of a key |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    pub(crate) configure: Grant,
    pub(crate) write: Grant,
    pub(crate) read: Grant,
    /// Of a topic exchange of RabbitMQ: what keys may be published with, and bound.
    pub(crate) topics: Vec<Topics>,
}

/// What a user may do at a topic exchange, where it may do something there at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Topics {
    pub(crate) exchange: String,
    pub(crate) write: Grant,
    pub(crate) read: Grant,
}

/// What one right reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grant {
    Everything,
    Only(Vec<String>),
}

impl Rights {
    /// To do everything.
    #[must_use]
    pub fn everything() -> Self {
        let everything = || Grant::Everything;
        Self { configure: everything(), write: everything(), read: everything(), topics: Vec::new() }
    }

    /// To connect, and no more.
    #[must_use]
    pub fn nothing() -> Self {
        Self::everything().configure(&[]).write(&[]).read(&[])
    }

    /// To declare and delete only what matches; with no pattern, nothing.
    #[must_use]
    pub fn configure(mut self, patterns: &[&str]) -> Self {
        self.configure = Grant::only(patterns);
        self
    }

    /// To write only what matches; with no pattern, nothing.
    #[must_use]
    pub fn write(mut self, patterns: &[&str]) -> Self {
        self.write = Grant::only(patterns);
        self
    }

    /// To read only what matches; with no pattern, nothing.
    #[must_use]
    pub fn read(mut self, patterns: &[&str]) -> Self {
        self.read = Grant::only(patterns);
        self
    }

    /// At this topic exchange of RabbitMQ, to publish only with the keys that match `write`, and to bind only by those
    /// that match `read`.
    #[must_use]
    pub fn topics(mut self, exchange: &str, write: &[&str], read: &[&str]) -> Self {
        let (write, read) = (Grant::only(write), Grant::only(read));
        self.topics.push(Topics { exchange: exchange.to_owned(), write, read });
        self
    }
}

impl Grant {
    fn only(patterns: &[&str]) -> Self {
        Self::Only(patterns.iter().map(|pattern| (*pattern).to_owned()).collect())
    }

    /// The patterns, where `everything` is the one that matches all.
    pub(crate) fn patterns<'a>(&'a self, everything: &'a str) -> Vec<&'a str> {
        match self {
            Self::Everything => vec![everything],
            Self::Only(patterns) => patterns.iter().map(String::as_str).collect(),
        }
    }
}

//! How RabbitMQ is reached.

use std::time::Duration;

use crate::environment::{Text, Tls};

/// RabbitMQ, or another broker that speaks AMQP 0.9.1.
#[derive(Clone, Copy, Debug)]
pub struct Amqp {
    pub(super) url: Text,
    pub(super) username: Option<Text>,
    pub(super) password: Option<Text>,
    pub(super) tls: Option<Tls>,
    pub(super) consumer_timeout: Option<Duration>,
}

impl Amqp {
    /// Where it is: `amqp://user:password@host:5672/vhost`.
    #[must_use]
    pub const fn new(url: Text) -> Self {
        Self { url, username: None, password: None, tls: None, consumer_timeout: None }
    }

    /// The user.
    #[must_use]
    pub const fn username(mut self, username: Text) -> Self {
        self.username = Some(username);
        self
    }

    /// The user's password.
    #[must_use]
    pub const fn password(mut self, password: Text) -> Self {
        self.password = Some(password);
        self
    }

    /// How long the broker lets a message be held before it takes it from its consumer, where that is not half an hour: what
    /// its `consumer_timeout` says.
    #[must_use]
    pub const fn consumer_timeout(mut self, limit: Duration) -> Self {
        self.consumer_timeout = Some(limit);
        self
    }

    /// Over TLS.
    #[must_use]
    pub const fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }
}

//! The settings of RabbitMQ in an environment.

use std::time::Duration;

use crate::environment::{Template, Tls};

/// The settings of an event bridge over RabbitMQ, or over another broker that speaks AMQP 0.9.1.
#[derive(Clone, Copy, Debug)]
pub struct Amqp {
    pub(super) url: Template,
    pub(super) username: Option<Template>,
    pub(super) password: Option<Template>,
    pub(super) tls: Option<Tls>,
    pub(super) consumer_timeout: Option<Duration>,
}

impl Amqp {
    /// The URL: `amqp://user:password@host:5672/vhost`.
    #[must_use]
    pub const fn new(url: Template) -> Self {
        Self { url, username: None, password: None, tls: None, consumer_timeout: None }
    }

    /// The user.
    #[must_use]
    pub const fn username(mut self, username: Template) -> Self {
        self.username = Some(username);
        self
    }

    /// The user's password.
    #[must_use]
    pub const fn password(mut self, password: Template) -> Self {
        self.password = Some(password);
        self
    }

    /// How long the broker lets a message be held before it takes it from its consumer, where that is not half an hour:
    /// what its `consumer_timeout` says.
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

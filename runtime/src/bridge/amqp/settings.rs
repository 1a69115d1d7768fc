//! How RabbitMQ is reached.

use crate::environment::{Text, Tls};

/// RabbitMQ, or another broker that speaks AMQP 0.9.1.
#[derive(Clone, Copy, Debug)]
pub struct Amqp {
    pub(super) url: Text,
    pub(super) username: Option<Text>,
    pub(super) password: Option<Text>,
    pub(super) tls: Option<Tls>,
}

impl Amqp {
    /// Where it is: `amqp://user:password@host:5672/vhost`.
    #[must_use]
    pub const fn new(url: Text) -> Self {
        Self { url, username: None, password: None, tls: None }
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

    /// Over TLS.
    #[must_use]
    pub const fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }
}

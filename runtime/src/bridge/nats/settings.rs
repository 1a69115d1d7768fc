//! The settings of NATS in an environment.

use crate::environment::{Template, Tls};

/// The settings of an event bridge over NATS, with JetStream for what must not be lost.
#[derive(Clone, Copy, Debug)]
pub struct Nats {
    pub(super) servers: Template,
    pub(super) username: Option<Template>,
    pub(super) password: Option<Template>,
    pub(super) token: Option<Template>,
    pub(super) credentials: Option<Template>,
    pub(super) inbox_prefix: Option<Template>,
    pub(super) replicas: Option<usize>,
    pub(super) tls: Option<Tls>,
}

impl Nats {
    /// The servers: `nats://host:4222`, with commas between them.
    #[must_use]
    pub const fn new(servers: Template) -> Self {
        Self {
            servers,
            username: None,
            password: None,
            token: None,
            credentials: None,
            inbox_prefix: None,
            replicas: None,
            tls: None,
        }
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

    /// A token, in the place of user and password.
    #[must_use]
    pub const fn token(mut self, token: Template) -> Self {
        self.token = Some(token);
        self
    }

    /// The content of a `.creds` file, or its path.
    #[must_use]
    pub const fn credentials(mut self, credentials: Template) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// What the subjects begin with on which answers arrive, before the user. Left out, `<topology>.reply`. All units
    /// and clients of a system have the same.
    #[must_use]
    pub const fn inbox_prefix(mut self, prefix: Template) -> Self {
        self.inbox_prefix = Some(prefix);
        self
    }

    /// On how many servers of a cluster a stream is kept: 1 to 5. Left out, 3 where there is a cluster that has so
    /// many.
    #[must_use]
    pub const fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = Some(replicas);
        self
    }

    /// Over TLS.
    #[must_use]
    pub const fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }
}

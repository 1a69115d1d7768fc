//! How the broker is reached.

use crate::environment::{Text, Tls};

/// A broker that speaks MQTT 5.
#[derive(Clone, Copy, Debug)]
pub struct Mqtt {
    pub(super) url: Text,
    pub(super) client_id: Text,
    pub(super) username: Option<Text>,
    pub(super) password: Option<Text>,
    pub(super) tls: Option<Tls>,
}

impl Mqtt {
    /// Where it is: `mqtt://host:1883`. The id of this client, unlike all others at the broker.
    #[must_use]
    pub const fn new(url: Text, client_id: Text) -> Self {
        Self { url, client_id, username: None, password: None, tls: None }
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

//! The settings of a broker of MQTT 5 in an environment.

use crate::environment::{Template, Tls};

/// The settings of an event bridge over a broker that speaks MQTT 5.
#[derive(Clone, Copy, Debug)]
pub struct Mqtt {
    pub(super) url: Template,
    pub(super) client_id: Template,
    pub(super) username: Option<Template>,
    pub(super) password: Option<Template>,
    pub(super) tls: Option<Tls>,
}

impl Mqtt {
    /// The URL: `mqtt://host:1883`, or `mqtts://…` for TLS; user and password may stand in it. What the ids of a unit's
    /// clients begin with, before the unit's name (`<client_id>-<unit>-…`), so that units may share it. Two instances
    /// of one unit may not: give each one of its own (`${HOSTNAME}`, `${DEVICE_ID}`), the same after a restart. A
    /// client that connects as another ends the other's connection.
    #[must_use]
    pub const fn new(url: Template, client_id: Template) -> Self {
        Self { url, client_id, username: None, password: None, tls: None }
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

    /// Over TLS.
    #[must_use]
    pub const fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }
}

//! The settings of Redis in an environment.

use super::address::Address;
use crate::environment::{Setup, Template, Tls};

/// The settings of a queue bridge or a state store in Redis, or in what speaks RESP like it.
#[derive(Clone, Copy, Debug)]
pub struct Redis {
    url: Template,
    username: Option<Template>,
    password: Option<Template>,
    tls: Option<Tls>,
}

impl Redis {
    /// The address: `redis://host:6379/0`.
    #[must_use]
    pub const fn new(url: Template) -> Self {
        Self { url, username: None, password: None, tls: None }
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

    /// Where it is; or problems.
    pub(crate) async fn address(&self, setup: &mut Setup) -> Option<Address> {
        let before = setup.problems().len();
        let url = setup.text(&self.url).await;
        let username = setup.optional(self.username.as_ref()).await;
        let password = setup.optional(self.password.as_ref()).await;
        let pems = setup.pems(self.tls.as_ref()).await;
        if setup.problems().len() > before {
            return None;
        }
        match Address::read(&url, pems).and_then(|address| address.credentials(username, password)) {
            Ok(address) => Some(address),
            Err(problem) => {
                setup.problem(problem);
                None
            }
        }
    }
}

//! How Redis is reached.

use super::endpoint::Endpoint;
use crate::environment::{Opening, Text, Tls};

/// Redis, or what speaks like it.
#[derive(Clone, Copy, Debug)]
pub struct Redis {
    url: Text,
    username: Option<Text>,
    password: Option<Text>,
    tls: Option<Tls>,
}

impl Redis {
    /// Where it is: `redis://host:6379/0`.
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

    /// Where it is; or problems.
    pub(super) async fn endpoint(&self, opening: &mut Opening) -> Option<Endpoint> {
        let before = opening.problems().len();
        let url = opening.text(&self.url).await;
        let username = opening.optional(self.username.as_ref()).await;
        let password = opening.optional(self.password.as_ref()).await;
        let pems = opening.pems(self.tls.as_ref()).await;
        if opening.problems().len() > before {
            return None;
        }
        match Endpoint::read(&url, pems).and_then(|endpoint| endpoint.credentials(username, password)) {
            Ok(endpoint) => Some(endpoint),
            Err(problem) => {
                opening.problem(problem);
                None
            }
        }
    }
}

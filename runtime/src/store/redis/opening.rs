//! Redis as an environment names it, and how that is opened.

use std::sync::Arc;

use super::{Certificates, RedisConnection, RedisState};
use crate::environment::{Opening, StateStore, Text, Tls};
use crate::secret::SecretValue;
use crate::soon::Soon;
use crate::store::StateAdapter;
use crate::store::in_memory::InMemory;

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

    async fn connection(&self, opening: &mut Opening) -> RedisConnection {
        let tls = match &self.tls {
            None => None,
            Some(tls) => {
                let pems = opening.pems(tls).await;
                let (certificate, key) = pems.identity.unzip();
                Some(Certificates { ca: pems.ca, certificate, key })
            }
        };
        RedisConnection {
            url: opening.text(&self.url).await,
            username: opening.optional(self.username.as_ref()).await,
            password: opening.optional(self.password.as_ref()).await.map(SecretValue::new),
            tls,
        }
    }
}

impl StateStore for Redis {
    fn open<'a>(&'a self, opening: &'a mut Opening) -> Soon<'a, Arc<dyn StateAdapter>> {
        Soon::later(async move {
            let before = opening.problems().len();
            let connection = self.connection(opening).await;
            let adapter: Arc<dyn StateAdapter> = match RedisState::new(opening.instance.topology, connection) {
                Ok(state) => Arc::new(state),
                Err(error) => {
                    // What is missing has been said already, and is no malformed setting.
                    if opening.problems().len() == before {
                        opening.problem(error.to_string());
                    }
                    Arc::new(InMemory::new())
                }
            };
            adapter
        })
    }
}

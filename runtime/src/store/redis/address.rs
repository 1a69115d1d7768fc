//! The address of Redis and the credentials of its environment: checked before anything is connected.

use redis::{ConnectionAddr, IntoConnectionInfo, parse_redis_url};

use crate::environment::Pems;
use crate::net::socket::Encryption;
use crate::secret::SecretValue;

/// The address of a server, with the credentials that the environment has for it.
#[derive(Clone)]
pub(crate) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) database: i64,
    pub(super) username: Option<String>,
    pub(super) password: Option<SecretValue>,
    pub(super) encryption: Option<Encryption>,
}

impl Address {
    /// The end that a url names: `redis://host:port/database`, or `rediss://…` for TLS; user and password may stand in
    /// it. Servers that speak like Redis are reached in the same way (`valkey://…`). With PEMs the connection is
    /// encrypted, whatever the url says. What is wrong with it is said without the url, which may have a password in
    /// it.
    pub(super) fn read(url: &str, pems: Option<Pems>) -> Result<Self, String> {
        let wrong = |what: &str| format!("the url of redis {what}");
        let Some(mut url) = parse_redis_url(url) else {
            return Err(wrong("is none: expected redis://host:port/database, or rediss:// for TLS"));
        };
        if url.fragment().is_some() {
            return Err(wrong("has a fragment (`#…`): there is no way around the proof of who the server is"));
        }
        let encrypted = matches!(url.scheme(), "rediss" | "valkeys");
        if encrypted && url.set_scheme("redis").is_err() {
            return Err(wrong("has no host"));
        }
        let info = url.into_connection_info().map_err(|error| wrong(&format!("is malformed: {error}")))?;
        let ConnectionAddr::Tcp(host, port) = info.addr().clone() else {
            return Err(wrong("leads to a socket of the file system: expected redis://host:port"));
        };
        let inside = info.redis_settings();
        let pems = pems.or_else(|| encrypted.then(Pems::default));
        let encryption = pems.map(|pems| Encryption::new(&pems)).transpose();
        Ok(Self {
            host,
            port,
            database: inside.db(),
            username: inside.username().map(str::to_owned),
            password: inside.password().map(SecretValue::new),
            encryption: encryption.map_err(|problem| format!("the TLS of redis: {problem}"))?,
        })
    }

    /// The settings beside the url win over what stands in it.
    pub(super) fn credentials(mut self, username: Option<String>, password: Option<String>) -> Result<Self, String> {
        self.username = username.or(self.username);
        self.password = password.map(SecretValue::new).or(self.password);
        match (&self.username, &self.password) {
            (Some(_), None) => Err("redis has a username and no password".to_owned()),
            _ => Ok(self),
        }
    }

    /// `host:port`, as messages have it.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Result<Address, String> {
        Address::read(url, None)?.credentials(None, None)
    }

    #[test]
    fn a_url_says_where_and_how() {
        let end = address("redis://ada:p%40ss@cache.example:7000/3").unwrap();
        assert_eq!((end.place().as_str(), end.database), ("cache.example:7000", 3));
        assert_eq!(end.username.as_deref(), Some("ada"));
        assert_eq!(end.password.unwrap().expose(), "p@ss");
        let end = address("valkey://[::1]").unwrap();
        assert_eq!((end.host.as_str(), end.port, end.database), ("::1", 6379, 0));
        assert!(end.encryption.is_none());
    }

    #[test]
    fn settings_count_more_than_the_url() {
        let end = Address::read("redis://ada:old@localhost", None).unwrap();
        let end = end.credentials(None, Some("new".to_owned())).unwrap();
        assert_eq!((end.username.as_deref(), end.password.unwrap().expose()), (Some("ada"), "new"));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_password() {
        let wrong = [
            ("http://ada:hidden@host", "is none"),
            ("hidden", "is none"),
            ("redis://ada:hidden@host/x", "database"),
            ("redis://:hidden@/1", "is none"),
            ("unix:///hidden", "file system"),
            ("rediss://ada:hidden@host#insecure", "fragment"),
            ("redis://ada@host", "no password"),
        ];
        for (url, expected) in wrong {
            let error = address(url).err().unwrap();
            assert!(error.contains(expected) && !error.contains("hidden"), "{url}: {error}");
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn tls_needs_its_feature() {
        assert!(address("rediss://host").err().unwrap().contains("feature `tls`"));
    }

    #[cfg(feature = "tls")]
    #[test]
    fn certificates_are_read_before_anything_is_connected() {
        let pems = Pems { ca: Some("nonsense".to_owned()), identity: None };
        let problem = Address::read("redis://localhost", Some(pems)).err().unwrap();
        assert!(problem.contains("the TLS of redis: `ca`"), "{problem}");
    }
}

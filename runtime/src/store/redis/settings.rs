//! Where Redis is and how to get in: checked before anything is connected.

use redis::{ConnectionAddr, IntoConnectionInfo, parse_redis_url};

use super::tls::Connector;
use crate::secret::SecretValue;
use crate::store::StoreError;

/// Where Redis is and how to get in, with all variables and secrets put in.
#[derive(Clone, Default)]
pub struct RedisConnection {
    /// `redis://host:port/database`, or `rediss://…` for TLS; user and password may stand in it. Port 6379 and database 0
    /// are the default. Servers that speak like Redis are reached in the same way (`valkey://…`).
    pub url: String,
    /// The user; counts more than the one of the url.
    pub username: Option<String>,
    /// The password; counts more than the one of the url.
    pub password: Option<SecretValue>,
    /// Whether the connection is encrypted, whatever the url says, and who is trusted.
    pub tls: Option<Certificates>,
}

/// Who is trusted over TLS, and how the client proves who it is. Each is the text of a PEM.
#[derive(Clone, Default)]
pub struct Certificates {
    /// The authorities that are trusted; without them those of the operating system.
    pub ca: Option<String>,
    /// The client's certificate, and those between it and its authority.
    pub certificate: Option<String>,
    /// The key of the client's certificate.
    pub key: Option<String>,
}

/// What a connection needs to know.
pub(super) struct Endpoint {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) database: i64,
    pub(super) username: Option<String>,
    pub(super) password: Option<SecretValue>,
    pub(super) tls: Option<Connector>,
    /// A key of ours: who is asked for it has all of them.
    pub(super) probe: String,
}

impl Endpoint {
    /// The end that the settings name. What is wrong with them is said without the url, which may have a password in it.
    pub(super) fn new(settings: RedisConnection, probe: String) -> Result<Self, StoreError> {
        let wrong = |what: &str| StoreError::Misconfigured(format!("the url of redis {what}"));
        let Some(mut url) = parse_redis_url(&settings.url) else {
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
        let username = settings.username.or_else(|| inside.username().map(str::to_owned));
        let password = settings.password.or_else(|| inside.password().map(SecretValue::new));
        if username.is_some() && password.is_none() {
            return Err(StoreError::Misconfigured("redis has a username and no password".into()));
        }
        let certificates = settings.tls.or_else(|| encrypted.then(Certificates::default));
        let tls = certificates.map(|certificates| Connector::new(&certificates)).transpose();
        let tls = tls.map_err(|problem| StoreError::Misconfigured(format!("the TLS of redis: {problem}")))?;
        Ok(Self { host, port, database: inside.db(), username, password, tls, probe })
    }

    /// `host:port`, as messages have it.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(url: &str) -> Result<Endpoint, String> {
        let settings = RedisConnection { url: url.into(), ..RedisConnection::default() };
        Endpoint::new(settings, String::new()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_url_says_where_and_how() {
        let end = endpoint("redis://ada:p%40ss@cache.example:7000/3").unwrap();
        assert_eq!((end.place().as_str(), end.database), ("cache.example:7000", 3));
        assert_eq!(end.username.as_deref(), Some("ada"));
        assert_eq!(end.password.unwrap().expose(), "p@ss");
        let end = endpoint("valkey://[::1]").unwrap();
        assert_eq!((end.host.as_str(), end.port, end.database), ("::1", 6379, 0));
        assert!(end.tls.is_none());
    }

    #[test]
    fn settings_count_more_than_the_url() {
        let settings = RedisConnection {
            url: "redis://ada:old@localhost".into(),
            password: Some(SecretValue::new("new")),
            ..RedisConnection::default()
        };
        let end = Endpoint::new(settings, String::new()).unwrap();
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
            let error = endpoint(url).err().unwrap();
            assert!(error.contains(expected) && !error.contains("hidden"), "{url}: {error}");
        }
    }

    #[cfg(not(feature = "tls"))]
    #[test]
    fn tls_needs_its_feature() {
        assert!(endpoint("rediss://host").err().unwrap().contains("feature `tls`"));
    }

    #[cfg(feature = "tls")]
    #[test]
    fn certificates_are_read_before_anything_is_connected() {
        let with = |certificates: Certificates| {
            let url = "redis://localhost".to_owned();
            let settings = RedisConnection { url, tls: Some(certificates), ..RedisConnection::default() };
            Endpoint::new(settings, String::new()).err().map(|error| error.to_string()).unwrap_or_default()
        };
        let text = |text: &str| Some(text.to_owned());
        assert!(with(Certificates { ca: text("nonsense"), ..Certificates::default() }).contains("authorities"));
        assert!(with(Certificates { key: text("nonsense"), ..Certificates::default() }).contains("belong together"));
        let both = Certificates { certificate: text("a"), key: text("b"), ..Certificates::default() };
        assert!(with(both).contains("certificate"));
    }
}

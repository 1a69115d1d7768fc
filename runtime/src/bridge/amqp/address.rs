//! The address of the broker, with its virtual host and our credentials: the URL with the settings beside it.

use std::fmt;

use lapin::uri::{AMQPScheme, AMQPUri};

/// The largest frame, in bytes: what RabbitMQ proposes. The client library has buffers of 32 frames. It takes fresh
/// memory for them, which costs nothing until it is used, if it knows their size from the start, and writes to all of
/// it otherwise.
const FRAME: u32 = 128 * 1024;

/// The address of the broker, with the virtual host and our credentials.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Address {
    pub(super) uri: AMQPUri,
    /// Whether the connection is over TLS.
    pub(super) encrypted: bool,
}

/// Without the password.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, authority) = (if self.encrypted { "amqps" } else { "amqp" }, &self.uri.authority);
        write!(f, "{scheme}://{}:{}", authority.host, authority.port)
    }
}

impl Address {
    /// Reads a URL. Where TLS is asked for it is used, whatever the scheme; then the port is that of TLS unless the URL
    /// says one. The `heartbeat` of the URL counts, in seconds, unless the broker proposes a shorter one; without it,
    /// the broker's does. A broker that says nothing is given up after two of them. Says what is wrong, without what
    /// may be a password.
    pub(super) fn read(url: &str, tls: bool) -> Result<Self, String> {
        let wrong = |what: &str| format!("{what}: expected amqp://user:password@host:5672/vhost, or amqps:// for TLS");
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("it is no URL"))?;
        let encrypted = match scheme {
            "amqp" => tls,
            "amqps" => true,
            _ => return Err(wrong(&format!("its scheme is `{scheme}`"))),
        };
        // The library knows the port of each scheme.
        let url = format!("{}://{rest}", if encrypted { "amqps" } else { "amqp" });
        let mut uri: AMQPUri = url.parse().map_err(|_| wrong("it is malformed"))?;
        // The library takes an address of IPv6 for a missing host.
        let place = rest.split(['/', '?']).next().unwrap_or_default();
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        if let Some((host, _)) = place.strip_prefix('[').and_then(|place| place.split_once(']')) {
            host.clone_into(&mut uri.authority.host);
        } else if place.is_empty() || place.starts_with(':') {
            return Err(wrong("it has no host"));
        }
        // The connection is encrypted by us, below the library.
        uri.scheme = AMQPScheme::AMQP;
        uri.query.frame_max.get_or_insert(FRAME);
        Ok(Self { uri, encrypted })
    }

    /// The settings beside the URL win over what stands in it.
    pub(super) fn credentials(&mut self, username: Option<String>, password: Option<String>) {
        let user = &mut self.uri.authority.userinfo;
        if let Some(username) = username {
            user.username = username;
        }
        if let Some(password) = password {
            user.password = password;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        for (url, tls, shown, vhost, heartbeat) in [
            ("amqp://localhost", false, "amqp://localhost:5672", "/", None),
            ("amqp://ada:hidden@host:99/%2f", false, "amqp://host:99", "/", None),
            ("amqps://host/shop", false, "amqps://host:5671", "shop", None),
            ("amqp://host/shop?heartbeat=600", true, "amqps://host:5671", "shop", Some(600)),
            ("amqp://host:5672", true, "amqps://host:5672", "/", None),
            ("amqp://ada:hidden@[::1]:99", false, "amqp://::1:99", "/", None),
        ] {
            let address = Address::read(url, tls).unwrap();
            assert_eq!(address.to_string(), shown, "{url}");
            assert_eq!((&*address.uri.vhost, address.uri.query.heartbeat), (vhost, heartbeat), "{url}");
            assert!(!format!("{address:?}").contains("hidden"));
        }
    }

    #[test]
    fn settings_win_over_the_url() {
        let mut address = Address::read("amqp://ada:old@host", false).unwrap();
        address.credentials(None, Some("new".to_owned()));
        let user = &address.uri.authority.userinfo;
        assert_eq!((&*user.username, &*user.password), ("ada", "new"));
    }

    #[test]
    fn what_is_no_url_is_refused_without_showing_it() {
        for url in [
            "",
            "localhost:5672",
            "http://ada:hidden@host",
            "amqp://ada:hidden@",
            "amqp://",
            "amqp://:5672",
            "amqp://ada:hidden@host:99999",
            "amqp://ada:hidden@host:port",
            "amqp://ada:hidden@host?frame_max=hidden",
        ] {
            let problem = Address::read(url, false).unwrap_err();
            assert!(problem.contains("expected amqp://") && !problem.contains("hidden"), "{problem}");
        }
    }
}

//! The servers of an account: those of the settings, and those that a NATS server names in its INFO.

use std::fmt;

use serde::Deserialize;

use crate::sync::Mutex;

/// The port of NATS.
const PORT: u16 = 4222;

/// How many servers are known at most, beside those of the settings.
const LEARNT: usize = 64;

/// The address of a server, as the settings or an INFO name it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct ServerAddress {
    pub(super) host: String,
    pub(super) port: u16,
    /// Whether the connection is over TLS, whatever the server says.
    pub(crate) encrypted: bool,
    /// The name that its certificate has to prove: of one that another server has named, the name of that one.
    pub(super) proves: String,
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.encrypted { "tls" } else { "nats" };
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl ServerAddress {
    /// Reads `host:port`, where a port may be missing, and a host of IPv6 stands in brackets.
    pub(crate) fn read(place: &str, encrypted: bool) -> Result<Self, &'static str> {
        let (host, port) = match place.strip_prefix('[').and_then(|place| place.split_once(']')) {
            Some((host, after)) => (host, after.strip_prefix(':').or((!after.is_empty()).then_some(after))),
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err("it has no host");
        }
        let port = port.map_or(Ok(PORT), |port| port.parse().map_err(|_| "its port is no number"))?;
        Ok(Self { host: host.to_owned(), port, encrypted, proves: host.to_owned() })
    }
}

/// What a server says of itself in INFO, as far as the client asks.
#[derive(Deserialize)]
pub(super) struct ServerInfo {
    #[serde(default)]
    pub(super) server_id: String,
    #[serde(default)]
    pub(super) version: String,
    #[serde(default = "ServerInfo::max_payload")]
    pub(super) max_payload: usize,
    #[serde(default)]
    pub(super) tls_required: bool,
    /// What is to be signed by who has a key.
    #[serde(default)]
    pub(super) nonce: String,
    #[serde(default)]
    pub(super) connect_urls: Vec<String>,
}

impl ServerInfo {
    /// Where a server does not say.
    fn max_payload() -> usize {
        1 << 20
    }
}

/// The servers of an account that are known, to be tried one after the other.
#[derive(Debug)]
pub(crate) struct KnownServers {
    /// Those of the settings.
    given: Vec<ServerAddress>,
    learnt: Mutex<Vec<ServerAddress>>,
}

impl KnownServers {
    pub(crate) fn new(given: Vec<ServerAddress>) -> Self {
        Self { given, learnt: Mutex::default() }
    }

    /// All of them in an order that is another one each time: whoever lost a server with us goes to other ones.
    pub(crate) fn shuffled(&self) -> Vec<ServerAddress> {
        let mut servers = self.given.clone();
        servers.extend(self.learnt.lock().iter().cloned());
        fastrand::shuffle(&mut servers);
        servers
    }

    /// Takes in those that a server has named. What is no address is passed over.
    pub(super) fn learn(&self, from: &ServerAddress, places: &[String]) {
        let mut learnt = self.learnt.lock();
        for place in places {
            let Ok(server) = ServerAddress::read(place, from.encrypted) else { continue };
            let server = ServerAddress { proves: from.proves.clone(), ..server };
            let is_same = |known: &ServerAddress| known.host == server.host && known.port == server.port;
            if learnt.len() < LEARNT && !self.given.iter().any(is_same) && !learnt.iter().any(is_same) {
                tracing::debug!(target: "pontoon", %server, "another NATS server is known");
                learnt.push(server);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_leave_out_its_port() {
        for (place, encrypted, shown) in [
            ("localhost", false, "nats://localhost:4222"),
            ("10.0.0.1:99", true, "tls://10.0.0.1:99"),
            ("[::1]", false, "nats://[::1]:4222"),
            ("[::1]:99", false, "nats://[::1]:99"),
        ] {
            assert_eq!(ServerAddress::read(place, encrypted).unwrap().to_string(), shown);
        }
        for hostile in ["", ":99", "host:", "host:port", "host:99999", "[::1]x", "a b", "[]:1"] {
            assert!(ServerAddress::read(hostile, false).is_err(), "{hostile}");
        }
    }

    #[test]
    fn servers_that_are_named_are_tried_as_well() {
        let first = ServerAddress::read("nats.example.com", true).unwrap();
        let servers = KnownServers::new(vec![first.clone()]);
        let named = ["10.0.0.2:4222", "10.0.0.2:4222", "nats.example.com:4222", "", ":"].map(str::to_owned);
        servers.learn(&first, &named);
        let mut known = servers.shuffled();
        known.sort_by_key(ToString::to_string);
        assert_eq!(known.len(), 2, "{known:?}");
        assert_eq!((&*known[0].host, &*known[0].proves, known[0].encrypted), ("10.0.0.2", "nats.example.com", true));
        let many: Vec<String> = (0..1000).map(|number| format!("host{number}")).collect();
        servers.learn(&first, &many);
        assert_eq!(servers.shuffled().len(), 1 + LEARNT);
    }
}

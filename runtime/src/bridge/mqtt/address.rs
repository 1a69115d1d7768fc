//! The address of the broker and our credentials, as the environment has them: the URL with the settings beside it.

use std::fmt;

use percent_encoding::percent_decode_str;

/// The address of the broker in an environment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: u16,
    /// Whether the connection is over TLS.
    pub(super) encrypted: bool,
}

/// The credentials that the environment has for the broker, without the client identifier.
#[derive(Clone, Default, Eq, PartialEq)]
pub(super) struct Credentials {
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.encrypted { "mqtts" } else { "mqtt" };
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl Address {
    /// Reads a URL, and the user and password in it. Where TLS is asked for it is used, whatever the scheme; then the
    /// port is that of TLS unless the URL says one. Says what is wrong, without what may be a password.
    pub(super) fn read(url: &str, tls: bool) -> Result<(Self, Credentials), String> {
        let wrong = |what: &str| format!("{what}: expected mqtt://host:1883, or mqtts://host:8883 for TLS");
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("it is no URL"))?;
        let encrypted = match scheme {
            "mqtt" => tls,
            "mqtts" => true,
            _ => return Err(wrong("its scheme is another")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#']) {
            return Err(wrong("it has more than a host and a port"));
        }
        let (user, place) = rest.rsplit_once('@').map_or((None, rest), |(user, place)| (Some(user), place));
        let (host, port) = match place.strip_prefix('[').and_then(|place| place.split_once(']')) {
            Some((host, after)) => (host, after.strip_prefix(':').or((!after.is_empty()).then_some(after))),
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        if host.is_empty() {
            return Err(wrong("it has no host"));
        }
        let port = match port {
            None => Ok(if encrypted { 8883 } else { 1883 }),
            Some(port) => port.parse().map_err(|_| wrong("its port is no number")),
        };
        let credentials = user.map_or(Ok(Credentials::default()), Credentials::read).map_err(|what| wrong(&what))?;
        Ok((Self { host: host.to_owned(), port: port?, encrypted }, credentials))
    }
}

impl Credentials {
    /// `user:password`, as a URL has it.
    fn read(text: &str) -> Result<Self, String> {
        let decoded = |text: &str| {
            let text = percent_decode_str(text).decode_utf8();
            text.map(|text| Some(text.into_owned())).map_err(|_| "its user is not Unicode".to_owned())
        };
        match text.split_once(':') {
            Some((username, password)) => Ok(Self { username: decoded(username)?, password: decoded(password)? }),
            None => Ok(Self { username: decoded(text)?, password: None }),
        }
    }

    /// The settings beside the URL win over what stands in it.
    pub(super) fn or(self, fallback: Self) -> Self {
        Self { username: self.username.or(fallback.username), password: self.password.or(fallback.password) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        for (url, tls, shown) in [
            ("mqtt://localhost", false, "mqtt://localhost:1883"),
            ("mqtt://localhost/", false, "mqtt://localhost:1883"),
            ("mqtt://ada:hidden@host:99", false, "mqtt://host:99"),
            ("mqtts://host", false, "mqtts://host:8883"),
            ("mqtt://host", true, "mqtts://host:8883"),
            ("mqtt://host:1883", true, "mqtts://host:1883"),
            ("mqtt://[::1]:99", false, "mqtt://[::1]:99"),
            ("mqtt://[::1]", false, "mqtt://[::1]:1883"),
        ] {
            assert_eq!(Address::read(url, tls).unwrap().0.to_string(), shown, "{url}");
        }
    }

    #[test]
    fn settings_win_over_the_url() {
        let (_, in_url) = Address::read("mqtt://ada:o%40ld@host", false).unwrap();
        assert_eq!((in_url.username.as_deref(), in_url.password.as_deref()), (Some("ada"), Some("o@ld")));
        let both = Credentials { username: None, password: Some("new".to_owned()) }.or(in_url);
        assert_eq!((both.username.as_deref(), both.password.as_deref()), (Some("ada"), Some("new")));
    }

    #[test]
    fn what_is_no_url_is_refused_without_showing_it() {
        for url in [
            "",
            "hidden",
            "localhost:1883",
            "http://ada:hidden@host",
            "mqtt://ada:hidden@",
            "mqtt://",
            "mqtt://:1883",
            "mqtt://[::1]hidden",
            "mqtt://ada:hidden@host:99999",
            "mqtt://ada:%ff@host",
            "mqtt://host/hidden",
            "mqtt://ada:hid/den@host",
        ] {
            let problem = Address::read(url, false).err().unwrap();
            assert!(problem.contains("expected mqtt://") && !problem.contains("hid"), "{problem}");
        }
    }
}

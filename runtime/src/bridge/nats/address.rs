//! The addresses of the servers of an account, and the credentials and options that a client connects with.

use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::bridge::nats::client::{Authentication, ClientOptions, KnownServers, ServerAddress, UserCredentials};
use crate::bridge::nats::inbox::{ReplyInbox, user_of_credentials};
use crate::bridge::nats::settings::Nats;
use crate::environment::Setup;
use crate::net::socket::Encryption;

/// How long a request of our own to the server may take.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// The addresses of the servers, with the options and the inbox of a client.
pub(super) struct Address {
    pub(super) options: Arc<ClientOptions>,
    /// Where replies arrive.
    pub(super) inbox: ReplyInbox,
    /// The replicas of a stream, where a setting says how many.
    pub(super) replicas: Option<usize>,
}

impl Address {
    /// Reads the settings. What is missing or malformed is a problem, and is never shown: it may hold a password.
    pub(super) async fn read(settings: &Nats, setup: &mut Setup) -> Self {
        let GivenServers { servers, in_url } = servers(settings, setup).await;
        let name = setup.optional(settings.username.as_ref()).await;
        let password = setup.optional(settings.password.as_ref()).await;
        let token = setup.optional(settings.token.as_ref()).await;
        if password.is_some() && name.is_none() {
            setup.problem("`password` is there without `username`");
        }
        let given = Authentication { name, password, token, credentials: None };
        let mut authentication = if given.name.is_some() || given.token.is_some() { given } else { in_url };
        let mut who = authentication.name.clone();
        if let Some(credentials) = setup.content(settings.credentials.as_ref(), "-----BEGIN NATS").await {
            who = user_of_credentials(&credentials);
            match UserCredentials::read(&credentials) {
                Ok(credentials) => authentication.credentials = Some(credentials),
                Err(error) => setup.problem(format!("`credentials` is no .creds file: {error}")),
            }
        }
        let by_url = servers.iter().any(|server| server.encrypted);
        let mut encryption = None;
        if settings.tls.is_some() || by_url {
            let pems = setup.pems(settings.tls.as_ref()).await;
            match Encryption::new(&pems.unwrap_or_default()) {
                Ok(configured) => encryption = Some(configured),
                Err(problem) => setup.problem(problem),
            }
        }
        let prefix = setup.optional(settings.inbox_prefix.as_ref()).await;
        let inbox = ReplyInbox::new(setup.instance.topology, prefix, who.as_deref()).unwrap_or_else(|problem| {
            setup.problem(format!("the inbox_prefix of nats: {problem}"));
            ReplyInbox::default()
        });
        let (name, servers) = (setup.instance.unit, Arc::new(KnownServers::new(servers)));
        let options = Arc::new(ClientOptions { name, authentication, encryption, servers });
        Self { options, inbox, replicas: settings.replicas }
    }
}

/// The servers of an account as the settings have them, and the user that stands in the URL of one.
#[derive(Default)]
struct GivenServers {
    servers: Vec<ServerAddress>,
    in_url: Authentication,
}

async fn servers(settings: &Nats, setup: &mut Setup) -> GivenServers {
    let before = setup.problems().len();
    let text = setup.text(&settings.servers).await;
    let mut given = GivenServers::default();
    if setup.problems().len() > before {
        return given;
    }
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match server(part) {
            Ok((server, of_url)) => {
                given.servers.push(server);
                given.in_url = of_url.unwrap_or(given.in_url);
            }
            Err(error) => setup.problem(format!("`{}` is malformed: {error}", settings.servers)),
        }
    }
    if given.servers.is_empty() && setup.problems().len() == before {
        setup.problem(format!("`{}` names no server: write `nats://host:4222`", settings.servers));
    }
    given
}

/// A server, and the user in its URL. Says what is wrong, without what may be a password.
fn server(text: &str) -> Result<(ServerAddress, Option<Authentication>), String> {
    const SHAPE: &str = "write `nats://host:4222` or `tls://host:4222`, with commas between several";
    let wrong = |what: &str| format!("{what}; {SHAPE}");
    let (scheme, rest) = text.split_once("://").unwrap_or(("nats", text));
    let encrypted = match scheme {
        "nats" => false,
        "tls" => true,
        _ => return Err(wrong("its scheme is another")),
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains(['/', '?', '#']) {
        return Err(wrong("it has more than a host and a port"));
    }
    let (user, place) = rest.rsplit_once('@').map_or((None, rest), |(user, place)| (Some(user), place));
    let server = ServerAddress::read(place, encrypted).map_err(wrong)?;
    let decoded = |text: &str| Some(percent_decode_str(text).decode_utf8_lossy().into_owned());
    let user = user.filter(|user| !user.is_empty()).map(|user| match user.split_once(':') {
        Some((name, password)) => {
            Authentication { name: decoded(name), password: decoded(password), ..Authentication::default() }
        }
        None => Authentication { token: decoded(user), ..Authentication::default() },
    });
    Ok((server, user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_taken_out_of_the_url() {
        let (address, user) = server("nats://ann%40home:s%3Acret@localhost:4333").unwrap();
        let user = user.unwrap();
        assert_eq!(address.to_string(), "nats://localhost:4333");
        assert_eq!((user.name.as_deref(), user.password.as_deref()), (Some("ann@home"), Some("s:cret")));
        let (address, user) = server("tls://abc@[::1]").unwrap();
        assert_eq!(address.to_string(), "tls://[::1]:4222");
        assert_eq!(user.unwrap().token.as_deref(), Some("abc"));
        assert!(server("localhost").unwrap().1.is_none());
    }

    #[test]
    fn a_malformed_url_does_not_show_its_password() {
        for text in ["http://ann:secret@host", "nats://ann:secret@host:port", "nats://ann:secret@", "ws://ann:secret@h"]
        {
            let error = server(text).map(|_| ()).unwrap_err();
            assert!(error.contains("nats://host:4222") && !error.contains("secret"), "{error}");
        }
    }
}

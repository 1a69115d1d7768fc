//! The addresses of the servers of an account, and the credentials and options that a client connects with.

use std::time::Duration;

use async_nats::{ConnectOptions, ServerAddr};
use percent_encoding::percent_decode_str;

use crate::bridge::nats::inbox::{ReplyInbox, user_of_credentials};
use crate::bridge::nats::settings::Nats;
use crate::bridge::network::CONNECT_TIMEOUT;
use crate::environment::Setup;

/// Between two pings. The third that finds the two before it unanswered takes the connection for lost.
const PING: Duration = Duration::from_secs(2);

/// How many messages of one subscription may wait in the client: requests that nobody has begun yet. What must not be
/// lost is asked for in batches, and what may be is taken out at once.
const WAITING: usize = 8 * 1024;

/// How long a request of our own to the server may take.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// The addresses of the servers, with the options and the inbox of a client.
pub(super) struct Address {
    pub(super) servers: Vec<ServerAddr>,
    pub(super) options: ConnectOptions,
    /// Where replies arrive.
    pub(super) inbox: ReplyInbox,
    /// The replicas of a stream, where a setting says how many.
    pub(super) replicas: Option<usize>,
}

/// The user that a client authenticates as, in its account.
#[derive(Default)]
struct AuthenticatedUser {
    name: Option<String>,
    password: Option<String>,
    token: Option<String>,
}

impl Address {
    /// Reads the settings. What is missing or malformed is a problem, and is never shown: it may hold a password.
    pub(super) async fn read(settings: &Nats, setup: &mut Setup) -> Self {
        let (servers, in_url) = servers(settings, setup).await;
        let name = setup.optional(settings.username.as_ref()).await;
        let password = setup.optional(settings.password.as_ref()).await;
        let token = setup.optional(settings.token.as_ref()).await;
        if password.is_some() && name.is_none() {
            setup.problem("`password` is there without `username`");
        }
        let given = AuthenticatedUser { name, password, token };
        let user = if given.name.is_some() || given.token.is_some() { given } else { in_url };
        let mut options = ConnectOptions::new()
            .name(setup.instance.unit)
            .connection_timeout(CONNECT_TIMEOUT)
            .ping_interval(PING)
            .subscription_capacity(WAITING)
            .request_timeout(Some(ANSWER))
            // Each server once. After that the client has given up, and the supervisor makes a new one: so it is we who
            // say how long to wait and what to log, and nothing goes on once the bridge is closed.
            .max_reconnects(servers.len());
        let mut who = user.name.clone();
        if let Some(name) = user.name {
            options = options.user_and_password(name, user.password.unwrap_or_default());
        }
        if let Some(token) = user.token {
            options = options.token(token);
        }
        if let Some(credentials) = setup.content(settings.credentials.as_ref(), "-----BEGIN NATS").await {
            who = user_of_credentials(&credentials);
            match options.clone().credentials(&credentials) {
                Ok(with) => options = with,
                Err(error) => setup.problem(format!("`credentials` is no .creds file: {error}")),
            }
        }
        let by_url = servers.iter().any(ServerAddr::tls_required);
        if settings.tls.is_some() || by_url {
            let pems = setup.pems(settings.tls.as_ref()).await;
            match pems.unwrap_or_default().rustls() {
                // The client itself would take files, and no texts.
                Ok(config) => options = options.require_tls(true).tls_client_config((*config).clone()),
                Err(problem) => setup.problem(problem),
            }
        }
        let prefix = setup.optional(settings.inbox_prefix.as_ref()).await;
        let inbox = ReplyInbox::new(setup.instance.topology, prefix, who.as_deref()).unwrap_or_else(|problem| {
            setup.problem(format!("the inbox_prefix of nats: {problem}"));
            ReplyInbox::default()
        });
        if !inbox.prefix().is_empty() {
            options = options.custom_inbox_prefix(inbox.prefix());
        }
        Self { servers, options, inbox, replicas: settings.replicas }
    }
}

/// The servers, and the user that stands in the URL of one.
async fn servers(settings: &Nats, setup: &mut Setup) -> (Vec<ServerAddr>, AuthenticatedUser) {
    let before = setup.problems().len();
    let text = setup.text(&settings.servers).await;
    let (mut servers, mut user) = (Vec::new(), AuthenticatedUser::default());
    if setup.problems().len() > before {
        return (servers, user);
    }
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match server(part) {
            Ok((server, of_url)) => {
                servers.push(server);
                user = of_url.unwrap_or(user);
            }
            Err(error) => setup.problem(format!("`{}` is malformed: {error}", settings.servers)),
        }
    }
    if servers.is_empty() && setup.problems().len() == before {
        setup.problem(format!("`{}` names no server: write `nats://host:4222`", settings.servers));
    }
    (servers, user)
}

/// A server, and the user in its URL, who does not stay there: the client would log it.
fn server(text: &str) -> Result<(ServerAddr, Option<AuthenticatedUser>), String> {
    const SHAPE: &str = "write `nats://host:4222` or `tls://host:4222`, with commas between several";
    let server: ServerAddr = text.parse().map_err(|error| format!("{error}; {SHAPE}"))?;
    if !matches!(server.scheme(), "nats" | "tls") || server.host().is_empty() {
        return Err(SHAPE.to_owned());
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let user = server.username().map(|name| match server.password() {
        Some(password) => {
            AuthenticatedUser { name: Some(decoded(name)), password: Some(decoded(password)), token: None }
        }
        None => AuthenticatedUser { token: Some(decoded(name)), ..AuthenticatedUser::default() },
    });
    let mut url = server.into_inner();
    // A URL with a host can have its user taken out.
    let _ = (url.set_username(""), url.set_password(None));
    let server = ServerAddr::from_url(url).map_err(|error| error.to_string())?;
    Ok((server, user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_taken_out_of_the_url() {
        let (address, user) = server("nats://ann%40home:s%3Acret@localhost:4333").unwrap();
        let user = user.unwrap();
        assert_eq!(address.as_url_str(), "nats://localhost:4333");
        assert_eq!((user.name.as_deref(), user.password.as_deref()), (Some("ann@home"), Some("s:cret")));
        let (address, user) = server("tls://abc@[::1]").unwrap();
        assert!(address.tls_required() && address.port() == 4222);
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

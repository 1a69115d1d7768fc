//! One attempt to connect: socket, TLS, `AUTH`, and in a cluster the node that has our keys; then RESP.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Cmd, RedisConnectionInfo, RedisError, cmd};
use tokio::time::timeout;

use super::address::Address;
use crate::net::socket::{self, is_tls};

/// How long an attempt may take: name, connection, handshake, password and all.
pub(super) const CONNECT: Duration = Duration::from_secs(3);

/// How much of that may go by between a question for TLS and its answer: a server without TLS may wait for more.
const HANDSHAKE: Duration = Duration::from_secs(2);

/// How long those who send a command wait for its answer.
pub(super) const ANSWER: Duration = Duration::from_secs(5);

/// A live connection that speaks RESP: what commands are sent through, and what has to be polled meanwhile. It ends
/// when the connection does.
pub(super) struct LiveConnection {
    pub(super) commands: MultiplexedConnection,
    pub(super) driver: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// How many replicas the server has that it does not wait for.
    pub(super) unawaited_replicas: u32,
}

/// Why an attempt to connect to the server or a replica of it failed.
#[derive(Debug)]
pub(super) enum ConnectError {
    /// Nobody answers, or not yet: another attempt may succeed.
    Away(String),
    /// The server does not want us, or is not who we think it is: somebody has to change something.
    Refused(String),
    /// Our keys are on another node of the cluster.
    Elsewhere { host: String, port: u16 },
}

impl ConnectError {
    fn of_redis(error: &RedisError) -> Self {
        let text = said(error);
        // The library has what the connection said in an `Arc`.
        let inner = error.source().and_then(|source| source.downcast_ref::<Arc<dyn Error + Send + Sync>>());
        if inner.and_then(|inner| inner.downcast_ref()).is_some_and(is_tls) {
            return Self::Refused(text);
        }
        match error.code() {
            Some("MOVED") => match elsewhere(error) {
                Some(Node { host, port }) => Self::Elsewhere { host, port },
                None => Self::Away(text),
            },
            // It is starting, failing over, busy or full: none of that lasts.
            Some("LOADING" | "MASTERDOWN" | "CLUSTERDOWN" | "TRYAGAIN" | "BUSY") => Self::Away(text),
            Some("ERR") if text.contains("max number of clients") => Self::Away(text),
            Some(_) => Self::Refused(text),
            None => Self::Away(text),
        }
    }
}

impl From<io::Error> for ConnectError {
    fn from(error: io::Error) -> Self {
        if is_tls(&error) { Self::Refused(error.to_string()) } else { Self::Away(error.to_string()) }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away(reason) | Self::Refused(reason) => f.write_str(reason),
            Self::Elsewhere { host, port } => write!(f, "the node {host}:{port} of the cluster is to be asked"),
        }
    }
}

/// An error in the server's own words, where they are that.
pub(super) fn said(error: &RedisError) -> String {
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => error.to_string(),
    }
}

/// A node of a cluster, which has the keys of some slots and may have replicas.
struct Node {
    host: String,
    port: u16,
}

/// The node of a cluster that an error of another one names: `MOVED 3999 127.0.0.1:6381`.
fn elsewhere(error: &RedisError) -> Option<Node> {
    let (host, port) = error.detail()?.split_once(' ')?.1.rsplit_once(':')?;
    Some(Node { host: host.to_owned(), port: port.parse().ok()? })
}

/// Connects, and makes sure of being let in. In a cluster, to the node that has our keys.
pub(super) async fn connect(address: &Address, probe: &str) -> Result<LiveConnection, ConnectError> {
    let follow = async {
        match attempt(address, probe, &address.host, address.port).await {
            // One that does not know its own name leaves it out.
            Err(ConnectError::Elsewhere { host, port }) if host.is_empty() => {
                attempt(address, probe, &address.host, port).await
            }
            Err(ConnectError::Elsewhere { host, port }) => attempt(address, probe, &host, port).await,
            ended => ended,
        }
    };
    let late = |_| Err(ConnectError::Away(format!("no answer within {CONNECT:?}")));
    timeout(CONNECT, follow).await.unwrap_or_else(late)
}

async fn attempt(address: &Address, probe: &str, host: &str, port: u16) -> Result<LiveConnection, ConnectError> {
    let stream = socket::connect(host, port).await?;
    let late = |_| ConnectError::Away(format!("no answer to the TLS handshake within {HANDSHAKE:?}"));
    let shaking = socket::secure(stream, host, address.encryption.as_ref());
    let stream = timeout(HANDSHAKE, shaking).await.map_err(late)??;
    // Password and database are sent below, not by the library, which does not tell a wrong password from a server that
    // has no room. How long to wait for an answer is for those who ask.
    let nothing = RedisConnectionInfo::default().set_skip_set_lib_name();
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let connected = MultiplexedConnection::new_with_config(&nothing, stream, config).await;
    let (mut commands, driver) = connected.map_err(|error| ConnectError::of_redis(&error))?;
    let mut driver: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(driver);
    let unawaited_replicas = {
        let mut entered = pin!(enter(&mut commands, address, probe));
        tokio::select! {
            biased;
            entered = &mut entered => entered?,
            () = &mut driver => {
                // What it said before it closed is why.
                entered.await?;
                return Err(ConnectError::Away("the connection was closed".into()));
            }
        }
    };
    Ok(LiveConnection { commands, driver, unawaited_replicas })
}

/// Gets in. A server that wants a password and was given none says so when it is asked for something; and one that has
/// not got our keys, when it is asked for one of them.
async fn enter(commands: &mut MultiplexedConnection, address: &Address, probe: &str) -> Result<u32, ConnectError> {
    if let Some(password) = &address.password {
        let mut auth = cmd("AUTH");
        auth.arg(&address.username).arg(password.expose());
        ask(commands, &auth).await?;
    }
    if address.database != 0 {
        ask(commands, cmd("SELECT").arg(address.database)).await?;
    }
    ask(commands, cmd("EXISTS").arg(probe)).await?;
    // Who may not ask does without.
    let replication: String = cmd("INFO").arg("replication").query_async(commands).await.unwrap_or_default();
    Ok(unawaited_replicas(&replication))
}

/// How many replicas a server has that it does not wait for, by what it says of its replication. With
/// `min-replicas-to-write` it says how many are good.
fn unawaited_replicas(replication: &str) -> u32 {
    let value = |name: &str| replication.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    if value("min_slaves_good_slaves").is_some() {
        return 0;
    }
    value("connected_slaves").and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

async fn ask(commands: &mut MultiplexedConnection, command: &Cmd) -> Result<(), ConnectError> {
    command.exec_async(commands).await.map_err(|error| ConnectError::of_redis(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replicas_that_nobody_waits_for_are_counted() {
        let info = "# Replication\r\nrole:master\r\nconnected_slaves:2\r\nslave0:ip=127.0.0.1,port=1\r\n";
        assert_eq!(unawaited_replicas(info), 2);
        assert_eq!(unawaited_replicas(&format!("{info}min_slaves_good_slaves:2\r\n")), 0);
        for none in ["", "role:slave\r\nconnected_slaves:0\r\n", "connected_slaves:x", "# Replication"] {
            assert_eq!(unawaited_replicas(none), 0, "{none}");
        }
    }
}

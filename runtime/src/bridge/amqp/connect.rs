//! One attempt to connect: socket, TLS, and the handshake of AMQP with its heartbeat and virtual host.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;

use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_util::stream::StreamExt;
use lapin::uri::AMQPUri;
use lapin::{AsyncTcpStream, ConnectionProperties};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::Dispatch;
use tracing::dispatcher::DefaultGuard;

use super::address::Address;
use super::error::AmqpError;
use super::live_connection::{LiveConnection, MonitoredConnection, SocketHandle};
use super::reactor::{TokioReactor, TokioSocket};
use crate::bridge::network::CONNECT_TIMEOUT;
use crate::environment::Instance;
use crate::net::io_thread;
use crate::net::socket::{self, Encryption};
use crate::sync::Mutex;

/// The connector: opens connections to a virtual host of one broker.
pub(super) struct Connector {
    pub(super) address: Address,
    pub(super) instance: Instance,
    pub(super) encryption: Option<Encryption>,
}

/// The socket below a connection and its channels, and a second handle of it.
struct OpenSocket {
    socket: TokioSocket,
    handle: SocketHandle,
}

impl Connector {
    /// Connects, on the thread of connections: what keeps the connection alive runs there, whatever handlers do. `role`
    /// is what the broker's lists of connections show of it.
    pub(super) async fn connect(self: &Arc<Self>, role: &'static str) -> Result<MonitoredConnection, AmqpError> {
        let connector = Arc::clone(self);
        let ended = || Err(AmqpError::Away("the thread of connections has ended".to_owned()));
        io_thread::run(async move { connector.attempt(role).await }).await.unwrap_or_else(ended)
    }

    async fn attempt(&self, role: &str) -> Result<MonitoredConnection, AmqpError> {
        let at = |error: AmqpError| {
            let place = |text: String| format!("{}: {text}", self.address);
            match error {
                AmqpError::Denied(text) => AmqpError::Denied(place(text)),
                AmqpError::Mismatch(text) => AmqpError::Mismatch(place(text)),
                AmqpError::TooLarge(text, _) | AmqpError::Absent(text) | AmqpError::Away(text) => {
                    AmqpError::Away(place(text))
                }
            }
        };
        let OpenSocket { socket, handle } = self.open().await.map_err(|error| at(AmqpError::from_io(&error)))?;
        let Instance { topology, unit, id } = self.instance;
        let properties = ConnectionProperties::default()
            .with_client_property("product".into(), "pontoon".into())
            .with_connection_name(format!("{topology}/{unit}/{id} ({role})").into());
        let runtime = Runtime::new(RuntimeParts::new(Tokio::current(), TokioReactor));
        // Asked for once: it does not try again by itself.
        let socket = Mutex::new(Some(socket));
        let hand_over = async move |_: AMQPUri, _: Runtime<RuntimeParts<Tokio, TokioReactor>>| {
            silence();
            let socket = socket.lock().take();
            let socket = socket.ok_or_else(|| lapin::Error::from(io::Error::from(io::ErrorKind::NotConnected)))?;
            Ok(AsyncTcpStream::Plain(socket))
        };
        let setup = lapin::Connection::connector(self.address.uri.clone(), runtime, hand_over, properties);
        let connection = match timeout(CONNECT_TIMEOUT, setup).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) => return Err(at(AmqpError::from(error))),
            Err(_) => return Err(at(late("the handshake of AMQP"))),
        };
        let events = connection.events_listener().boxed();
        Ok(MonitoredConnection { live: Arc::new(LiveConnection::new(connection, handle)), events })
    }

    async fn open(&self) -> io::Result<OpenSocket> {
        let authority = &self.address.uri.authority;
        let connecting = socket::connect(&authority.host, authority.port);
        let stream = timeout(CONNECT_TIMEOUT, connecting).await.map_err(|_| too_late("the connection"))??;
        let stream = stream.into_std()?;
        let handle = SocketHandle(stream.try_clone()?);
        let stream = TcpStream::from_std(stream)?;
        let shaking = socket::secure(stream, &authority.host, self.encryption.as_ref());
        let shaken = timeout(CONNECT_TIMEOUT, shaking).await;
        let socket = TokioSocket(shaken.map_err(|_| too_late("the handshake of TLS"))??);
        Ok(OpenSocket { socket, handle })
    }
}

fn late(what: &str) -> AmqpError {
    AmqpError::Away(format!("{what} took longer than {CONNECT_TIMEOUT:?}"))
}

fn too_late(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, late(what).to_string())
}

/// Silences the client library on the thread that it reads a connection with, which is where it asks for the socket. It
/// logs there each message that nobody takes, payload and all, and each connection that ends, at every attempt; what
/// matters of it is logged by us.
fn silence() {
    thread_local! {
        static SILENCE: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
    }
    SILENCE.with(|silence| {
        silence.borrow_mut().get_or_insert_with(|| tracing::dispatcher::set_default(&Dispatch::none()));
    });
}

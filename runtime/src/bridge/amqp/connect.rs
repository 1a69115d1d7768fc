//! One attempt to connect.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_util::stream::{BoxStream, StreamExt};
use lapin::uri::AMQPUri;
use lapin::{AsyncTcpStream, ConnectionProperties};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::Dispatch;
use tracing::dispatcher::DefaultGuard;

use super::address::Address;
use super::error::AmqpError;
use super::reactor::{TokioReactor, TokioSocket};
use crate::bridge::network::CONNECT_TIMEOUT;
use crate::environment::Instance;
use crate::net::io_thread;
use crate::net::socket::{self, Encryption};
use crate::sync::Mutex;

/// How long the broker may take to say goodbye.
const GOODBYE: Duration = Duration::from_millis(400);

/// Connects to one broker, again and again.
pub(super) struct Connector {
    pub(super) address: Address,
    pub(super) instance: Instance,
    pub(super) encryption: Option<Encryption>,
}

/// A connection that is there. Dropped, it is cut.
pub(super) struct LiveConnection {
    pub(super) connection: lapin::Connection,
    cord: SocketHandle,
}

impl LiveConnection {
    /// Whether it can be used.
    pub(super) fn lives(&self) -> bool {
        self.connection.status().connected()
    }

    /// Says goodbye, if the broker listens. What was sent before arrives before.
    pub(super) async fn close(&self) {
        // A broker that hangs, or blocks us, does not answer.
        let _ = timeout(GOODBYE, self.connection.close(200, "OK".into())).await;
        self.cord.cut();
    }

    /// Ends it at once.
    pub(super) fn cut(&self) {
        self.cord.cut();
    }
}

/// A second handle of a socket. The client library has a thread for each connection, which ends when the socket does, and in
/// a handshake that hangs not before.
struct SocketHandle(std::net::TcpStream);

impl SocketHandle {
    fn cut(&self) {
        // It may have been closed already.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

impl Drop for SocketHandle {
    fn drop(&mut self) {
        self.cut();
    }
}

impl Connector {
    /// Connects, on the thread of connections: what keeps the connection alive runs there, whatever handlers do. `role` is what
    /// the broker's lists of connections show of it.
    pub(super) async fn dial(
        self: &Arc<Self>,
        role: &'static str,
    ) -> Result<(LiveConnection, BoxStream<'static, lapin::Event>), AmqpError> {
        let connector = Arc::clone(self);
        let ended = || Err(AmqpError::Away("the thread of connections has ended".to_owned()));
        io_thread::run(async move { connector.attempt(role).await }).await.unwrap_or_else(ended)
    }

    async fn attempt(&self, role: &str) -> Result<(LiveConnection, BoxStream<'static, lapin::Event>), AmqpError> {
        let at = |trouble: AmqpError| {
            let place = |text: String| format!("{}: {text}", self.address);
            match trouble {
                AmqpError::Denied(text) => AmqpError::Denied(place(text)),
                AmqpError::Mismatch(text) => AmqpError::Mismatch(place(text)),
                AmqpError::TooLarge(text, _) | AmqpError::Absent(text) | AmqpError::Away(text) => {
                    AmqpError::Away(place(text))
                }
            }
        };
        let (socket, cord) = self.socket().await.map_err(|error| at(AmqpError::from_io(&error)))?;
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
        Ok((LiveConnection { connection, cord }, events))
    }

    async fn socket(&self) -> io::Result<(TokioSocket, SocketHandle)> {
        let authority = &self.address.uri.authority;
        let connecting = socket::connect(&authority.host, authority.port);
        let stream = timeout(CONNECT_TIMEOUT, connecting).await.map_err(|_| too_late("the connection"))??;
        let stream = stream.into_std()?;
        let cord = SocketHandle(stream.try_clone()?);
        let stream = TcpStream::from_std(stream)?;
        let shaking = socket::secure(stream, &authority.host, self.encryption.as_ref());
        let shaken = timeout(CONNECT_TIMEOUT, shaking).await;
        Ok((TokioSocket(shaken.map_err(|_| too_late("the handshake of TLS"))??), cord))
    }
}

fn late(what: &str) -> AmqpError {
    AmqpError::Away(format!("{what} took longer than {CONNECT_TIMEOUT:?}"))
}

fn too_late(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, late(what).to_string())
}

/// Silences the client library on the thread that it reads a connection with, which is where it asks for the socket. It logs
/// there each message that nobody takes, payload and all, and each connection that ends, at every attempt; what matters of it
/// is logged by us.
fn silence() {
    thread_local! {
        static SILENCE: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
    }
    SILENCE.with(|silence| {
        silence.borrow_mut().get_or_insert_with(|| tracing::dispatcher::set_default(&Dispatch::none()));
    });
}

impl fmt::Debug for LiveConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connected").field("lives", &self.lives()).finish_non_exhaustive()
    }
}

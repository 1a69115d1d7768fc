//! A live connection, on which channels are opened; what lasts across all of them is in `connection.rs`.

use std::fmt;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use tokio::time::timeout;

/// How long the broker may take to say goodbye.
const GOODBYE: Duration = Duration::from_millis(400);

/// A live connection, on which channels are opened. Dropped, it is cut.
pub(super) struct LiveConnection {
    pub(super) connection: lapin::Connection,
    socket: SocketHandle,
}

/// A live connection, and the events of it and of its channels.
pub(super) struct MonitoredConnection {
    pub(super) live: Arc<LiveConnection>,
    pub(super) events: BoxStream<'static, lapin::Event>,
}

impl LiveConnection {
    pub(super) fn new(connection: lapin::Connection, socket: SocketHandle) -> Self {
        Self { connection, socket }
    }

    /// Whether it can be used.
    pub(super) fn is_connected(&self) -> bool {
        self.connection.status().connected()
    }

    /// Says goodbye, if the broker listens. What was sent before arrives before.
    pub(super) async fn close(&self) {
        // A broker that hangs, or blocks us, does not answer.
        let _ = timeout(GOODBYE, self.connection.close(200, "OK".into())).await;
        self.socket.cut();
    }

    /// Ends it at once.
    pub(super) fn cut(&self) {
        self.socket.cut();
    }
}

/// A second handle of the socket, which ends a connection with all of its channels. The client library has a thread for
/// each connection, which ends when the socket does, and in a handshake that hangs not before.
pub(super) struct SocketHandle(pub(super) std::net::TcpStream);

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

impl fmt::Debug for LiveConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveConnection").field("is_connected", &self.is_connected()).finish_non_exhaustive()
    }
}

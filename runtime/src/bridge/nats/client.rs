//! The client of one connection to a NATS server, from its CONNECT until it is lost: publishes, subscriptions, PING and
//! PONG on the wire protocol. After a loss there is another client.

mod connection_task;
mod credentials;
mod frame;
mod handshake;
mod headers;
mod message;
mod outbound;
mod server;
mod shared_connection;
mod subscriber;
mod subscriptions;
mod transport;

use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(super) use credentials::{Authentication, UserCredentials};
pub(super) use handshake::{ClientOptions, HandshakeError};
pub(super) use headers::{HeaderBlock, HeaderLines, HeaderWriter};
pub(super) use message::{NatsMessage, OutboundMessage, Subject, status};
pub(super) use outbound::{ClientLost, SendError};
pub(super) use server::{KnownServers, ServerAddress};
pub(super) use subscriber::Subscriber;

use crate::bridge::nats::client::connection_task::ConnectionTask;
use crate::bridge::nats::client::shared_connection::SharedConnection;
use crate::bridge::nats::client::subscriptions::Sink;
use crate::net::io_thread;

/// The client of one connection to a NATS server: publishes to subjects and subscribes to them. When the last clone is
/// dropped, the connection ends.
#[derive(Clone)]
pub(super) struct NatsClient(Arc<ClientHandle>);

/// What the clones of a client share; dropped, it ends the connection with all subscriptions.
struct ClientHandle {
    shared: Arc<SharedConnection>,
    id: String,
    version: String,
}

impl Drop for ClientHandle {
    fn drop(&mut self) {
        self.shared.outbound.close();
    }
}

impl NatsClient {
    /// Connects to one server. What the server says of errors (`-ERR`) is told to `heard`, which says whether that
    /// is all that is to be said of it. On the thread of the connections, where the connection is driven until it ends.
    pub(super) async fn connect(
        server: &ServerAddress,
        options: &ClientOptions,
        heard: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Result<Self, HandshakeError> {
        let accepted = handshake::handshake(server, options).await?;
        let info = &accepted.info;
        let shared = Arc::new(SharedConnection::new(info.max_payload, &accepted.transport));
        let handle =
            ClientHandle { shared: Arc::clone(&shared), id: info.server_id.clone(), version: info.version.clone() };
        let servers = Arc::clone(&options.servers);
        servers.learn(server, &info.connect_urls);
        io_thread::spawn(ConnectionTask::new(shared, accepted, servers, Box::new(heard)).run());
        Ok(Self(Arc::new(handle)))
    }

    /// The identifier of the server process: another one each time it starts.
    pub(super) fn server_id(&self) -> &str {
        &self.0.id
    }

    /// The version of the server.
    pub(super) fn server_version(&self) -> &str {
        &self.0.version
    }

    /// How many bytes of headers and payload the server takes in one message.
    pub(super) fn max_payload(&self) -> usize {
        self.0.shared.max_payload.load(Ordering::Relaxed)
    }

    /// Publishes a message. Done once it is in the write buffer, which is waited for while it is full.
    pub(super) async fn send(&self, message: OutboundMessage<'_>) -> Result<(), SendError> {
        self.check(message)?;
        Ok(self.0.shared.outbound.send(|buffer| message.write(buffer)).await?)
    }

    /// The same with a message whose answer its sender waits for, which may go out with those that others send then.
    pub(super) async fn send_request(&self, message: OutboundMessage<'_>) -> Result<(), SendError> {
        self.check(message)?;
        Ok(self.0.shared.outbound.send_and_wait(|buffer| message.write(buffer)).await?)
    }

    /// Whether the server takes a message, as far as we know.
    fn check(&self, message: OutboundMessage<'_>) -> Result<(), SendError> {
        let (size, limit) = (message.size(), self.max_payload());
        if size > limit {
            return Err(SendError::TooLarge { size, limit });
        }
        if !message.is_sendable() {
            return Err(SendError::NoSubject);
        }
        Ok(())
    }

    /// Subscribes to a subject, in a queue group if there is one. What comes waits in a bounded queue.
    pub(super) async fn subscribe(&self, subject: &str, group: Option<&str>) -> Result<Subscriber, ClientLost> {
        let (sink, queue) = Sink::queue();
        let sid = self.begin(subject, group, sink).await?;
        Ok(Subscriber::new(Arc::clone(&self.0.shared), sid, queue))
    }

    /// Subscribes to a subject for as long as the connection lasts. What comes is handed over by the task of the
    /// connection, which must not be held up.
    pub(super) async fn subscribe_for_good(
        &self,
        subject: &str,
        take: impl Fn(NatsMessage) + Send + Sync + 'static,
    ) -> Result<(), ClientLost> {
        self.begin(subject, None, Sink::Handover(Arc::new(take))).await.map(drop)
    }

    async fn begin(&self, subject: &str, group: Option<&str>, sink: Sink) -> Result<u64, ClientLost> {
        let shared = &self.0.shared;
        let sid = shared.subscriptions.add(sink);
        let (group, space) = (group.unwrap_or_default(), if group.is_some() { " " } else { "" });
        let words = format!("SUB {subject} {group}{space}{sid}\r\n");
        let sent = shared.outbound.send(|buffer| buffer.extend_from_slice(words.as_bytes())).await;
        sent.inspect_err(|_| shared.subscriptions.remove(sid))?;
        Ok(sid)
    }

    /// Waits until the server has heard everything that was sent so far, and we what it has said until then: a PING and
    /// its PONG.
    pub(super) async fn flush(&self) -> Result<(), ClientLost> {
        self.0.shared.flush().await
    }

    /// Waits until the connection is lost, or closed. Says why.
    pub(super) async fn lost(&self) -> ClientLost {
        self.0.shared.outbound.lost().await
    }

    /// Whether the connection is there, as far as we know.
    pub(super) fn is_connected(&self) -> bool {
        self.0.shared.outbound.is_open()
    }

    /// Closes the connection once everything is written.
    pub(super) async fn close(&self) {
        self.0.shared.outbound.close();
        let _ = self.lost().await;
    }
}

#[cfg(test)]
mod tests;

//! The task of a connection to NATS: reads frames and hands over their messages, writes what waits to be written, sends
//! PINGs and answers those of the server.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval_at};

use crate::bridge::nats::client::frame::{FrameError, FrameReader, ServerFrame};
use crate::bridge::nats::client::handshake::AcceptedConnection;
use crate::bridge::nats::client::outbound::{ClientLost, TooMuchUnsaid};
use crate::bridge::nats::client::server::{KnownServers, ServerAddress, ServerInfo};
use crate::bridge::nats::client::shared_connection::SharedConnection;
use crate::bridge::nats::client::transport::SocketTransport;
use crate::one_line::OneLine;

/// Between two PINGs.
const PING: Duration = Duration::from_secs(2);

/// How many of them may have no PONG when the next one is due.
const UNANSWERED: u32 = 2;

/// How often a task reads until others have their turn.
const READS: u32 = 16;

/// How much of the write buffer is kept when it is empty.
const KEPT: usize = 1 << 20;

/// Told of each frame by which the server says an error (`-ERR`). Says whether that is all that is to be said of it:
/// otherwise it is taken for the reason if the connection ends.
pub(super) type HeardError = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// The task that drives a connection to NATS: reads its frames, and writes them.
pub(super) struct ConnectionTask {
    shared: Arc<SharedConnection>,
    transport: SocketTransport,
    reader: FrameReader,
    /// What is being written, and how much of it has been.
    writing: Vec<u8>,
    written: usize,
    ping: Interval,
    unanswered: u32,
    server: ServerAddress,
    servers: Arc<KnownServers>,
    heard: HeardError,
    /// The last error that the server has said: it says why, and then ends the connection.
    last_error: Option<String>,
    /// Whether others have had their turn since there was something to write: what they add goes out with it.
    has_yielded: bool,
}

impl ConnectionTask {
    pub(super) fn new(
        shared: Arc<SharedConnection>,
        accepted: AcceptedConnection,
        servers: Arc<KnownServers>,
        heard: HeardError,
    ) -> Self {
        let AcceptedConnection { transport, reader, server, .. } = accepted;
        let mut ping = interval_at(tokio::time::Instant::now() + PING, PING);
        // A process that was stopped for a while has not asked in between.
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            shared,
            transport,
            reader,
            writing: Vec::new(),
            written: 0,
            ping,
            unanswered: 0,
            server,
            servers,
            heard,
            last_error: None,
            has_yielded: false,
        }
    }

    /// Drives the connection until it is lost or closed.
    pub(super) async fn run(mut self) {
        let end = poll_fn(|task| self.poll(task)).await;
        let reason = match (end, self.last_error.take()) {
            (ConnectionEnd::Closed, _) => "the connection to NATS is closed".to_owned(),
            (ConnectionEnd::Lost(_), Some(words)) => format!("the connection to NATS is lost: {}", OneLine(&words)),
            (ConnectionEnd::Lost(why), None) => format!("the connection to NATS is lost: {why}"),
        };
        self.shared.outbound.end(ClientLost::new(reason));
        self.shared.subscriptions.clear();
    }

    fn poll(&mut self, task: &mut Context<'_>) -> Poll<ConnectionEnd> {
        match self.read(task).and_then(|()| self.ping(task)) {
            Ok(()) => self.poll_write(task),
            Err(end) => Poll::Ready(end),
        }
    }

    /// Reads what has come, and takes its frames; also those that came with the last one of the handshake.
    fn read(&mut self, task: &mut Context<'_>) -> Result<(), ConnectionEnd> {
        for _ in 0..READS {
            while let Some(frame) = self.reader.next()? {
                self.take(frame)?;
            }
            match self.transport.poll_read(task, self.reader.room()) {
                Poll::Ready(Ok(0)) => return Err(ConnectionEnd::Lost("the server has closed it".to_owned())),
                Poll::Ready(read) => read.map(drop)?,
                Poll::Pending => return Ok(()),
            }
        }
        task.waker().wake_by_ref();
        Ok(())
    }

    fn take(&mut self, frame: ServerFrame) -> Result<(), ConnectionEnd> {
        match frame {
            ServerFrame::Message { sid, message } => self.shared.subscriptions.deliver(sid, message),
            ServerFrame::Ping => self.shared.outbound.say(b"PONG\r\n")?,
            ServerFrame::Pong => {
                self.unanswered = 0;
                self.shared.outbound.pong();
            }
            ServerFrame::Ok => {}
            ServerFrame::Error(words) => {
                if !(self.heard)(&words) {
                    tracing::debug!(target: "pontoon", error = %OneLine(&words), "the NATS server says");
                    self.last_error = Some(words);
                }
            }
            ServerFrame::Info(json) => {
                // What cannot be read of it changes nothing.
                if let Ok(info) = serde_json::from_slice::<ServerInfo>(&json) {
                    self.shared.max_payload.store(info.max_payload, Ordering::Relaxed);
                    self.servers.learn(&self.server, &info.connect_urls);
                }
            }
        }
        Ok(())
    }

    /// Sends a PING where one is due.
    fn ping(&mut self, task: &mut Context<'_>) -> Result<(), ConnectionEnd> {
        while self.ping.poll_tick(task).is_ready() {
            if self.unanswered >= UNANSWERED {
                return Err(ConnectionEnd::Lost("the server does not answer to PING".to_owned()));
            }
            self.unanswered += 1;
            self.shared.outbound.say_ping()?;
        }
        Ok(())
    }

    /// Writes what waits. It ends when it is closed, and all is written.
    fn poll_write(&mut self, task: &mut Context<'_>) -> Poll<ConnectionEnd> {
        let outbound = &self.shared.outbound;
        loop {
            if self.written < self.writing.len() {
                match ready!(self.transport.poll_write(task, &self.writing[self.written..])) {
                    Ok(0) => return Poll::Ready(ConnectionEnd::Lost("nothing can be written".to_owned())),
                    Ok(written) => self.written += written,
                    Err(error) => return Poll::Ready(error.into()),
                }
                continue;
            }
            match outbound.poll_ready(task) {
                Poll::Ready(()) if !self.has_yielded => {
                    self.has_yielded = true;
                    task.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Poll::Ready(()) => {}
                // TLS may hold back what was written.
                Poll::Pending => {
                    return match ready!(self.transport.poll_flush(task)) {
                        Ok(()) => Poll::Pending,
                        Err(error) => Poll::Ready(error.into()),
                    };
                }
            }
            self.has_yielded = false;
            self.writing.clear();
            self.writing.shrink_to(KEPT);
            self.written = 0;
            if outbound.take(&mut self.writing) && self.writing.is_empty() {
                // Whether the other side hears of it or not, it is over.
                let _ = ready!(self.transport.poll_shutdown(task));
                return Poll::Ready(ConnectionEnd::Closed);
            }
        }
    }
}

/// The end of a connection: no more frames come.
#[derive(Debug)]
enum ConnectionEnd {
    Closed,
    /// Why it was not closed by us.
    Lost(String),
}

impl From<io::Error> for ConnectionEnd {
    fn from(error: io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<FrameError> for ConnectionEnd {
    fn from(error: FrameError) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<TooMuchUnsaid> for ConnectionEnd {
    fn from(_: TooMuchUnsaid) -> Self {
        Self::Lost("the server asks, and does not read".to_owned())
    }
}

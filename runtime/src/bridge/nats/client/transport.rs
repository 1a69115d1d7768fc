//! What the frames of a connection to NATS go over: TCP, or TLS over that.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWrite as _};
use tokio::net::TcpStream;

use crate::net::socket::Socket;

/// The transport of the frames of a connection, as its task has it.
pub(super) enum SocketTransport {
    /// In plain text: whoever sends may write to it, too.
    Plain(Arc<TcpStream>),
    Tls(Box<Socket>),
}

impl From<Socket> for SocketTransport {
    fn from(socket: Socket) -> Self {
        match socket {
            Socket::Plain(stream) => Self::Plain(Arc::new(stream)),
            socket => Self::Tls(Box::new(socket)),
        }
    }
}

impl SocketTransport {
    /// What others than the task may write to.
    pub(super) fn shared(&self) -> Option<Arc<TcpStream>> {
        match self {
            Self::Plain(stream) => Some(Arc::clone(stream)),
            Self::Tls(_) => None,
        }
    }

    /// Reads into a buffer that has room. Nothing is the end.
    pub(super) fn poll_read(&mut self, task: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        let stream = match self {
            Self::Plain(stream) => stream,
            Self::Tls(socket) => return pin!(socket.read_buf(buffer)).poll(task),
        };
        loop {
            ready!(stream.poll_read_ready(task))?;
            match stream.try_read_buf(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read),
            }
        }
    }

    pub(super) fn poll_write(&mut self, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let stream = match self {
            Self::Plain(stream) => stream,
            Self::Tls(socket) => return Pin::new(socket).poll_write(task, bytes),
        };
        loop {
            ready!(stream.poll_write_ready(task))?;
            match stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    pub(super) fn poll_flush(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(socket) => Pin::new(socket).poll_flush(task),
        }
    }

    /// Says that nothing more is written. Where somebody else just writes, dropping it says so.
    pub(super) fn poll_shutdown(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(stream) => match Arc::get_mut(stream) {
                Some(stream) => Pin::new(stream).poll_shutdown(task),
                None => Poll::Ready(Ok(())),
            },
            Self::Tls(socket) => Pin::new(socket).poll_shutdown(task),
        }
    }
}

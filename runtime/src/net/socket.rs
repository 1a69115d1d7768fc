//! Sockets over TCP, in plain text or over TLS, for the adapters that connect themselves.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::environment::Pems;

/// A connection to a server.
pub(crate) enum Socket {
    Plain(TcpStream),
    #[cfg(feature = "trust")]
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

/// The TLS configuration of a connection. A build without the feature `tls` has none, unless it has NATS.
#[derive(Clone)]
pub(crate) struct Encryption {
    #[cfg(feature = "trust")]
    connector: tokio_rustls::TlsConnector,
    #[cfg(not(feature = "trust"))]
    never: crate::contract::never::Never,
}

/// Connects, in plain text so far.
pub(crate) async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    // Otherwise what is sent while something else is under way waits for the other side's delayed acknowledgement.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Encrypts a connection, if it is to be.
pub(crate) async fn secure(stream: TcpStream, host: &str, encryption: Option<&Encryption>) -> io::Result<Socket> {
    match encryption {
        Some(encryption) => encryption.shake(stream, host).await,
        None => Ok(Socket::Plain(stream)),
    }
}

/// Whether the other side has not proved who it is, or does not believe who we are.
#[cfg(feature = "trust")]
#[cfg_attr(not(any(feature = "mqtt", feature = "redis")), allow(dead_code, reason = "NATS waits for it all the same"))]
pub(crate) fn is_tls(error: &io::Error) -> bool {
    error.get_ref().and_then(|inner| inner.downcast_ref::<tokio_rustls::rustls::Error>()).is_some()
}

#[cfg(not(feature = "trust"))]
pub(crate) fn is_tls(_: &io::Error) -> bool {
    false
}

#[cfg(feature = "trust")]
impl Encryption {
    /// Trusts whom the PEMs say, and shows what they have. Says what is wrong with them.
    pub(crate) fn new(pems: &Pems) -> Result<Self, String> {
        Ok(Self { connector: pems.rustls()?.into() })
    }

    /// Done once the other side has proved that it is the host it was called by.
    async fn shake(&self, stream: TcpStream, host: &str) -> io::Result<Socket> {
        use tokio_rustls::rustls::Error;
        use tokio_rustls::rustls::pki_types::ServerName;

        let name = ServerName::try_from(host.to_owned());
        let name = name.map_err(|_| Error::General(format!("`{host}` is no name that a certificate could prove")));
        let stream = self.connector.connect(name.map_err(io::Error::other)?, stream).await?;
        Ok(Socket::Tls(Box::new(stream)))
    }
}

#[cfg(not(feature = "trust"))]
impl Encryption {
    /// Refuses.
    pub(crate) fn new(_: &Pems) -> Result<Self, String> {
        Err("it needs the feature `tls` of the crate `pontoon`".to_owned())
    }

    #[expect(clippy::unused_async, reason = "with TLS it has something to wait for")]
    async fn shake(&self, _: TcpStream, _: &str) -> io::Result<Socket> {
        match self.never {}
    }
}

macro_rules! either {
    ($socket:expr, $stream:ident => $call:expr) => {
        match $socket.get_mut() {
            Socket::Plain($stream) => {
                let $stream = Pin::new($stream);
                $call
            }
            #[cfg(feature = "trust")]
            Socket::Tls($stream) => {
                let $stream = Pin::new(&mut **$stream);
                $call
            }
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, task: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_read(task, buffer))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, task: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, stream => stream.poll_write(task, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_flush(task))
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, stream => stream.poll_shutdown(task))
    }
}

//! The handshake with a NATS server: its INFO, TLS where one of both asks for it, CONNECT, and the PONG that says that
//! we are let in.

use std::fmt;
use std::io;
use std::sync::Arc;

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::bridge::nats::client::credentials::{Authentication, Identification};
use crate::bridge::nats::client::frame::{FrameReader, ServerFrame};
use crate::bridge::nats::client::server::{KnownServers, ServerAddress, ServerInfo};
use crate::bridge::nats::client::transport::SocketTransport;
use crate::bridge::network::CONNECT_TIMEOUT;
use crate::environment::Pems;
use crate::net::socket::{self, Encryption, Socket};

/// What a client says of itself in CONNECT, and the servers that it knows.
pub(crate) struct ClientOptions {
    /// What it calls itself.
    pub(crate) name: &'static str,
    pub(crate) authentication: Authentication,
    /// Where the settings ask for TLS.
    pub(crate) encryption: Option<Encryption>,
    pub(crate) servers: Arc<KnownServers>,
}

/// Why a server does not answer to CONNECT as it should.
#[derive(Debug)]
pub(crate) enum HandshakeError {
    /// It does not let us in, and says why.
    Denied(String),
    /// It could not be reached, or not be understood.
    Unavailable(String),
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Denied(why) | Self::Unavailable(why)) = self;
        f.write_str(why)
    }
}

impl From<io::Error> for HandshakeError {
    fn from(error: io::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// A connection that the server has accepted, before there is any subscription.
pub(super) struct AcceptedConnection {
    pub(super) transport: SocketTransport,
    pub(super) reader: FrameReader,
    pub(super) info: ServerInfo,
    pub(super) server: ServerAddress,
}

/// CONNECT: what a client says of itself to a NATS server.
#[derive(Serialize)]
struct Connect<'a> {
    verbose: bool,
    pedantic: bool,
    tls_required: bool,
    name: &'a str,
    lang: &'a str,
    version: &'a str,
    /// 1: it hears of further servers.
    protocol: u8,
    echo: bool,
    headers: bool,
    no_responders: bool,
    #[serde(flatten)]
    identification: Identification<'a>,
}

/// Connects to a server, not for long.
pub(super) async fn handshake(
    server: &ServerAddress,
    options: &ClientOptions,
) -> Result<AcceptedConnection, HandshakeError> {
    let shaken = timeout(CONNECT_TIMEOUT, shake(server, options)).await;
    shaken.unwrap_or_else(|_| Err(HandshakeError::Unavailable(format!("{server} does not answer in time"))))
}

async fn shake(server: &ServerAddress, options: &ClientOptions) -> Result<AcceptedConnection, HandshakeError> {
    let mut stream = socket::connect(&server.host, server.port).await?;
    let mut reader = FrameReader::default();
    let ServerFrame::Info(json) = next(&mut reader, &mut stream).await? else {
        return Err(HandshakeError::Unavailable(format!("{server} does not begin with INFO: it is no NATS server")));
    };
    let info: ServerInfo = serde_json::from_slice(&json)
        .map_err(|error| HandshakeError::Unavailable(format!("the INFO of {server} cannot be read: {error}")))?;
    let encrypted = server.encrypted || options.encryption.is_some() || info.tls_required;
    let mut socket = match &options.encryption {
        _ if !encrypted => Socket::Plain(stream),
        // What came in plain text is nobody's word.
        _ if !reader.is_empty() => return Err(HandshakeError::Unavailable(format!("{server} speaks before TLS"))),
        Some(encryption) => socket::secure(stream, &server.proves, Some(encryption)).await?,
        None => {
            let encryption = Encryption::new(&Pems::default()).map_err(HandshakeError::Unavailable)?;
            socket::secure(stream, &server.proves, Some(&encryption)).await?
        }
    };
    let connect = Connect {
        verbose: false,
        pedantic: false,
        tls_required: encrypted,
        name: options.name,
        lang: "rust",
        version: env!("CARGO_PKG_VERSION"),
        protocol: 1,
        echo: true,
        headers: true,
        no_responders: true,
        identification: options
            .authentication
            .identify(&info.nonce)
            .map_err(|why| HandshakeError::Denied(why.into()))?,
    };
    let connect = serde_json::to_string(&connect).map_err(io::Error::other)?;
    socket.write_all(format!("CONNECT {connect}\r\nPING\r\n").as_bytes()).await?;
    socket.flush().await?;
    loop {
        match next(&mut reader, &mut socket).await? {
            ServerFrame::Pong => {
                let transport = socket.into();
                return Ok(AcceptedConnection { transport, reader, info, server: server.clone() });
            }
            ServerFrame::Error(words) if is_denial(&words) => return Err(HandshakeError::Denied(words)),
            ServerFrame::Error(words) => return Err(HandshakeError::Unavailable(words)),
            ServerFrame::Ping => socket.write_all(b"PONG\r\n").await?,
            ServerFrame::Ok | ServerFrame::Info(_) | ServerFrame::Message { .. } => {}
        }
    }
}

async fn next(reader: &mut FrameReader, socket: &mut (impl AsyncRead + Unpin)) -> Result<ServerFrame, HandshakeError> {
    loop {
        let frame = reader.next().map_err(|error| HandshakeError::Unavailable(error.to_string()))?;
        if let Some(frame) = frame {
            return Ok(frame);
        }
        if socket.read_buf(reader.room()).await? == 0 {
            return Err(HandshakeError::Unavailable("the server has closed the connection".to_owned()));
        }
    }
}

/// `Authorization Violation`, `User Authentication Expired`, `Account Authentication Expired`, `User Authentication
/// Revoked`: not `Authentication Timeout`, which a server that has much to do says.
fn is_denial(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    ["authorization violation", "authentication expired", "authentication revoked"]
        .iter()
        .any(|denial| words.contains(denial))
}

//! The packets that the broker sends, read from the socket as many at a time as have arrived.

use super::LARGEST;
use crate::rounds::Error;
use bytes::BytesMut;
use rumqttc::mqttbytes;
use rumqttc::mqttbytes::v5::Packet;
use tokio::io::AsyncReadExt as _;
use tokio::net::tcp::OwnedReadHalf;

/// How much room there is at least for what is read next, in bytes.
const ROOM: usize = 32 << 10;

/// A read buffer over the read half of a socket.
pub(super) struct Inbox {
    socket: OwnedReadHalf,
    bytes: BytesMut,
}

impl Inbox {
    pub(super) fn new(socket: OwnedReadHalf) -> Self {
        Self { socket, bytes: BytesMut::new() }
    }

    /// The next packet; none once the broker has closed the connection.
    pub(super) async fn next(&mut self) -> Result<Option<Packet>, Error> {
        loop {
            match Packet::read(&mut self.bytes, Some(LARGEST)) {
                Ok(packet) => return Ok(Some(packet)),
                Err(mqttbytes::Error::InsufficientBytes(missing)) => self.bytes.reserve(missing.max(ROOM)),
                Err(error) => return Err(error.into()),
            }
            if self.socket.read_buf(&mut self.bytes).await? == 0 {
                return Ok(None);
            }
        }
    }
}

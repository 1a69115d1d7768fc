//! The packets of a session over a socket. Their encoding is the client library's.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use rumqttc::mqttbytes;
use rumqttc::mqttbytes::v5::{Packet, Publish};
use tokio::io::{AsyncReadExt, AsyncWrite};

use super::acks::Ack;
use super::error::MqttError;
use super::reason_code::ReasonCode;
use crate::net::socket::Socket;

/// The largest packet that is read, in bytes: four times the largest payload that Pontoon sends over MQTT. The broker
/// is told so, and leaves out what is larger.
pub(super) const LARGEST_READ: u32 = 1 << 20;

/// How much room there is at least for what is read next, in bytes.
const ROOM: usize = 8 << 10;

/// The first byte of DISCONNECT.
const DISCONNECT: u8 = 0xe0;

/// A packet of the broker: an acknowledgement, DISCONNECT with its reason code, or another.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and most are the large one")]
pub(super) enum ServerPacket {
    Ack(Ack),
    /// The broker ends the connection, and may say why in its own words.
    Disconnect(ReasonCode, Option<String>),
    /// Anything else.
    Packet(Packet),
}

/// The packets of a session over a socket.
pub(super) struct PacketStream {
    socket: Socket,
    inbox: BytesMut,
    outbox: BytesMut,
    unflushed: bool,
}

impl PacketStream {
    pub(super) fn new(socket: Socket) -> Self {
        Self { socket, inbox: BytesMut::new(), outbox: BytesMut::new(), unflushed: false }
    }

    /// Puts a packet with the others that are to be written. One that cannot be encoded leaves nothing behind.
    pub(super) fn put(&mut self, packet: &Packet) -> Result<(), mqttbytes::Error> {
        self.put_with(|outbox| packet.write(outbox, None))
    }

    /// The same for what is published, which is the most.
    pub(super) fn put_publish(&mut self, publish: &Publish) -> Result<(), mqttbytes::Error> {
        self.put_with(|outbox| publish.write(outbox))
    }

    fn put_with(
        &mut self,
        write: impl FnOnce(&mut BytesMut) -> Result<usize, mqttbytes::Error>,
    ) -> Result<(), mqttbytes::Error> {
        let before = self.outbox.len();
        let written = write(&mut self.outbox);
        if written.is_err() {
            self.outbox.truncate(before);
        }
        written.map(drop)
    }

    /// How many bytes wait to be written.
    pub(super) fn unwritten(&self) -> usize {
        self.outbox.len()
    }

    /// A packet that has arrived as a whole.
    pub(super) fn take(&mut self) -> Result<Option<ServerPacket>, MqttError> {
        match self.read() {
            Ok(received) => Ok(Some(received)),
            Err(mqttbytes::Error::InsufficientBytes(missing)) => {
                self.inbox.reserve(missing);
                Ok(None)
            }
            Err(error) => Err(MqttError::unreadable(&error)),
        }
    }

    fn read(&mut self) -> Result<ServerPacket, mqttbytes::Error> {
        let length = mqttbytes::check(self.inbox.iter(), Some(LARGEST_READ))?.frame_length();
        let mut frame = self.inbox.split_to(length);
        // The length of the body has up to four bytes, of which the last is below 0x80.
        let header = 2 + frame.iter().skip(1).take_while(|byte| **byte >= 0x80).count();
        let (first, body) = (frame.first().copied().unwrap_or_default(), frame.get(header..).unwrap_or_default());
        if let Some(ack) = Ack::read(first, body) {
            return Ok(ServerPacket::Ack(ack));
        }
        if first == DISCONNECT {
            // Its properties may be left out, which the codec takes for a packet that is not whole.
            let reason = ReasonCode(body.first().copied().unwrap_or_default());
            let text = match Packet::read(&mut frame, Some(LARGEST_READ)) {
                Ok(Packet::Disconnect(read)) => read.properties.and_then(|properties| properties.reason_string),
                _ => None,
            };
            return Ok(ServerPacket::Disconnect(reason, text));
        }
        match Packet::read(&mut frame, Some(LARGEST_READ)) {
            // It is whole.
            Err(mqttbytes::Error::InsufficientBytes(_)) => Err(mqttbytes::Error::MalformedPacket),
            read => read.map(ServerPacket::Packet),
        }
    }

    /// Waits until something was written, or read, if it is to be read. Safe to drop while it waits.
    pub(super) async fn turn(&mut self, reads: bool) -> Result<(), MqttError> {
        poll_fn(|task| self.poll_turn(task, reads)).await.map_err(|error| MqttError::from_io(&error))
    }

    /// Waits for the next packet, and writes what is to be written meanwhile.
    pub(super) async fn next(&mut self) -> Result<ServerPacket, MqttError> {
        loop {
            if let Some(received) = self.take()? {
                return Ok(received);
            }
            self.turn(true).await?;
        }
    }

    /// Writes everything that is to be written, and says goodbye to the socket.
    pub(super) async fn shut(&mut self) -> io::Result<()> {
        poll_fn(|task| self.poll_write(task)).await?;
        poll_fn(|task| Pin::new(&mut self.socket).poll_shutdown(task)).await
    }

    /// The same, and waits until the other side has ended the connection: it has read everything by then. A socket that
    /// is dropped before may take back what the other side has not read.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        self.shut().await?;
        // What still comes is for nobody; an error is an end, too.
        while let Ok(1..) = self.socket.read_buf(&mut self.inbox).await {
            self.inbox.clear();
        }
        Ok(())
    }

    fn poll_turn(&mut self, task: &mut Context<'_>, reads: bool) -> Poll<io::Result<()>> {
        let before = self.outbox.len();
        if let Poll::Ready(Err(error)) = self.poll_write(task) {
            return Poll::Ready(Err(error));
        }
        if !reads {
            return if self.outbox.len() < before { Poll::Ready(Ok(())) } else { Poll::Pending };
        }
        self.inbox.reserve(ROOM);
        match pin!(self.socket.read_buf(&mut self.inbox)).poll(task) {
            Poll::Ready(Ok(0)) => {
                Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the connection is cut")))
            }
            Poll::Ready(read) => Poll::Ready(read.map(drop)),
            Poll::Pending if self.outbox.len() < before => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_write(&mut self, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.outbox.has_remaining() {
            let written = ready!(Pin::new(&mut self.socket).poll_write(task, &self.outbox))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outbox.advance(written);
            self.unflushed = true;
        }
        // What TLS has not yet sent, it sends now.
        if self.unflushed {
            ready!(Pin::new(&mut self.socket).poll_flush(task))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}

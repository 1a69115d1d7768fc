//! The packets that wait to be written: all that wait together are one write.

use crate::rounds::Error;
use bytes::BytesMut;
use rumqttc::mqttbytes::v5::Packet;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::OwnedWriteHalf;
use tokio::select;
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::{Instant, interval_at};

/// A write buffer that any task fills and one empties. It holds no more than what may be unacknowledged.
#[derive(Default)]
pub(super) struct Outbox {
    unwritten: Mutex<Unwritten>,
    filled: Notify,
}

/// Encoded packets.
#[derive(Default)]
struct Unwritten {
    bytes: BytesMut,
    /// Whether DISCONNECT is the last of them.
    ends: bool,
}

impl Outbox {
    /// Puts a packet behind the others.
    pub(super) fn put(&self, packet: &Packet) -> Result<(), Error> {
        let mut unwritten = self.locked();
        packet.write(&mut unwritten.bytes, None)?;
        unwritten.ends |= matches!(packet, Packet::Disconnect(_));
        drop(unwritten);
        self.filled.notify_one();
        Ok(())
    }

    /// Whether DISCONNECT has been put.
    pub(super) fn ends(&self) -> bool {
        self.locked().ends
    }

    /// Writes whatever is put, up to DISCONNECT, and PINGREQ at intervals.
    pub(super) async fn write(&self, mut socket: OwnedWriteHalf, ping: Duration) -> Result<(), Error> {
        let mut pings = interval_at(Instant::now() + ping, ping);
        let mut bytes = BytesMut::new();
        loop {
            select! {
                biased;
                () = self.filled.notified() => {}
                _ = pings.tick() => self.put(&Packet::PingReq)?,
            }
            // The other tasks that are ready to run put what they have before it is written.
            yield_now().await;
            let ends = {
                let mut unwritten = self.locked();
                mem::swap(&mut unwritten.bytes, &mut bytes);
                unwritten.ends
            };
            socket.write_all(&bytes).await?;
            bytes.clear();
            if ends {
                return Ok(socket.shutdown().await?);
            }
        }
    }

    fn locked(&self) -> MutexGuard<'_, Unwritten> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

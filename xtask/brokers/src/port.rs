//! Loopback ports that stay free for their owner, also while nobody listens on them: a broker comes back on its own.

use crate::Error;
use crate::folder::random;
use std::io;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};

/// Below what systems give to outgoing connections (from 32768 on Linux), so that none of those takes a broker's port
/// while the broker is down.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// A TCP port on 127.0.0.1, reserved among all that use this crate, in whichever process, until it is dropped.
#[derive(Debug)]
pub struct Port {
    number: u16,
    /// The reservation: the UDP port of the same number, which none of the brokers uses. The system gives it back
    /// however we end.
    _reserved: UdpSocket,
}

impl Port {
    /// Reserves a port on which nobody listens.
    pub fn free() -> Result<Self, Error> {
        let ports = u64::from(RANGE.end - RANGE.start);
        let start = random() % ports;
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for step in 0..ports {
            let offset = u16::try_from((start + step) % ports).unwrap_or_default();
            match Self::reserve(RANGE.start + offset) {
                Ok(port) => return Ok(port),
                Err(error) => last = error,
            }
        }
        Err(Error::system("find a free port on 127.0.0.1")(last))
    }

    fn reserve(number: u16) -> io::Result<Self> {
        let reserved = UdpSocket::bind((Ipv4Addr::LOCALHOST, number))?;
        TcpListener::bind((Ipv4Addr::LOCALHOST, number))?;
        Ok(Self { number, _reserved: reserved })
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }
}

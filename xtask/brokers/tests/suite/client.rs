//! A client of each protocol that connects, and writes something that is acknowledged, or not.

mod amqp;
mod mqtt;
mod nats;
mod redis;

use pontoon_brokers::{Broker, Kind};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The one user of these tests.
pub(crate) const USER: (&str, &str) = ("anna", "secret");

/// A connection to a broker.
pub(crate) trait Client {
    /// Writes something that needs a right and takes room. The error is why it is not acknowledged, as far as the
    /// broker says, within the time.
    fn write(&mut self, patience: Duration) -> Result<(), String>;

    /// Succeeds if at least so many writes are kept.
    fn expect(&mut self, count: u64) -> Result<(), String>;
}

/// Connects to a broker at its port, as the user if it has one.
pub(crate) fn connect(broker: &Broker, port: u16) -> Result<Box<dyn Client>, String> {
    let user = broker.url().contains('@').then_some(USER);
    let stream = Stream::connect(port)?;
    Ok(match broker.kind() {
        Kind::Amqp => Box::new(amqp::Connection::open(stream, user.unwrap_or(("guest", "guest")))?),
        Kind::Nats => Box::new(nats::Connection::open(stream, user)?),
        Kind::Mqtt => Box::new(mqtt::Connection::open(stream, user)?),
        Kind::Redis => Box::new(redis::Connection::open(stream, user)?),
    })
}

/// Whether what is kept is enough.
fn enough(kept: u64, count: u64) -> Result<(), String> {
    if kept >= count { Ok(()) } else { Err(format!("{kept} of {count} are kept")) }
}

/// A socket whose errors are text.
struct Stream(TcpStream);

impl Stream {
    fn connect(port: u16) -> Result<Self, String> {
        let stream = TcpStream::connect(("127.0.0.1", port)).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(crate::PATIENCE)).unwrap();
        Ok(Self(stream))
    }

    fn patience(&self, patience: Duration) {
        self.0.set_read_timeout(Some(patience)).unwrap();
    }

    fn say(&mut self, words: &[u8]) -> Result<(), String> {
        self.0.write_all(words).map_err(|error| error.to_string())
    }

    fn bytes(&mut self, length: usize) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    fn line(&mut self) -> Result<String, String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            line.extend(self.bytes(1)?);
        }
        Ok(String::from_utf8_lossy(&line).trim().to_owned())
    }
}

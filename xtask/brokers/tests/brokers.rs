//! Every kind of broker starts, dies, comes back, hangs, and leaves nothing behind.

use pontoon_brokers::{Broker, Kind};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What a client says first, and how the answer begins.
fn greeting(kind: Kind) -> (&'static [u8], &'static [u8]) {
    match kind {
        Kind::Amqp => (b"AMQP\x00\x00\x09\x01", b"\x01"),
        Kind::Nats => (b"", b"INFO "),
        Kind::Mqtt => (b"\x10\x10\x00\x04MQTT\x04\x02\x00\x0a\x00\x04test", b"\x20\x02"),
        Kind::Redis => (b"PING\r\n", b"+PONG"),
    }
}

/// Whether whoever listens there answers within the time.
fn answers(kind: Kind, port: u16, patience: Duration) -> bool {
    let (words, expected) = greeting(kind);
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    stream.set_read_timeout(Some(patience)).unwrap();
    stream.write_all(words).unwrap();
    let mut answer = vec![0; expected.len()];
    stream.read_exact(&mut answer).is_ok() && answer == expected
}

const PATIENCE: Duration = Duration::from_secs(30);

fn survives(kind: Kind) {
    let broker = Broker::start(kind).unwrap();
    let port = broker.port();
    assert!(broker.url().contains(&format!("127.0.0.1:{port}")), "{}", broker.url());
    assert!(answers(kind, port, PATIENCE));

    broker.kill().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    broker.restart().unwrap();
    assert_eq!(broker.port(), port);
    assert!(answers(kind, port, PATIENCE));

    broker.pause().unwrap();
    // The system still accepts for it; only it says nothing.
    assert!(!answers(kind, port, Duration::from_millis(200)));
    broker.resume().unwrap();
    assert!(answers(kind, port, PATIENCE));

    broker.stop().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    broker.restart().unwrap();
    assert!(answers(kind, port, PATIENCE));
}

#[test]
fn rabbitmq_survives() {
    survives(Kind::Amqp);
}

#[test]
fn nats_survives() {
    survives(Kind::Nats);
}

#[test]
fn mosquitto_survives() {
    survives(Kind::Mqtt);
}

#[test]
fn redis_survives() {
    survives(Kind::Redis);
}

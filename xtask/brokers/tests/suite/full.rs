//! A broker that is full acknowledges nothing, keeps what it has, and goes on once there is room.

use crate::client::connect;
use crate::{PATIENCE, SILENCE};
use pontoon_brokers::{Broker, Kind};

fn full(kind: Kind) {
    let broker = Broker::configured(kind).storage(8 << 20).start().unwrap();
    connect(&broker, broker.port()).unwrap().write(PATIENCE).unwrap();

    broker.fill().unwrap();
    match connect(&broker, broker.port()) {
        Ok(mut client) => assert_ne!(client.write(SILENCE), Ok(())),
        // One without memory does not even let clients in.
        Err(refused) => assert!(!refused.is_empty()),
    }
    broker.relieve().unwrap();
    let mut client = connect(&broker, broker.port()).unwrap();
    client.write(PATIENCE).unwrap();
}

#[test]
fn rabbitmq_is_full() {
    full(Kind::Amqp);
}

#[test]
fn nats_is_full() {
    full(Kind::Nats);
}

#[test]
fn mosquitto_is_full() {
    full(Kind::Mqtt);
}

#[test]
fn redis_is_full() {
    full(Kind::Redis);
}

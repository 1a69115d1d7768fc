//! A broker starts, dies, comes back with its data, hangs and goes on.

use crate::client::connect;
use crate::{PATIENCE, SILENCE};
use pontoon_brokers::{Broker, Kind};

fn survives(kind: Kind) {
    let broker = Broker::start(kind).unwrap();
    let port = broker.port();
    assert!(broker.url().contains(&format!("127.0.0.1:{port}")), "{}", broker.url());
    connect(&broker, port).unwrap().write(PATIENCE).unwrap();

    broker.save().unwrap();
    broker.kill().unwrap();
    assert!(connect(&broker, port).is_err());
    broker.restart().unwrap();
    assert_eq!(broker.port(), port);
    let mut client = connect(&broker, port).unwrap();
    assert_eq!(client.kept().unwrap(), 1);

    client.write(PATIENCE).unwrap();
    broker.pause().unwrap();
    assert!(client.write(SILENCE).is_err());
    broker.resume().unwrap();
    let mut client = connect(&broker, port).unwrap();
    client.write(PATIENCE).unwrap();

    broker.stop().unwrap();
    assert!(connect(&broker, port).is_err());
    broker.restart().unwrap();
    assert!(connect(&broker, port).unwrap().kept().unwrap() > 0);
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

#[test]
fn a_prepared_broker_has_its_url_before_it_is_there() {
    let broker = Broker::configured(Kind::Redis).prepare().unwrap();
    let url = broker.url();
    assert!(connect(&broker, broker.port()).is_err());
    assert!(broker.pause().unwrap_err().to_string().contains("does not run"));
    broker.restart().unwrap();
    assert_eq!(broker.url(), url);
    connect(&broker, broker.port()).unwrap().write(PATIENCE).unwrap();
}

#[test]
fn a_shared_broker_is_started_once() {
    let first = Broker::shared(Kind::Redis).unwrap();
    assert_eq!(Broker::shared(Kind::Redis).unwrap(), first);
}

//! Only a user of the broker may connect, and rights change while it runs, on connections that there are.

use crate::client::{USER, connect};
use crate::{PATIENCE, SILENCE};
use pontoon_brokers::{Broker, Kind, Rights};
use std::time::Duration;

fn change(kind: Kind) {
    let broker = Broker::configured(kind).user(USER.0, USER.1).start().unwrap();
    assert!(broker.url().contains("anna:secret@") && !broker.address().contains('@'));
    let mut client = connect(&broker, broker.port()).unwrap();
    client.write(PATIENCE).unwrap();

    broker.admit(USER.0, USER.1, &Rights::everything().write(&[])).unwrap();
    // RabbitMQ remembers what a channel may do until it has been idle for a while: longer, the more often it was.
    let mut pause = Duration::from_secs(1);
    while client.write(SILENCE).is_ok() {
        std::thread::sleep(pause);
        pause *= 2;
    }
    // A connection on which something was refused may be spoilt for a client as simple as this one.
    let mut client = connect(&broker, broker.port()).unwrap();
    let refused = client.write(SILENCE).unwrap_err();
    assert!(!refused.is_empty());

    broker.admit(USER.0, USER.1, &Rights::everything()).unwrap();
    connect(&broker, broker.port()).unwrap().write(PATIENCE).unwrap();

    // The password is gone, and with it the user that this client is.
    broker.admit(USER.0, "another", &Rights::everything()).unwrap();
    broker.restart().unwrap();
    assert!(connect(&broker, broker.port()).is_err());
}

#[test]
fn of_rabbitmq_change() {
    change(Kind::Amqp);
}

#[test]
fn of_nats_change() {
    change(Kind::Nats);
}

#[test]
fn of_mosquitto_change() {
    change(Kind::Mqtt);
}

#[test]
fn of_redis_change() {
    change(Kind::Redis);
}

#[test]
fn a_broker_without_users_admits_nobody_in_particular() {
    let broker = Broker::configured(Kind::Redis).prepare().unwrap();
    let refused = broker.admit("anna", "secret", &Rights::nothing()).unwrap_err();
    assert!(refused.to_string().contains("lets everybody in"), "{refused}");
}

#[test]
fn a_virtual_host_is_a_broker_of_its_own() {
    let broker = Broker::start(Kind::Amqp).unwrap();
    broker.virtual_host("one").unwrap();
    broker.virtual_host("one").unwrap();
    assert!(broker.url().ends_with("/%2f"));
    let refused = Broker::start(Kind::Nats).unwrap().virtual_host("one").unwrap_err();
    assert!(refused.to_string().contains("no virtual hosts"), "{refused}");
}

//! A broker starts, dies, comes back with its data, hangs and goes on.

use crate::client::connect;
use crate::{PATIENCE, SILENCE};
use pontoon_brokers::{Broker, Kind, Proxy};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;

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
    client.expect(1).unwrap();

    client.write(PATIENCE).unwrap();
    broker.pause().unwrap();
    assert!(client.write(SILENCE).is_err());
    broker.resume().unwrap();
    let mut client = connect(&broker, port).unwrap();
    client.write(PATIENCE).unwrap();

    broker.stop().unwrap();
    assert!(connect(&broker, port).is_err());
    broker.restart().unwrap();
    connect(&broker, port).unwrap().expect(2).unwrap();
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

/// The one broker that acknowledges before it saves: with `save`, and acknowledgements held back meanwhile, a kill in
/// the middle of the traffic loses nothing that a client believes to be safe.
#[test]
fn mosquitto_keeps_what_clients_know_to_be_acknowledged() {
    let broker = Broker::start(Kind::Mqtt).unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    let acknowledged = AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = connect(&broker, proxy.port()).unwrap();
            while client.write(PATIENCE).is_ok() {
                acknowledged.fetch_add(1, Relaxed);
            }
        });
        while acknowledged.load(Relaxed) < 100 {
            thread::yield_now();
        }
        proxy.freeze();
        broker.save().unwrap();
        broker.kill().unwrap();
        // What is held must not arrive after all.
        proxy.cut();
        proxy.thaw();
    });
    broker.restart().unwrap();
    connect(&broker, broker.port()).unwrap().expect(acknowledged.into_inner()).unwrap();
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

#[test]
fn a_volatile_broker_comes_back_empty() {
    for kind in [Kind::Redis, Kind::Mqtt] {
        let broker = Broker::configured(kind).volatile().start().unwrap();
        connect(&broker, broker.port()).unwrap().write(PATIENCE).unwrap();
        broker.restart().unwrap();
        let folder = broker.log_file().parent().unwrap().join("data");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
        connect(&broker, broker.port()).unwrap().write(PATIENCE).unwrap();
    }
}

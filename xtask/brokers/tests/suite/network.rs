//! What the proxy does to connections, clients take for the network.

use crate::client::connect;
use crate::{PATIENCE, SILENCE};
use pontoon_brokers::{Broker, Kind, Proxy};

#[test]
fn a_cut_connection_is_gone_and_the_next_one_works() {
    let broker = Broker::start(Kind::Redis).unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    assert_eq!(broker.url_at(proxy.port()), format!("redis://127.0.0.1:{}", proxy.port()));
    let mut client = connect(&broker, proxy.port()).unwrap();
    client.write(PATIENCE).unwrap();
    proxy.cut();
    assert!(client.write(PATIENCE).is_err());
    connect(&broker, proxy.port()).unwrap().write(PATIENCE).unwrap();
}

#[test]
fn a_frozen_connection_says_nothing_and_loses_nothing() {
    let broker = Broker::start(Kind::Redis).unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    let mut client = connect(&broker, proxy.port()).unwrap();
    proxy.freeze();
    assert!(client.write(SILENCE).is_err());
    proxy.thaw();
    // The answer to the first write comes now, that to the second after it.
    client.write(PATIENCE).unwrap();
    while connect(&broker, broker.port()).unwrap().expect(2).is_err() {}
    // Frozen connections can be cut as well.
    proxy.freeze();
    proxy.cut();
    proxy.thaw();
    connect(&broker, proxy.port()).unwrap().write(PATIENCE).unwrap();
}

#[test]
fn a_refused_connection_finds_nobody_there() {
    let broker = Broker::start(Kind::Redis).unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    let mut client = connect(&broker, proxy.port()).unwrap();
    proxy.refuse();
    assert!(client.write(PATIENCE).is_err());
    let refused = connect(&broker, proxy.port()).err().unwrap();
    assert!(refused.contains("refused"), "{refused}");
    proxy.accept().unwrap();
    connect(&broker, proxy.port()).unwrap().write(PATIENCE).unwrap();
}

#[test]
fn a_broker_that_is_away_is_away_behind_the_proxy_too() {
    let broker = Broker::configured(Kind::Redis).prepare().unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    assert!(connect(&broker, proxy.port()).is_err());
    broker.restart().unwrap();
    connect(&broker, proxy.port()).unwrap().write(PATIENCE).unwrap();
}

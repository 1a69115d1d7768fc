//! Handlers that compute without yielding.

use std::time::Duration;

use pontoon::adapter::Settlement;
use pontoon_brokers::{Broker, Kind, Proxy};

use crate::harness::{EAR, POLICY, Topology, is_quiet, message, next, number, soon, take};

/// More than a broker waits for who says nothing: one and a half times the keep-alive of 5 s.
const COMPUTES: Duration = Duration::from_secs(12);

#[tokio::test]
async fn a_handler_that_computes_on_the_only_thread_keeps_the_connection() {
    let broker = Broker::start(Kind::Mqtt).unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    let topology = Topology::at(broker.url_at(proxy.port()));
    let hearer = topology.adapter().await;
    let ear = hearer.subscribe(topology.event, EAR, POLICY);
    let topic = hearer.topic(topology.event);
    soon(hearer.connect()).await.unwrap();
    let before = proxy.connections();
    soon(topic.publish(message(1))).await.unwrap();
    soon(topic.publish(message(2))).await.unwrap();
    let delivery = next(&ear).await;
    std::thread::sleep(COMPUTES);
    soon(ear.settle(&delivery, Settlement::Ack)).await.unwrap();
    assert_eq!((number(&delivery), take(&ear).await), (1, 2));
    assert!(is_quiet(&ear).await, "none comes twice");
    assert!(hearer.health().is_ready(), "{}", hearer.health());
    assert_eq!(proxy.connections(), before, "no connection was lost");
}

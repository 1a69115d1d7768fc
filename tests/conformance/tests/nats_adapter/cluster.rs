//! On how many servers of a cluster streams are kept.

use std::time::Duration;

use pontoon::Delivery;
use pontoon_brokers::{Broker, Kind, Port};
use tokio::task::block_in_place;

use crate::harness::{EAR, Topology, message, soon, take};

/// Three servers that know each other.
struct Cluster(Vec<Broker>);

impl Cluster {
    fn start() -> Self {
        let ports: Vec<Port> = (0..3).map(|_| Port::free().unwrap()).collect();
        let routes: Vec<String> = ports.iter().map(|port| format!("nats://127.0.0.1:{}", port.number())).collect();
        let lines = |number: usize| {
            format!(
                "server_name: server_{number}\ncluster {{ name: three, listen: \"127.0.0.1:{}\", routes: [{}] }}",
                ports[number].number(),
                routes.join(", ")
            )
        };
        let servers = (0..3).map(|number| Broker::configured(Kind::Nats).lines(&lines(number)).start().unwrap());
        Self(servers.collect())
    }

    /// Where all of them are.
    fn urls(&self) -> String {
        self.0.iter().map(Broker::url).collect::<Vec<_>>().join(",")
    }
}

/// An event that was acknowledged, and a dead letter, is on three servers, without anybody having asked for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_three_keeps_everything_on_three() {
    let cluster = block_in_place(Cluster::start);
    let topology = Topology::at(cluster.urls());
    let (hearing, feed) = topology.hearing(Delivery::at_least_once().dead_letter()).await;
    let (speaking, topic) = topology.speaking().await;
    for event in 0..100 {
        soon(topic.publish(message(event))).await.unwrap();
        take(&feed).await;
    }
    let jetstream = topology.moved(cluster.0[0].url()).jetstream().await;
    for stream in [topology.stream(), topology.dead_stream()] {
        let mut stream = jetstream.get_stream(&stream).await.unwrap();
        assert_eq!(stream.info().await.unwrap().config.num_replicas, 3);
    }
    hearing.close().await;
    speaking.close().await;
}

/// One server has no others: what is left out is what it can, and what is asked for in vain is refused at once.
#[tokio::test]
async fn one_server_keeps_what_it_is_asked_to_keep_once() {
    let topology = Topology::shared();
    let (adapter, _feed) = topology.hearing(Delivery::at_least_once()).await;
    let mut stream = topology.jetstream().await.get_stream(topology.stream()).await.unwrap();
    assert_eq!(stream.info().await.unwrap().config.num_replicas, 1);
    adapter.close().await;

    let topology = Topology::shared();
    let adapter = topology.open(topology.settings().replicas(3), false).await;
    adapter.subscribe(topology.event, EAR, Delivery::at_least_once());
    let refused = tokio::time::timeout(Duration::from_secs(20), adapter.connect()).await.unwrap().unwrap_err();
    let says = refused.to_string();
    assert!(says.contains("3 servers") && says.contains("replicas"), "{says}");
    adapter.close().await;
}

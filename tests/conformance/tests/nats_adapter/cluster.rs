//! A cluster of three servers, one of which goes for good. E41.

use std::collections::BTreeSet;
use std::time::Duration;

use pontoon::adapter::Settlement;
use pontoon::adapter::SubscriptionPolicy;
use pontoon_brokers::{Broker, Kind, Port};
use tokio::task::block_in_place;

use crate::harness::{EAR, Topology, echo, message, next, number, output, request, soon, until};

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

/// An event that was acknowledged is on three servers, and nothing of it is out of reach when one is gone for good.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_a_server() {
    const COUNT: u32 = 200;
    let mut cluster = block_in_place(Cluster::start);
    let topology = Topology::at(cluster.urls());
    let (hearing, consumer) = topology.hearing(SubscriptionPolicy::at_least_once().dead_letter()).await;
    let (speaking, topic) = topology.speaking().await;
    let mut seen = BTreeSet::new();
    // The publisher knows of no subscription: it has to find out that there is a stream.
    for event in 0..COUNT / 2 {
        soon(topic.publish(message(event))).await.unwrap();
    }
    let jetstream = topology.moved(cluster.0[0].url()).jetstream().await;
    let mut leader = None;
    for stream in [topology.stream(), topology.dead_stream()] {
        let mut stream = jetstream.get_stream(&stream).await.unwrap();
        let info = stream.info().await.unwrap();
        assert_eq!(info.config.num_replicas, 3);
        leader = leader.or_else(|| info.cluster.as_ref()?.leader.clone());
    }
    // The one that leads the stream goes, and never comes back.
    let leader: usize = leader.unwrap().trim_start_matches("server_").parse().unwrap();
    let gone = cluster.0.remove(leader);
    block_in_place(|| gone.kill().unwrap());
    let publishing = async {
        for event in COUNT / 2..COUNT {
            soon(topic.publish(message(event))).await.unwrap();
        }
    };
    let taking = async {
        while seen.len() < COUNT as usize {
            let delivery = next(&consumer).await;
            // While there is no leader, none hears that it is done: then it comes again.
            if consumer.settle(&delivery, Settlement::Ack).await.is_ok() {
                seen.insert(number(&delivery));
            }
        }
    };
    tokio::join!(publishing, taking);
    assert!(seen.into_iter().eq(0..COUNT));
    until("both are ready", || hearing.health().is_ready() && speaking.health().is_ready()).await;
    hearing.close().await;
    speaking.close().await;
    drop((gone, cluster));
}

/// The settings name one server of three: when it is gone, one that it has named takes over.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_another_one_has_named_takes_over() {
    let cluster = block_in_place(Cluster::start);
    let topology = Topology::at(cluster.0[0].url());
    let client = topology.outsider().await;
    until("they know each other", || client.server_info().connect_urls.len() == 3).await;
    let adapter = topology.adapter().await;
    echo(adapter.serve(topology.command));
    soon(adapter.connect()).await.unwrap();
    block_in_place(|| cluster.0[0].kill().unwrap());
    until("it is noticed", || !adapter.health().is_ready()).await;
    until("another one takes over", || adapter.health().is_ready()).await;
    assert_eq!(output(soon(adapter.request(request(topology.command, 1))).await), "1");
    adapter.close().await;
}

/// One server has no others: what is left out is what it can, and what is asked for in vain is refused at once.
#[tokio::test]
async fn one_server_keeps_what_it_is_asked_to_keep_once() {
    let topology = Topology::shared();
    let (adapter, _feed) = topology.hearing(SubscriptionPolicy::at_least_once()).await;
    let mut stream = topology.jetstream().await.get_stream(topology.stream()).await.unwrap();
    assert_eq!(stream.info().await.unwrap().config.num_replicas, 1);
    adapter.close().await;

    let topology = Topology::shared();
    let adapter = topology.open(topology.settings().replicas(3), false).await;
    adapter.subscribe(topology.event, EAR, SubscriptionPolicy::at_least_once());
    let refused = tokio::time::timeout(Duration::from_secs(20), adapter.connect()).await.unwrap().unwrap_err();
    let says = refused.to_string();
    assert!(says.contains("3 servers") && says.contains("replicas"), "{says}");
    adapter.close().await;
}

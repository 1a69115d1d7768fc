//! Users who may not do everything, and settings that are none.

use pontoon::BridgeError;
use pontoon::adapter::Mqtt;
use pontoon_brokers::{Broker, Kind, Rights};

use crate::harness::{EAR, POLICY, Topology, URL, message, problems, request, soon, text, until};

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_hears_so_at_once() {
    let broker = Broker::configured(Kind::Mqtt).user("ann", "secret").start().unwrap();
    let topology = Topology::at(broker.address());
    for settings in [
        topology.settings(),
        topology.settings().username(text("ann")).password(text("wrong")),
        topology.settings().username(text("bob")).password(text("secret")),
    ] {
        let adapter = topology.open(settings).await;
        adapter.subscribe(topology.event, EAR, POLICY);
        let refused = soon(adapter.connect()).await;
        let Err(BridgeError::Denied(why)) = refused else { panic!("{refused:?}") };
        assert!(!why.to_string().contains("wrong"), "{why}");
    }
    let adapter = topology.open(topology.settings().username(text("ann")).password(text("secret"))).await;
    soon(adapter.connect()).await.unwrap();
    // What is in the URL counts where the settings say nothing.
    let in_url = topology.moved(broker.url());
    soon(in_url.adapter().await.connect()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_loses_a_right_is_told_and_goes_on_with_the_rest() {
    let broker = Broker::configured(Kind::Mqtt).user("ann", "secret").start().unwrap();
    let topology = Topology::at(broker.url());
    let (hearer, ear) = topology.hearing(POLICY).await;
    let (speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(1))).await.unwrap();
    broker.admit("ann", "secret", &Rights::everything().write(&["nothing"])).unwrap();
    let denied = soon(topic.publish(message(2))).await;
    assert!(matches!(denied, Err(BridgeError::Denied(_))), "{denied:?}");
    let denied = soon(speaker.request(request(topology.command, 1))).await;
    let Err(BridgeError::Denied(why)) = denied else { panic!("{denied:?}") };
    assert!(why.to_string().contains(topology.command), "{why}");
    assert!(!speaker.health().is_ready() && hearer.health().is_ready());
    broker.admit("ann", "secret", &Rights::everything()).unwrap();
    while soon(topic.publish(message(3))).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    while matches!(soon(speaker.request(request(topology.command, 1))).await, Err(BridgeError::Denied(_))) {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    until("all is well", || speaker.health().is_ready()).await;
    assert_eq!([crate::harness::take(&ear).await, crate::harness::take(&ear).await], [1, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_let_in_again_hears_so_and_storms_nobody() {
    let broker = Broker::configured(Kind::Mqtt).user("ann", "secret").start().unwrap();
    let proxy = pontoon_brokers::Proxy::before(&broker).unwrap();
    let topology = Topology::at(broker.url_at(proxy.port()));
    let (speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(1))).await.unwrap();
    broker.admit("ann", "another", &Rights::everything()).unwrap();
    proxy.cut();
    until("it is degraded", || speaker.health().to_string().contains("refuses the connection")).await;
    let before = proxy.connections();
    let denied = soon(topic.publish(message(2))).await;
    assert!(matches!(denied, Err(BridgeError::Denied(_))), "{denied:?}");
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert!(proxy.connections() - before <= 8, "{} new connections", proxy.connections() - before);
    broker.admit("ann", "secret", &Rights::everything()).unwrap();
    until("it is let in again", || speaker.health().is_ready()).await;
    soon(topic.publish(message(3))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_none_are_problems_without_the_password() {
    for (url, client_id, says) in [
        ("localhost:1883", "device", "expected mqtt://"),
        ("mqtt://ann:hidden@", "device", "expected mqtt://"),
        ("mqtt://localhost", "", "client_id"),
    ] {
        let found = problems(Mqtt::new(URL, text(client_id)), url).await;
        assert!(found.len() == 1 && found[0].contains(says) && !found[0].contains("hidden"), "{found:?}");
    }
}

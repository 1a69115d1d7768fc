//! Adapters on real brokers, a plain client beside them, and waiting for what has to become true.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lapin::{Channel, Connection, ConnectionProperties};
use pontoon::adapter::EventAdapter;
use pontoon::adapter::{Amqp, EventBridge, Instance, Setup, Tls, Variables};
use pontoon_brokers::{Broker, Kind};

pub(crate) use pontoon_conformance::adapter::*;

/// The url of a broker that no test here hurts.
pub(crate) fn shared() -> &'static str {
    Broker::shared(Kind::Amqp).unwrap()
}

/// A name that no other test has.
pub(crate) fn name(what: &str) -> &'static str {
    static NAMES: AtomicU32 = AtomicU32::new(0);
    let number = NAMES.fetch_add(1, Ordering::Relaxed);
    leaked(format!("shop.{what}.{}_{number}.v1", std::process::id()))
}

/// What is wrong with these settings.
pub(crate) async fn problems(amqp: Amqp) -> Vec<String> {
    let mut setup = Setup::new(Instance::new("shop", "test"), false, Variables::default());
    let _ = amqp.open(&mut setup).await;
    setup.problems().to_vec()
}

async fn opened(amqp: Amqp, verify: bool) -> Arc<dyn EventAdapter> {
    let mut setup = Setup::new(Instance::new("shop", "test"), verify, Variables::default());
    let adapter = amqp.open(&mut setup).await;
    assert!(setup.problems().is_empty(), "{:?}", setup.problems());
    adapter.expect("it opens where there is no problem")
}

/// An adapter with these settings, not connected yet.
pub(crate) async fn with(amqp: Amqp) -> Arc<dyn EventAdapter> {
    opened(amqp, false).await
}

/// An adapter at this url, not connected yet.
pub(crate) async fn at(url: &str) -> Arc<dyn EventAdapter> {
    opened(Amqp::new(text(url)), false).await
}

/// The same with `provision: verify`.
pub(crate) async fn verifying(url: &str) -> Arc<dyn EventAdapter> {
    opened(Amqp::new(text(url)), true).await
}

/// Settings at this url, over TLS.
pub(crate) fn encrypted(url: &str, tls: Tls) -> Amqp {
    Amqp::new(text(url)).tls(tls)
}

/// A channel of a plain client.
pub(crate) async fn outsider(url: &str) -> (Connection, Channel) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

/// RabbitMQ writes down which quorum queues there are half a second after the last one was made; of one that it has
/// not, a kill leaves nothing.
pub(crate) async fn settled() {
    tokio::time::sleep(Duration::from_secs(2)).await;
}

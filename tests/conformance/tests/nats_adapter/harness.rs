//! Adapters on real servers, a plain client beside them, and waiting for what has to become true.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_nats::Client;
use async_nats::jetstream::{self, Context};
use pontoon::adapter::{Consumer, EventAdapter};
use pontoon::adapter::{EventBridge, Instance, Nats, Setup, SubscriptionPolicy, Variables};
use pontoon_brokers::{Broker, Kind};

pub(crate) use pontoon_conformance::adapter::*;

/// The url of a server that no test here hurts.
pub(crate) fn shared() -> &'static str {
    Broker::shared(Kind::Nats).unwrap()
}

/// A topology that no other test has, with one event and one command, on a server.
#[derive(Clone, Copy)]
pub(crate) struct Topology {
    url: &'static str,
    name: &'static str,
    pub(crate) event: &'static str,
    pub(crate) command: &'static str,
}

impl Topology {
    /// On a server at this url.
    pub(crate) fn at(url: impl Into<String>) -> Self {
        static NAMES: AtomicU32 = AtomicU32::new(0);
        let number = NAMES.fetch_add(1, Ordering::Relaxed);
        let name = leaked(format!("shop_{}_{number}", std::process::id()));
        let event = leaked(format!("{name}.event.placed.v1"));
        Self { url: leaked(url), name, event, command: leaked(format!("{name}.command.user.v1.find")) }
    }

    /// On a server that no test here hurts.
    pub(crate) fn shared() -> Self {
        Self::at(shared())
    }

    /// The same topology at another url.
    pub(crate) fn moved(self, url: impl Into<String>) -> Self {
        Self { url: leaked(url), ..self }
    }

    /// The stream of its events.
    pub(crate) fn stream(self) -> String {
        format!("{}_events", self.name)
    }

    /// The stream of its dead letters.
    pub(crate) fn dead_stream(self) -> String {
        format!("{}_dead", self.name)
    }

    /// Another event of it.
    pub(crate) fn other_event(self, name: &str) -> &'static str {
        leaked(format!("{}.event.{name}.v1", self.name))
    }

    /// An adapter of it, not connected yet.
    pub(crate) async fn adapter(self) -> Arc<dyn EventAdapter> {
        self.open(self.settings(), false).await
    }

    /// The same with `provision: verify`.
    pub(crate) async fn verifying(self) -> Arc<dyn EventAdapter> {
        self.open(self.settings(), true).await
    }

    /// Settings with the url alone.
    pub(crate) fn settings(self) -> Nats {
        Nats::new(text(self.url))
    }

    /// An adapter with these settings.
    pub(crate) async fn open(self, nats: Nats, verify: bool) -> Arc<dyn EventAdapter> {
        let mut setup = Setup::new(Instance::new(self.name, "test"), verify, Variables::default());
        let adapter = nats.open(&mut setup).await;
        assert!(setup.problems().is_empty(), "{:?}", setup.problems());
        adapter.expect("it opens where there is no problem")
    }

    /// An adapter that has a subscription, connected.
    pub(crate) async fn hearing(self, policy: SubscriptionPolicy) -> (Arc<dyn EventAdapter>, Arc<dyn Consumer>) {
        let adapter = self.adapter().await;
        let consumer = adapter.subscribe(self.event, EAR, policy);
        soon(adapter.connect()).await.unwrap();
        (adapter, consumer)
    }

    /// An adapter that publishes, connected.
    pub(crate) async fn speaking(self) -> (Arc<dyn EventAdapter>, Arc<dyn pontoon::adapter::Topic>) {
        let adapter = self.adapter().await;
        let topic = adapter.topic(self.event);
        soon(adapter.connect()).await.unwrap();
        (adapter, topic)
    }

    /// Where answers to all its callers arrive.
    pub(crate) fn replies(self) -> &'static str {
        leaked(format!("{}.reply.>", self.name))
    }

    /// A plain client, which has its inbox where callers of the topology have theirs.
    pub(crate) async fn outsider(self) -> Client {
        let mut options =
            async_nats::ConnectOptions::new().custom_inbox_prefix(format!("{}.reply.outsider", self.name));
        // The client does not take them from the URL by itself.
        let server: async_nats::ServerAddr = self.url.parse().unwrap();
        if let (Some(user), Some(password)) = (server.username(), server.password()) {
            options = options.user_and_password(user.to_owned(), password.to_owned());
        }
        // A user who was admitted may not be known at once.
        soon(async {
            loop {
                match options.clone().connect(self.url).await {
                    Ok(client) => return client,
                    Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
                }
            }
        })
        .await
    }

    /// A plain client of JetStream.
    pub(crate) async fn jetstream(self) -> Context {
        jetstream::new(self.outsider().await)
    }
}

/// The subscription of the tests.
pub(crate) const EAR: &str = "email.v1.greet";

/// Its consumer.
pub(crate) const CONSUMER: &str = "email-v1-greet";

/// What is wrong with these settings.
pub(crate) async fn problems(nats: Nats) -> Vec<String> {
    let mut setup = Setup::new(Instance::new("shop", "test"), false, Variables::default());
    let _ = nats.open(&mut setup).await;
    setup.problems().to_vec()
}

//! Adapters on real brokers, a plain client beside them, and waiting for what has to become true.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use pontoon::adapter::{Consumer, EventAdapter, Topic};
use pontoon::adapter::{EventBridge, Instance, Mqtt, Setup, SubscriptionPolicy, Template, Variables};
use pontoon_brokers::{Broker, Kind};
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::{AsyncClient, Event, MqttOptions, PublishOptions};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

pub(crate) use pontoon_conformance::adapter::*;

/// The subscription of the tests.
pub(crate) const EAR: &str = "email.v1.greet";

/// At least once.
pub(crate) const POLICY: SubscriptionPolicy = SubscriptionPolicy::at_least_once();

/// A setting that is a variable.
pub(crate) const URL: Template = Template::variable("MQTT_URL");

/// A name that no other test has.
fn unique() -> String {
    static NAMES: AtomicU32 = AtomicU32::new(0);
    format!("{}_{}", std::process::id(), NAMES.fetch_add(1, Ordering::Relaxed))
}

/// A topology that no other test has, with one event and one command, on a broker.
#[derive(Clone, Copy)]
pub(crate) struct Topology {
    pub(crate) url: &'static str,
    pub(crate) name: &'static str,
    pub(crate) event: &'static str,
    pub(crate) command: &'static str,
}

impl Topology {
    /// On a broker at this url.
    pub(crate) fn at(url: impl Into<String>) -> Self {
        let name = leaked(format!("shop_{}", unique()));
        let event = leaked(format!("{name}.event.placed.v1"));
        Self { url: leaked(url), name, event, command: leaked(format!("{name}.command.user.v1.find")) }
    }

    /// On a broker that no test here hurts.
    pub(crate) fn shared() -> Self {
        Self::at(Broker::shared(Kind::Mqtt).unwrap())
    }

    /// The same topology at another url.
    pub(crate) fn moved(self, url: impl Into<String>) -> Self {
        Self { url: leaked(url), ..self }
    }

    /// Where something of the topology is at the broker.
    pub(crate) fn topic(self, below: &str) -> String {
        format!("{}/{below}", self.name)
    }

    /// Settings with the url, and a client id that nobody else has.
    pub(crate) fn settings(self) -> Mqtt {
        self.settings_as(&unique())
    }

    /// Settings with the url and a client id.
    pub(crate) fn settings_as(self, client_id: &str) -> Mqtt {
        Mqtt::new(text(self.url), text(client_id))
    }

    /// An adapter with these settings, not connected yet.
    pub(crate) async fn open(self, mqtt: Mqtt) -> Arc<dyn EventAdapter> {
        let mut setup = Setup::new(Instance::new(self.name, "test"), false, Variables::default());
        let adapter = mqtt.open(&mut setup).await;
        assert!(setup.problems().is_empty(), "{:?}", setup.problems());
        adapter.expect("it opens where there is no problem")
    }

    /// An adapter of its own, not connected yet.
    pub(crate) async fn adapter(self) -> Arc<dyn EventAdapter> {
        self.open(self.settings()).await
    }

    /// An adapter that has a subscription, connected.
    pub(crate) async fn hearing(self, policy: SubscriptionPolicy) -> (Arc<dyn EventAdapter>, Arc<dyn Consumer>) {
        self.hearing_as(&unique(), policy).await
    }

    /// The same, as a client.
    pub(crate) async fn hearing_as(
        self,
        client_id: &str,
        policy: SubscriptionPolicy,
    ) -> (Arc<dyn EventAdapter>, Arc<dyn Consumer>) {
        let adapter = self.open(self.settings_as(client_id)).await;
        let consumer = adapter.subscribe(self.event, EAR, policy);
        soon(adapter.connect()).await.unwrap();
        (adapter, consumer)
    }

    /// An adapter that publishes, connected.
    pub(crate) async fn speaking(self) -> (Arc<dyn EventAdapter>, Arc<dyn Topic>) {
        let adapter = self.adapter().await;
        let topic = adapter.topic(self.event);
        soon(adapter.connect()).await.unwrap();
        (adapter, topic)
    }

    /// A plain client.
    pub(crate) async fn outsider(self) -> Outsider {
        Outsider::at(self.url).await
    }
}

/// A program that knows MQTT, and nothing of us.
pub(crate) struct Outsider {
    client: AsyncClient,
    heard: mpsc::UnboundedReceiver<Publish>,
    polling: JoinHandle<()>,
}

impl Outsider {
    async fn at(url: &str) -> Self {
        let user = url.strip_prefix("mqtt://").and_then(|rest| rest.split_once('@')).map(|(user, _)| user);
        let (name, password) = user.and_then(|user| user.split_once(':')).unwrap_or_default();
        Self::as_user(url, name, password).await
    }

    /// As a user; as nobody where the name is empty.
    pub(crate) async fn as_user(url: &str, name: &str, password: &str) -> Self {
        let port = url.rsplit(':').next().and_then(|port| port.parse::<u16>().ok()).expect("a port");
        let mut options = MqttOptions::new(format!("outsider_{}", unique()), ("127.0.0.1", port));
        if !name.is_empty() {
            options.set_credentials(name, password.to_owned());
        }
        options.set_unlimited_incoming_packet_size();
        let (client, mut events) = AsyncClient::builder(options).capacity(64).build();
        let (hear, heard) = mpsc::unbounded_channel();
        let polling = tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                if let Event::Incoming(Packet::Publish(publish)) = event
                    && hear.send(publish).is_err()
                {
                    return;
                }
            }
        });
        Self { client, heard, polling }
    }

    /// Subscribes; done once that is so.
    pub(crate) async fn subscribe(&self, filter: impl Into<String>) {
        let asked = self.client.subscribe_tracked(filter.into(), QoS::AtLeastOnce).await.unwrap();
        soon(asked.wait_async()).await.unwrap();
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Publish {
        soon(self.heard.recv()).await.expect("a connection")
    }

    /// Publishes; done once the broker has it.
    pub(crate) async fn publish(&self, subject: &str, attributes: &[(&str, &str)], body: &str) {
        self.publish_with(subject, attributes, body, PublishProperties::default()).await;
    }

    /// The same, with more that MQTT knows of.
    pub(crate) async fn publish_with(
        &self,
        subject: &str,
        attributes: &[(&str, &str)],
        body: &str,
        properties: PublishProperties,
    ) {
        let user_properties =
            attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let properties = PublishProperties { user_properties, ..properties };
        let options = PublishOptions::new(QoS::AtLeastOnce).properties(properties);
        let sent = self.client.publish_tracked(subject.replace('.', "/"), body.to_owned(), options).await.unwrap();
        soon(sent.wait_async()).await.unwrap();
    }
}

impl Drop for Outsider {
    fn drop(&mut self) {
        self.polling.abort();
    }
}

/// An attribute of a message.
pub(crate) fn attribute(publish: &Publish, name: &str) -> String {
    let properties = publish.properties.as_ref().expect("properties");
    let found = properties.user_properties.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// What is wrong with these settings, where `${MQTT_URL}` says this.
pub(crate) async fn problems(mqtt: Mqtt, url: &str) -> Vec<String> {
    let variables = Variables::of([("MQTT_URL", url)]);
    let mut setup = Setup::new(Instance::new("shop", "test"), false, variables);
    let _ = mqtt.open(&mut setup).await;
    setup.problems().to_vec()
}

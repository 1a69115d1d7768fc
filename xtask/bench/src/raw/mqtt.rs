//! Mosquitto by rumqttc: an RPC over a response topic, PUBACK, a shared subscription in a persistent session.

use super::{Limits, PREFETCH, Raw, attributes, beside};
use crate::bridges::{self, Bridge};
use crate::rounds::Error;
use crate::table::Times;
use bytes::Bytes;
use pontoon_bench::contract::Letter;
use pontoon_bench::count::Counter;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Packet, Publish, PublishProperties};
use rumqttc::{
    AckMode, AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, NetworkOptions, PublishOptions, PublishResult,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

const COMMAND: &str = "raw/command";
const EVENT: &str = "raw/event/posted";
const REPLIES: &str = "raw/reply";

/// The largest packet that is taken, in bytes, and how many orders the client library holds.
const LARGEST: u32 = 1 << 20;
const ORDERS: usize = 1024;

/// A connection to Mosquitto.
#[derive(Clone)]
pub(crate) struct Mqtt {
    client: AsyncClient,
    incoming: Arc<Incoming>,
    talks: bool,
}

/// Where what arrives goes, by its topic.
struct Incoming {
    /// Where replies to this connection arrive.
    replies: String,
    next: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Bytes>>>,
    requests: Mutex<Option<mpsc::UnboundedSender<Publish>>>,
    events: Mutex<Option<mpsc::UnboundedSender<Publish>>>,
}

impl Raw for Mqtt {
    const BRIDGE: Bridge = bridges::MQTT;
    const LIMITS: Limits = Limits {
        one_at_a_time: Times { at_most: 1.15, shown: "1.15 ×" },
        in_flight: Times { at_most: 1.15, shown: "1.15 ×" },
        confirmed: Times { at_most: 1.15, shown: "1.15 ×" },
        handled: Times { at_most: 1.2, shown: "1.2 ×" },
    };
    const KEEPS: bool = false;
    const ASKS: &'static str = "an RPC by rumqttc over a response topic";
    const CONFIRMED: &'static str = "PUBACK";
    const CONSUMES: &'static str = "a shared subscription in a persistent session";

    async fn connect(url: &str) -> Result<Self, Error> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (host, port) = url.trim_start_matches("mqtt://").split_once(':').ok_or("a host and a port")?;
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        let mut options = MqttOptions::new(format!("raw-{number}"), (host, port.trim_end_matches('/').parse()?));
        options
            .set_keep_alive(5)
            .set_clean_start(false)
            .set_session_expiry_interval(Some(u32::MAX))
            .set_ack_mode(AckMode::Manual)
            .set_receive_maximum(Some(PREFETCH))
            .set_max_packet_size(Some(LARGEST))
            .set_network_options(network);
        let (client, events) = AsyncClient::builder(options).capacity(ORDERS).build();
        let incoming = Arc::new(Incoming {
            replies: format!("{REPLIES}/{number}"),
            next: AtomicU64::new(0),
            waiting: Mutex::default(),
            requests: Mutex::default(),
            events: Mutex::default(),
        });
        beside(Arc::clone(&incoming).listen(events));
        client.subscribe_tracked(&*incoming.replies, QoS::AtMostOnce).await?.wait_async().await?;
        Ok(Self { client, incoming, talks: false })
    }

    fn talkative(&self) -> Self {
        Self { talks: true, ..self.clone() }
    }

    async fn serve(&self) -> Result<(), Error> {
        let (sender, mut requests) = mpsc::unbounded_channel::<Publish>();
        set(&self.incoming.requests, sender);
        let filter = format!("$share/raw.command/{COMMAND}");
        self.client.subscribe_tracked(filter, QoS::AtMostOnce).await?.wait_async().await?;
        let client = self.client.clone();
        beside(async move {
            while let Some(Publish { payload, properties, .. }) = requests.recv().await {
                let letter: Letter = serde_json::from_slice(&payload)?;
                let PublishProperties { response_topic, correlation_data, .. } = properties.unwrap_or_default();
                if let Some(to) = response_topic {
                    let properties = PublishProperties { correlation_data, ..of_json() };
                    let options = PublishOptions::at_least_once().properties(properties);
                    client.publish(to, serde_json::to_vec(&letter)?, options).await?;
                }
            }
            Ok(())
        });
        Ok(())
    }

    async fn ask(&self, letter: Letter) -> Result<Letter, Error> {
        let key = self.incoming.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.incoming.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(key, sender);
        let properties = PublishProperties {
            response_topic: Some(self.incoming.replies.clone()),
            correlation_data: Some(Bytes::copy_from_slice(&key.to_be_bytes())),
            ..self.properties()
        };
        let options = PublishOptions::at_least_once().properties(properties);
        self.client.publish(COMMAND, serde_json::to_vec(&letter)?, options).await?;
        Ok(serde_json::from_slice(&answer.await?)?)
    }

    async fn publish(&self, letter: Letter) -> Result<(), Error> {
        let options = PublishOptions::at_least_once().properties(self.properties());
        let body = serde_json::to_vec(&letter)?;
        match self.client.publish_tracked(EVENT, body, options).await?.wait_async().await? {
            PublishResult::Qos1(_) => Ok(()),
            other => Err(format!("not confirmed: {other:?}").into()),
        }
    }

    async fn consume(&self, counter: Counter) -> Result<(), Error> {
        let (sender, mut events) = mpsc::unbounded_channel::<Publish>();
        set(&self.incoming.events, sender);
        let filter = format!("$share/raw.hear/{EVENT}");
        self.client.subscribe_tracked(filter, QoS::AtLeastOnce).await?.wait_async().await?;
        let client = self.client.clone();
        beside(async move {
            while let Some(event) = events.recv().await {
                counter.count(&serde_json::from_slice::<Letter>(&event.payload)?);
                client.ack(&event).await?;
            }
            Ok(())
        });
        Ok(())
    }

    /// There is nothing to empty: what nobody has subscribed to is not kept.
    async fn empty(&self) -> Result<(), Error> {
        Ok(())
    }

    async fn close(self) -> Result<(), Error> {
        Ok(self.client.disconnect().await?)
    }
}

impl Mqtt {
    fn properties(&self) -> PublishProperties {
        let of_json = of_json();
        match self.talks {
            true => PublishProperties { user_properties: user_properties(), ..of_json },
            false => of_json,
        }
    }
}

impl Incoming {
    async fn listen(self: Arc<Self>, mut events: EventLoop) -> Result<(), Error> {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::Publish(publish))) => self.take(publish)?,
                Ok(_) => {}
                // We have said goodbye.
                Err(ConnectionError::RequestsDone) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn take(&self, publish: Publish) -> Result<(), Error> {
        let slot = match &*publish.topic {
            topic if topic == COMMAND.as_bytes() => &self.requests,
            topic if topic == EVENT.as_bytes() => &self.events,
            _ => {
                let correlation = publish.properties.and_then(|properties| properties.correlation_data);
                let key = u64::from_be_bytes(correlation.as_deref().unwrap_or_default().try_into()?);
                let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
                // Whoever does not wait any more needs no reply.
                let _ = waiting.map(|waiting| waiting.send(publish.payload));
                return Ok(());
            }
        };
        if let Some(sender) = &*slot.lock().unwrap_or_else(PoisonError::into_inner) {
            sender.send(publish)?;
        }
        Ok(())
    }
}

fn set(slot: &Mutex<Option<mpsc::UnboundedSender<Publish>>>, sender: mpsc::UnboundedSender<Publish>) {
    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
}

fn of_json() -> PublishProperties {
    PublishProperties { content_type: Some("application/json".to_owned()), ..PublishProperties::default() }
}

fn user_properties() -> Vec<(String, String)> {
    attributes().map(|(name, text)| (name.to_owned(), text)).into()
}

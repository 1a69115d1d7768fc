//! Mosquitto by the bare protocol, as one writes it on a socket without a client library: an RPC over a response topic,
//! PUBACK, a shared subscription in a persistent session. Packets are encoded and read by the codec of rumqttc.

mod connection;
mod inbox;
mod outbox;
mod packet_ids;

use super::{Limits, Raw, attributes, beside};
use crate::bridges::{self, Bridge};
use crate::rounds::Error;
use crate::table::Times;
use bytes::Bytes;
use connection::Connection;
use pontoon_bench::contract::Letter;
use pontoon_bench::count::Counter;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Publish, PublishProperties};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{mpsc, oneshot};

const COMMAND: &str = "raw/command";
const EVENT: &str = "raw/event/posted";
const REPLIES: &str = "raw/reply";

/// The largest packet that is taken, in bytes.
const LARGEST: u32 = 1 << 20;

/// A connection to Mosquitto.
#[derive(Clone)]
pub(crate) struct Mqtt {
    connection: Arc<Connection>,
    incoming: Arc<Incoming>,
    talks: bool,
}

/// The dispatcher of what is published to a connection, by its topic.
struct Incoming {
    /// The response topic of this connection.
    replies: String,
    next: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Bytes>>>,
    requests: Subscriber,
    events: Subscriber,
}

/// The queue of a subscription, if there is one.
type Subscriber = Mutex<Option<mpsc::UnboundedSender<Publish>>>;

impl Raw for Mqtt {
    const BRIDGE: Bridge = bridges::MQTT;
    const LIMITS: Limits = Limits {
        one_at_a_time: Times { at_most: 1.15, shown: "1.15 ×" },
        in_flight: Times { at_most: 1.15, shown: "1.15 ×" },
        confirmed: Times { at_most: 1.15, shown: "1.15 ×" },
        handled: Times { at_most: 1.15, shown: "1.15 ×" },
    };
    const KEEPS: bool = false;
    const ASKS: &'static str = "the bare protocol on a socket, over a response topic";
    const CONFIRMED: &'static str = "PUBACK, by the bare protocol on a socket";
    const CONSUMES: &'static str = "a shared subscription in a persistent session, by the bare protocol on a socket";

    async fn connect(url: &str) -> Result<Self, Error> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let incoming = Arc::new(Incoming {
            replies: format!("{REPLIES}/{number}"),
            next: AtomicU64::new(0),
            waiting: Mutex::default(),
            requests: Mutex::default(),
            events: Mutex::default(),
        });
        let address = url.trim_start_matches("mqtt://").trim_end_matches('/');
        let dispatcher = Arc::clone(&incoming);
        let deliver = move |publish| dispatcher.dispatch(publish);
        let connection = Connection::open(address, format!("raw-{number}"), deliver).await?;
        connection.subscribe(&incoming.replies, QoS::AtMostOnce).await?;
        Ok(Self { connection, incoming, talks: false })
    }

    fn talkative(&self) -> Self {
        Self { talks: true, ..self.clone() }
    }

    async fn serve(&self) -> Result<(), Error> {
        let mut requests = subscribe(&self.incoming.requests);
        self.connection.subscribe(&format!("$share/raw.command/{COMMAND}"), QoS::AtMostOnce).await?;
        let connection = Arc::clone(&self.connection);
        beside(async move {
            while let Some(Publish { payload, properties, .. }) = requests.recv().await {
                let letter: Letter = serde_json::from_slice(&payload)?;
                let PublishProperties { response_topic, correlation_data, .. } = properties.unwrap_or_default();
                if let Some(topic) = response_topic {
                    let properties = PublishProperties { correlation_data, ..of_json() };
                    connection.publish(message(topic, &letter, properties)?).await?;
                }
            }
            Ok(())
        });
        Ok(())
    }

    async fn ask(&self, letter: Letter) -> Result<Letter, Error> {
        let (key, answer) = self.incoming.begin();
        let properties = PublishProperties {
            response_topic: Some(self.incoming.replies.clone()),
            correlation_data: Some(Bytes::copy_from_slice(&key.to_be_bytes())),
            ..self.properties()
        };
        self.connection.publish(message(COMMAND, &letter, properties)?).await?;
        Ok(serde_json::from_slice(&answer.await?)?)
    }

    async fn publish(&self, letter: Letter) -> Result<(), Error> {
        self.connection.publish(message(EVENT, &letter, self.properties())?).await?.await?
    }

    async fn consume(&self, counter: Counter) -> Result<(), Error> {
        let mut events = subscribe(&self.incoming.events);
        self.connection.subscribe(&format!("$share/raw.hear/{EVENT}"), QoS::AtLeastOnce).await?;
        let connection = Arc::clone(&self.connection);
        beside(async move {
            while let Some(event) = events.recv().await {
                counter.count(&serde_json::from_slice::<Letter>(&event.payload)?);
                connection.acknowledge(&event)?;
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
        self.connection.close().await
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
    fn begin(&self) -> (u64, oneshot::Receiver<Bytes>) {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        locked(&self.waiting).insert(key, sender);
        (key, answer)
    }

    fn dispatch(&self, publish: Publish) -> Result<(), Error> {
        let subscriber = match &*publish.topic {
            topic if topic == COMMAND.as_bytes() => &self.requests,
            topic if topic == EVENT.as_bytes() => &self.events,
            _ => return self.reply(publish),
        };
        match &*locked(subscriber) {
            Some(queue) => Ok(queue.send(publish)?),
            None => Err("a message that nobody has subscribed to".into()),
        }
    }

    fn reply(&self, publish: Publish) -> Result<(), Error> {
        let correlation = publish.properties.and_then(|properties| properties.correlation_data);
        let key = u64::from_be_bytes(correlation.as_deref().unwrap_or_default().try_into()?);
        let waiting = locked(&self.waiting).remove(&key);
        // Whoever does not wait any more needs no reply.
        let _ = waiting.map(|waiting| waiting.send(publish.payload));
        Ok(())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins a queue, which the receive maximum bounds, as far as the broker keeps to it.
fn subscribe(subscriber: &Subscriber) -> mpsc::UnboundedReceiver<Publish> {
    let (queue, messages) = mpsc::unbounded_channel();
    *locked(subscriber) = Some(queue);
    messages
}

fn message(topic: impl Into<String>, letter: &Letter, properties: PublishProperties) -> Result<Publish, Error> {
    Ok(Publish::new(topic, QoS::AtLeastOnce, serde_json::to_vec(letter)?, Some(properties)))
}

fn of_json() -> PublishProperties {
    PublishProperties { content_type: Some("application/json".to_owned()), ..PublishProperties::default() }
}

fn user_properties() -> Vec<(String, String)> {
    attributes().map(|(name, text)| (name.to_owned(), text)).into()
}

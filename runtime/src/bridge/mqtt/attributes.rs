//! CloudEvents in MQTT 5: each attribute is a user property of its own name, the content type has its own place.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Publish, PublishProperties};
use tokio::time::Instant;

use crate::bridge::network::wire::{Attribute, CONTENT_TYPE, Incoming, Outgoing, UnreadableMessage};

/// How many attributes a message has at most, nearly always.
const ATTRIBUTES: usize = 14;

/// The user properties of a packet, as the attributes of a message are put in.
pub(super) struct AttributeWriter(PublishProperties);

impl AttributeWriter {
    pub(super) fn new() -> Self {
        Self(PublishProperties {
            content_type: Some(CONTENT_TYPE.to_owned()),
            user_properties: Vec::with_capacity(ATTRIBUTES),
            ..PublishProperties::default()
        })
    }

    /// All attributes of a message.
    pub(super) fn of(outgoing: &Outgoing<'_>) -> Self {
        let mut properties = Self::new();
        outgoing.attributes(|attribute, text| properties.put(attribute, text));
        properties
    }

    pub(super) fn put(&mut self, attribute: Attribute, text: &str) {
        self.0.user_properties.push((attribute.mqtt.to_owned(), clean(text).into_owned()));
    }

    /// Where the reply goes and what it names the request by, and after how many seconds nobody waits for it.
    pub(super) fn asking(mut self, response_topic: &str, correlation: Bytes, seconds: u32) -> Self {
        self.0.response_topic = Some(response_topic.to_owned());
        self.0.correlation_data = Some(correlation);
        self.0.message_expiry_interval = Some(seconds);
        self
    }

    /// What names the request that this is the reply to.
    pub(super) fn answering(mut self, correlation: Bytes) -> Self {
        self.0.correlation_data = Some(correlation);
        self
    }

    /// A packet with them.
    pub(super) fn publish(self, topic: Bytes, payload: Bytes) -> Publish {
        Publish { qos: QoS::AtLeastOnce, topic, payload, properties: Some(self.0), ..Publish::default() }
    }
}

/// What MQTT forbids in texts, and CloudEvents as well, is replaced: a broker ends the connection of who sends it.
fn clean(text: &str) -> Cow<'_, str> {
    let is_forbidden =
        |c: char| c.is_control() || (u32::from(c) & 0xfffe) == 0xfffe || ('\u{fdd0}'..='\u{fdef}').contains(&c);
    if text.contains(is_forbidden) { Cow::Owned(text.replace(is_forbidden, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// An attribute of a message that has come.
pub(super) fn attribute<'p>(publish: &'p Publish, attribute: Attribute) -> Option<Cow<'p, str>> {
    let properties = &publish.properties.as_ref()?.user_properties;
    let named = properties.iter().find(|(name, _)| name == attribute.mqtt);
    let named = named.or_else(|| properties.iter().find(|(name, _)| name.eq_ignore_ascii_case(attribute.mqtt)));
    named.map(|(_, value)| Cow::Borrowed(&**value))
}

fn content_type(publish: &Publish) -> Option<&str> {
    publish.properties.as_ref()?.content_type.as_deref()
}

/// Reads a message that has come; or says what is wrong with it, beside its payload.
pub(super) fn read(publish: &Publish) -> Result<Incoming, UnreadableMessage> {
    let read = Incoming::read(publish.payload.clone(), content_type(publish), |name| attribute(publish, name));
    read.map_err(|malformed| UnreadableMessage { malformed, body: publish.payload.clone() })
}

/// Reads a request that arrived then. What it has waited since is taken from what is left of its deadline, and so is
/// what it has waited at the broker, which tells by the message expiry interval, in whole seconds.
pub(super) fn read_request(publish: &Publish, arrived: Instant) -> Result<Incoming, UnreadableMessage> {
    let left = publish.properties.as_ref().and_then(|properties| properties.message_expiry_interval);
    let patience = attribute(publish, Attribute::TIMEOUT).and_then(|text| text.parse().ok()).map(Duration::from_millis);
    let waited = left.zip(patience).map(|(left, patience)| whole_seconds(patience).saturating_sub(left));
    let waited = Duration::from_secs(waited.unwrap_or_default().into());
    let arrived = arrived.checked_sub(waited).unwrap_or(arrived);
    let (body, kind) = (publish.payload.clone(), content_type(publish));
    let read = Incoming::read_at(arrived, body, kind, |name| attribute(publish, name));
    read.map_err(|malformed| UnreadableMessage { malformed, body: publish.payload.clone() })
}

/// The message expiry interval of what somebody waits for for so long: MQTT has whole seconds, and it must not be too
/// short.
pub(super) fn whole_seconds(patience: Duration) -> u32 {
    u32::try_from(patience.as_secs()).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;
    use crate::message::metadata::Metadata;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let metadata =
            Metadata { principal: Some("Zoë 100%".into()), tenant: Some("two\nlines\u{0}".into()), ..Metadata::new() };
        let message = Message::received(metadata.clone(), "{}");
        let outgoing = Outgoing::new("shop.event.a.v1", &message, "/shop/a/1");
        let publish = AttributeWriter::of(&outgoing).publish("shop/event/a/v1".into(), "{}".into());
        let read = read(&publish).unwrap();
        assert_eq!((read.message.metadata().id, &*read.source), (metadata.id, "/shop/a/1"));
        assert_eq!(read.message.metadata().principal, metadata.principal);
        assert_eq!(read.message.metadata().tenant.as_deref(), Some("two\u{fffd}lines\u{fffd}"));
        let properties = publish.properties.unwrap();
        assert_eq!(properties.content_type.as_deref(), Some("application/json"));
        assert!(properties.user_properties.contains(&("type".to_owned(), "shop.event.a.v1".to_owned())));
    }

    #[test]
    fn what_is_no_cloudevent_is_malformed() {
        let publish = Publish { payload: "{}".into(), ..Publish::default() };
        let UnreadableMessage { malformed, body } = read(&publish).unwrap_err();
        assert!(malformed.to_string().contains("specversion"), "{malformed}");
        assert_eq!(body, "{}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_has_the_time_that_it_did_not_wait_at_the_broker_or_here() {
        let message = Message::received(Metadata::new(), "{}");
        let seconds = Duration::from_secs;
        let patience = Duration::from_millis(9_500);
        let outgoing = Outgoing { deadline: Some(Instant::now() + patience), ..Outgoing::new("a", &message, "/") };
        let asking = AttributeWriter::of(&outgoing).asking("shop/reply/ann/1", Bytes::new(), whole_seconds(patience));
        let mut publish = asking.publish("a".into(), "{}".into());
        let arrived = Instant::now();
        let deadline = |publish: &Publish| read_request(publish, arrived).unwrap().message.metadata().deadline;
        assert_eq!(deadline(&publish), Some(arrived + patience));
        tokio::time::advance(seconds(3)).await;
        assert_eq!(deadline(&publish), Some(arrived + patience), "however long it waits here until it is read");
        for (left, deadline_in) in [(10, patience), (8, patience - seconds(2)), (1, Duration::from_millis(500))] {
            publish.properties.as_mut().unwrap().message_expiry_interval = Some(left);
            assert_eq!(deadline(&publish), Some(arrived + deadline_in), "{left} s are left");
        }
        publish.properties.as_mut().unwrap().message_expiry_interval = Some(60);
        assert_eq!(deadline(&publish), Some(arrived + patience), "of who says more than they wait for");
    }
}

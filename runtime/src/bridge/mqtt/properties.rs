//! CloudEvents in MQTT 5: each attribute is a user property of its own name, the content type has its own place.

use std::borrow::Cow;

use bytes::Bytes;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Publish, PublishProperties};

use crate::wire::{Attribute, CONTENT_TYPE, Incoming, Malformed, Outgoing};

/// How many attributes a message has at most, nearly always.
const ATTRIBUTES: usize = 14;

/// What a message says about itself, as it is collected.
pub(super) struct Properties(PublishProperties);

impl Properties {
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
    properties.iter().find(|(name, _)| name == attribute.mqtt).map(|(_, value)| Cow::Borrowed(&**value))
}

/// Reads a message that has come; or says what is wrong with it, beside its payload.
pub(super) fn read(publish: &Publish) -> Result<Incoming, (Malformed, Bytes)> {
    let body = publish.payload.clone();
    Incoming::read(body, |name| attribute(publish, name)).map_err(|malformed| (malformed, publish.payload.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;
    use crate::metadata::Metadata;

    #[test]
    fn a_message_is_read_as_it_was_written() {
        let metadata = Metadata {
            principal: Some("Zoë 100%".into()),
            tenant: Some("two\nlines\u{0}".into()),
            ..Metadata::fresh()
        };
        let message = Message::received(metadata.clone(), "{}");
        let outgoing = Outgoing::new("shop.event.a.v1", &message, "/shop/a/1");
        let publish = Properties::of(&outgoing).publish("shop/event/a/v1".into(), "{}".into());
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
        let (malformed, body) = read(&publish).unwrap_err();
        assert!(malformed.to_string().contains("specversion"), "{malformed}");
        assert_eq!(body, "{}");
    }
}

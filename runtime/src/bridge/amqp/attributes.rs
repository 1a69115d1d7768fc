//! The attributes of an event, request or reply: as properties of AMQP's own, where there is one for them, and as
//! headers.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use tokio::time::Instant;

use crate::bridge::network::wire::{Attribute, CONTENT_TYPE, Incoming, Outgoing, UnreadableMessage};

/// Kept by a queue that is, in a broker that dies.
pub(super) const PERSISTENT: u8 = 2;
const TRANSIENT: u8 = 1;

/// How CloudEvents asks to begin the names of headers: since version 1.0.2 with an underscore, for the sake of JMS.
/// Both are to be read, and in whatever case.
const PREFIX: &str = "cloudEvents:";

/// The header table of an event, request or reply, as its attributes are put in.
#[derive(Default)]
pub(super) struct HeaderTable {
    table: FieldTable,
}

impl HeaderTable {
    pub(super) fn put(&mut self, attribute: Attribute, text: &str) {
        self.table.insert(attribute.amqp.into(), AMQPValue::LongString(text.into()));
    }

    pub(super) fn into_properties(self) -> BasicProperties {
        BasicProperties::default().with_content_type(CONTENT_TYPE.into()).with_headers(self.table)
    }
}

/// The properties of an event or a dead letter, which the broker keeps. What AMQP has a property for is no header
/// beside: a property the broker reads in any case, and a header costs it as much as all of them.
pub(super) fn persistent(outgoing: &Outgoing<'_>) -> BasicProperties {
    let (mut headers, mut properties) = (HeaderTable::default(), BasicProperties::default());
    // The trace of a chain that begins with us is its correlation, and its span the message.
    let has_trace = outgoing.message.metadata().trace.is_some();
    outgoing.attributes(|attribute, text| match (attribute, ShortString::try_new(text)) {
        (Attribute::TRACEPARENT, _) if !has_trace => {}
        (Attribute::ID, Ok(text)) => set(&mut properties, |properties| properties.with_message_id(text)),
        (Attribute::TYPE, Ok(text)) => set(&mut properties, |properties| properties.with_type(text)),
        (Attribute::SOURCE, Ok(text)) => set(&mut properties, |properties| properties.with_app_id(text)),
        (Attribute::CORRELATION, Ok(text)) => set(&mut properties, |properties| properties.with_correlation_id(text)),
        (Attribute::TIME, _) => set(&mut properties, |properties| properties.with_timestamp(now())),
        _ => headers.put(attribute, text),
    });
    properties.with_content_type(CONTENT_TYPE.into()).with_headers(headers.table).with_delivery_mode(PERSISTENT)
}

/// The properties of a request, which is worth nothing once its deadline is over. Its correlation is a header: the
/// property of this name says what its reply is to.
pub(super) fn transient(outgoing: &Outgoing<'_>) -> BasicProperties {
    let mut headers = HeaderTable::default();
    outgoing.attributes(|attribute, text| headers.put(attribute, text));
    let id = outgoing.message.metadata().id.to_string();
    let properties = headers.into_properties().with_message_id(id.into()).with_delivery_mode(TRANSIENT);
    let Some(deadline) = outgoing.deadline else { return properties };
    let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    properties.with_expiration(left.as_millis().to_string().into())
}

/// Sets one of the properties.
fn set(properties: &mut BasicProperties, with: impl FnOnce(BasicProperties) -> BasicProperties) {
    *properties = with(std::mem::take(properties));
}

/// The time of AMQP: in seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Reads an event or a dead letter that arrives now; or says what is wrong with it, with its payload.
pub(super) fn read(properties: &BasicProperties, body: Bytes) -> Result<Incoming, UnreadableMessage> {
    let headers = attributes(properties);
    let get = |attribute| headers(attribute).or_else(|| property(properties, attribute));
    // Kept aside for the case that it cannot be read: a reference count.
    Incoming::read(body.clone(), content_type(properties), get)
        .map_err(|malformed| UnreadableMessage { malformed, body })
}

/// Reads a request that arrived then; or says what is wrong with it, with its payload.
pub(super) fn read_request(
    arrived: Instant,
    properties: &BasicProperties,
    body: Bytes,
) -> Result<Incoming, UnreadableMessage> {
    Incoming::read_at(arrived, body.clone(), content_type(properties), attributes(properties))
        .map_err(|malformed| UnreadableMessage { malformed, body })
}

/// The attribute of an event that AMQP has a property for.
fn property(properties: &BasicProperties, attribute: Attribute) -> Option<Cow<'_, str>> {
    let property = match attribute {
        Attribute::ID => properties.message_id(),
        Attribute::TYPE => properties.kind(),
        Attribute::SOURCE => properties.app_id(),
        Attribute::CORRELATION => properties.correlation_id(),
        _ => return None,
    };
    property.as_ref().map(|text| text.as_str().into())
}

/// The attributes of a message as text, as its headers say them.
pub(super) fn attributes<'p>(properties: &'p BasicProperties) -> impl Fn(Attribute) -> Option<Cow<'p, str>> {
    let headers = properties.headers().as_ref().map(FieldTable::inner);
    // Ours are found at once, and those of others only looked for where there are any.
    let others = headers.is_some_and(|headers| headers.keys().any(|name| is_of_others(name.as_str())));
    move |attribute| {
        let headers = headers?;
        let value = headers.get(attribute.amqp);
        let value = value.or_else(|| {
            let mut named =
                headers.iter().filter(|(name, _)| others && name_of(name.as_str()).as_deref() == Some(attribute.mqtt));
            named.next().map(|(_, value)| value)
        });
        value.and_then(shown)
    }
}

fn content_type(properties: &BasicProperties) -> Option<&str> {
    properties.content_type().as_ref().map(ShortString::as_str)
}

/// The attribute that a header is named after.
fn name_of(header: &str) -> Option<String> {
    let (prefix, name) = header.split_at_checked(PREFIX.len())?;
    let begins = |with: &str| prefix.eq_ignore_ascii_case(with);
    (begins(PREFIX) || begins("cloudEvents_")).then(|| name.to_ascii_lowercase())
}

/// Whether a header is an attribute, and named as we do not.
fn is_of_others(header: &str) -> bool {
    let ours = header.strip_prefix(PREFIX).is_some_and(|name| !name.bytes().any(|byte| byte.is_ascii_uppercase()));
    !ours && name_of(header).is_some()
}

/// A header as text. Ours are texts; others may write a number as a number.
fn shown(value: &AMQPValue) -> Option<Cow<'_, str>> {
    Some(match value {
        AMQPValue::LongString(text) => String::from_utf8_lossy(text.as_bytes()),
        AMQPValue::ShortString(text) => text.as_str().into(),
        AMQPValue::Boolean(value) => value.to_string().into(),
        AMQPValue::ShortShortInt(value) => value.to_string().into(),
        AMQPValue::ShortShortUInt(value) => value.to_string().into(),
        AMQPValue::ShortInt(value) => value.to_string().into(),
        AMQPValue::ShortUInt(value) => value.to_string().into(),
        AMQPValue::LongInt(value) => value.to_string().into(),
        AMQPValue::LongUInt(value) => value.to_string().into(),
        AMQPValue::LongLongInt(value) => value.to_string().into(),
        _ => return None,
    })
}

/// How often a queue has delivered a message before.
pub(super) fn delivered_before(properties: &BasicProperties) -> u32 {
    let headers = properties.headers().as_ref();
    let count = headers.and_then(|headers| headers.inner().get("x-delivery-count")).and_then(shown);
    count.and_then(|count| count.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;
    use crate::message::metadata::Metadata;

    const SUBJECT: &str = "shop.event.user_signed_up.v1";

    #[test]
    fn an_event_survives_as_properties_and_headers() {
        let message = Message::new(Metadata { tenant: Some("acme".into()), ..Metadata::new() }, 7);
        let outgoing = Outgoing { sequence: Some(3), ..Outgoing::new(SUBJECT, &message, "/shop/user/1") };
        let properties = persistent(&outgoing);
        assert_eq!(properties.delivery_mode(), &Some(PERSISTENT));
        let incoming = read(&properties, "7".into()).unwrap();
        let (read, metadata) = (incoming.message.metadata(), message.metadata());
        assert_eq!((read.id, read.correlation, incoming.sequence), (metadata.id, metadata.correlation, Some(3)));
        assert_eq!((read.tenant.as_deref(), &*incoming.source), (Some("acme"), "/shop/user/1"));
        assert_eq!(delivered_before(&properties), 0);
    }

    #[test]
    fn what_no_property_has_room_for_is_a_header() {
        let (message, source) = (Message::new(Metadata::new(), 7), "s".repeat(256));
        let properties = persistent(&Outgoing::new(SUBJECT, &message, &source));
        assert!(properties.app_id().is_none());
        assert_eq!(read(&properties, "7".into()).unwrap().source, source);
    }

    #[test]
    fn the_correlation_id_of_a_request_is_that_of_its_reply() {
        let message = Message::new(Metadata::new(), 7);
        let outgoing = Outgoing::new(SUBJECT, &message, "/shop/user/1");
        let properties = transient(&outgoing).with_correlation_id("17".into());
        let incoming = read_request(Instant::now(), &properties, "7".into()).unwrap();
        assert_eq!(incoming.message.metadata().correlation, message.metadata().correlation);
    }

    #[test]
    fn headers_of_others_are_read() {
        let mut table = FieldTable::default();
        for (name, value) in [("specversion", "1.0"), ("id", "1"), ("source", "/there"), ("type", "x")] {
            table.insert(format!("cloudEvents_{name}").into(), AMQPValue::LongString(value.into()));
        }
        table.insert("cloudEvents_hops".into(), AMQPValue::LongInt(4));
        table.insert("x-delivery-count".into(), AMQPValue::LongLongInt(2));
        let properties = BasicProperties::default().with_headers(table);
        let incoming = read(&properties, "7".into()).unwrap();
        assert_eq!((&*incoming.source, incoming.message.metadata().hops), ("/there", 4));
        assert_eq!(delivered_before(&properties), 2);
        let UnreadableMessage { malformed, body } = read(&BasicProperties::default(), "7".into()).unwrap_err();
        assert!(malformed.to_string().contains("specversion") && body == "7");
    }
}

//! CloudEvents attributes as NATS headers: `ce-` before the name, the value percent-encoded as the HTTP binding asks
//! for.

use std::borrow::Cow;

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::bridge::network::wire::{Attribute, CONTENT_TYPE, Incoming, Outgoing, UnreadableMessage};

/// What is encoded beside everything that is not ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// What the payload is, by the binding's own name.
const CONTENT_TYPE_NAME: HeaderName = HeaderName::from_static("content-type");

/// The headers of a message.
pub(super) fn write(outgoing: &Outgoing<'_>) -> HeaderMap {
    let mut headers = begin();
    outgoing.attributes(|attribute, text| put(&mut headers, attribute, text));
    headers
}

/// Headers that say what the payload is, and nothing else yet.
pub(super) fn begin() -> HeaderMap {
    let mut headers = HeaderMap::new();
    insert(&mut headers, CONTENT_TYPE_NAME, CONTENT_TYPE);
    headers
}

/// Adds an attribute.
pub(super) fn put(headers: &mut HeaderMap, attribute: Attribute, text: &str) {
    let value: Cow<'_, str> = utf8_percent_encode(text, ENCODED).into();
    insert(headers, HeaderName::from_static(attribute.nats), &value);
}

/// Adds a header whose value needs no encoding.
pub(super) fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // The one thing that could be wrong is a line break, of which there is none.
    if let Ok(value) = value.parse::<HeaderValue>() {
        headers.insert(name, value);
    }
}

/// The text of an attribute.
pub(super) fn get(headers: Option<&HeaderMap>, attribute: Attribute) -> Option<Cow<'_, str>> {
    let headers = headers?;
    let value =
        headers.get(HeaderName::from_static(attribute.nats)).or_else(|| in_another_case(headers, attribute.nats))?;
    Some(percent_decode_str(value.as_str()).decode_utf8_lossy())
}

/// A header of somebody who writes its name in another case.
fn in_another_case<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h HeaderValue> {
    let named = |(written, _): &(&HeaderName, _)| AsRef::<str>::as_ref(*written).eq_ignore_ascii_case(name);
    headers.iter().find(named).and_then(|(_, values)| values.first())
}

/// Reads a message that arrives now; or says what is wrong with it, with its payload.
pub(super) fn read(headers: Option<&HeaderMap>, body: Bytes) -> Result<Incoming, UnreadableMessage> {
    let content_type = headers.and_then(|headers| {
        headers.get(CONTENT_TYPE_NAME).or_else(|| in_another_case(headers, CONTENT_TYPE_NAME.as_ref()))
    });
    let read = Incoming::read(body.clone(), content_type.map(HeaderValue::as_str), |attribute| get(headers, attribute));
    read.map_err(|malformed| UnreadableMessage { malformed, body })
}

/// How many bytes of a message the headers are.
pub(super) fn length(headers: &HeaderMap) -> usize {
    let line = |name: &HeaderName, value: &HeaderValue| {
        let name: &str = name.as_ref();
        name.len() + value.as_str().len() + ": \r\n".len()
    };
    let lines = headers.iter().flat_map(|(name, values)| values.iter().map(move |value| line(name, value)));
    "NATS/1.0\r\n\r\n".len() + lines.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        for text in ["plain", "a b", "100%", "%41", "\"quoted\"", "Zoë 🦀", "line\r\nbreak\t\u{0}", ""] {
            let mut headers = begin();
            put(&mut headers, Attribute::TENANT, text);
            let written = headers.get("ce-tenant").unwrap().as_str();
            assert!(written.bytes().all(|byte| byte.is_ascii_graphic()), "{written:?}");
            assert_eq!(get(Some(&headers), Attribute::TENANT).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_encoding_is_no_error() {
        let mut headers = HeaderMap::new();
        insert(&mut headers, HeaderName::from_static("ce-tenant"), "%zz%ff%");
        assert_eq!(get(Some(&headers), Attribute::TENANT).as_deref(), Some("%zz\u{fffd}%"));
        assert_eq!(get(None, Attribute::TENANT), None);
    }

    #[test]
    fn the_length_is_that_on_the_wire() {
        let mut headers = HeaderMap::new();
        headers.insert("a", "b");
        assert_eq!(length(&headers), "NATS/1.0\r\na: b\r\n\r\n".len());
    }
}

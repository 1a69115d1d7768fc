//! CloudEvents attributes as NATS headers: `ce-` before the name, the value percent-encoded as the HTTP binding asks
//! for.

use std::borrow::Cow;

use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode, utf8_percent_encode};

use crate::bridge::nats::client::{HeaderBlock, HeaderLines, HeaderWriter};
use crate::bridge::network::wire::{Attribute, CONTENT_TYPE, Incoming, Outgoing, UnreadableMessage};

/// What is encoded beside everything that is not ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// What the payload is, by the binding's own name.
const CONTENT_TYPE_NAME: &str = "content-type";

/// The header by which a stream knows a message that it has stored already.
pub(super) const MESSAGE_ID: &str = "Nats-Msg-Id";

/// The headers of a message, to which others may be added.
pub(super) fn write(outgoing: &Outgoing<'_>) -> HeaderWriter {
    let mut headers = HeaderWriter::new();
    headers.put(CONTENT_TYPE_NAME, CONTENT_TYPE);
    outgoing.attributes(|attribute, text| put(&mut headers, attribute, text));
    headers
}

/// Adds an attribute.
pub(super) fn put(headers: &mut HeaderWriter, attribute: Attribute, text: &str) {
    headers.put_all(attribute.nats, utf8_percent_encode(text, ENCODED));
}

/// The text of an attribute.
pub(super) fn get<'b>(headers: &HeaderLines<'b>, attribute: Attribute) -> Option<Cow<'b, str>> {
    headers.get(attribute.nats).map(|value| percent_decode(value).decode_utf8_lossy())
}

/// Reads a message that arrives now; or says what is wrong with it, with its payload.
pub(super) fn read(headers: &HeaderBlock, body: Bytes) -> Result<Incoming, UnreadableMessage> {
    let lines = headers.lines();
    let content_type = lines.get(CONTENT_TYPE_NAME).and_then(|value| str::from_utf8(value).ok());
    let read = Incoming::read(body.clone(), content_type, |attribute| get(&lines, attribute));
    read.map_err(|malformed| UnreadableMessage { malformed, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(headers: HeaderWriter) -> HeaderBlock {
        Bytes::from(headers.finish()).into()
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        for text in ["plain", "a b", "100%", "%41", "\"quoted\"", "Zoë 🦀", "line\r\nbreak\t\u{0}", ""] {
            let mut headers = HeaderWriter::new();
            put(&mut headers, Attribute::TENANT, text);
            let headers = block(headers);
            let written = headers.lines().get("ce-tenant").unwrap();
            assert!(written.iter().all(u8::is_ascii_graphic), "{written:?}");
            assert_eq!(get(&headers.lines(), Attribute::TENANT).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_encoding_is_no_error() {
        let mut headers = HeaderWriter::new();
        headers.put("CE-tenant", "%zz%ff%");
        assert_eq!(get(&block(headers).lines(), Attribute::TENANT).as_deref(), Some("%zz\u{fffd}%"));
        assert_eq!(get(&HeaderBlock::default().lines(), Attribute::TENANT), None);
    }
}

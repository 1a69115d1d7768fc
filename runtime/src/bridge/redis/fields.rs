//! A job as the fields of an entry of a stream: the attributes of CloudEvents by their names, and `data`.

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;

use crate::bridge::network::wire::{Attribute, CONTENT_TYPE, Incoming, Outgoing, UnreadableMessage};

/// The field of the payload.
const DATA: &str = "data";

/// The fields of an entry, names and values in turn.
pub(super) type WrittenFields = Vec<Vec<u8>>;

/// The fields of an entry as they are read. Anybody may have written them.
pub(super) type ReadFields = HashMap<Vec<u8>, Vec<u8>>;

/// Writes a message as fields.
pub(super) fn write(outgoing: &Outgoing<'_>, body: &Bytes) -> WrittenFields {
    let mut fields = vec![DATA.as_bytes().to_vec(), body.to_vec()];
    outgoing.attributes(|attribute, text| {
        fields.extend([attribute.name().as_bytes().to_vec(), text.as_bytes().to_vec()]);
    });
    fields
}

/// Reads a message from fields; or says what is wrong with it, with its payload.
pub(super) fn read(mut fields: ReadFields) -> Result<Incoming, UnreadableMessage> {
    let body = Bytes::from(fields.remove(DATA.as_bytes()).unwrap_or_default());
    let text = |attribute: Attribute| -> Option<Cow<'_, str>> {
        Some(String::from_utf8_lossy(fields.get(attribute.name().as_bytes())?))
    };
    Incoming::read(body.clone(), Some(CONTENT_TYPE), text).map_err(|malformed| UnreadableMessage { malformed, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Message;
    use crate::message::metadata::Metadata;

    #[test]
    fn what_is_written_is_what_is_read() {
        let metadata = Metadata { tenant: Some("Zoë 🦀\r\n".into()), ..Metadata::new() };
        let message = Message::received(metadata, r#"{"text":"é"}"#);
        let mut outgoing = Outgoing::new("shop.queue.invoices", &message, "/shop/user/1");
        outgoing.attempt = 3;
        let body = outgoing.body(u64::MAX).unwrap();
        let written = write(&outgoing, &body);
        let pairs = written.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        let read = read(pairs.collect()).unwrap();
        assert_eq!(format!("{:?}", read.message.metadata()), format!("{:?}", message.metadata()));
        assert_eq!(read.attempt, 3);
        assert_eq!(read.message.json().unwrap(), body);
    }

    #[test]
    fn what_anybody_has_written_is_malformed_and_no_panic() {
        for fields in [vec![], vec![(b"data".to_vec(), vec![0xff])], vec![(b"id".to_vec(), vec![0xff, 0])]] {
            assert!(read(fields.into_iter().collect()).is_err());
        }
    }
}

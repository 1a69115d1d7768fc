//! A job as the fields of an entry of a stream: the attributes of CloudEvents by their names, and `data`.

use std::borrow::Cow;
use std::{iter, mem};

use bytes::Bytes;
use redis::Cmd;

use crate::bridge::network::wire::{Attribute, CONTENT_TYPE, Incoming, Outgoing, UnreadableMessage};

/// The field of the payload.
const DATA: &str = "data";

/// The fields of an entry, names and values in turn, all in one buffer.
#[derive(Default)]
pub(super) struct WrittenFields {
    buffer: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
}

/// The fields of an entry as they are read, in the order of the entry. Anybody may have written them.
pub(super) type ReadFields = Vec<(Vec<u8>, Vec<u8>)>;

impl WrittenFields {
    /// Adds a name and a value.
    pub(super) fn add(&mut self, name: &str, value: &[u8]) {
        for field in [name.as_bytes(), value] {
            self.buffer.extend_from_slice(field);
            self.ends.push(self.buffer.len());
        }
    }

    /// How many there are, names and values.
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    /// How many bytes they have together.
    pub(super) fn bytes(&self) -> usize {
        self.buffer.len()
    }

    /// Puts each of them into a command.
    pub(super) fn put(&self, command: &mut Cmd) {
        for field in self.each() {
            command.arg(field);
        }
    }

    /// Each of them, names and values in turn.
    pub(super) fn each(&self) -> impl Iterator<Item = &[u8]> {
        let begins = iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| &self.buffer[begin..*end])
    }
}

/// Writes a message as fields.
pub(super) fn write(outgoing: &Outgoing<'_>, body: &Bytes) -> WrittenFields {
    /// How many bytes and fields all attributes have that most jobs have.
    const ATTRIBUTES: (usize, usize) = (384, 24);
    let buffer = Vec::with_capacity(ATTRIBUTES.0 + body.len());
    let mut fields = WrittenFields { buffer, ends: Vec::with_capacity(ATTRIBUTES.1) };
    fields.add(DATA, body);
    outgoing.attributes(|attribute, text| fields.add(attribute.name(), text.as_bytes()));
    fields
}

/// Reads a message from fields; or says what is wrong with it, with its payload.
pub(super) fn read(mut fields: ReadFields) -> Result<Incoming, UnreadableMessage> {
    let data = fields.iter_mut().rfind(|(name, _)| name == DATA.as_bytes()).map(|(_, data)| mem::take(data));
    let body = Bytes::from(data.unwrap_or_default());
    // Of those with one name, the last one counts.
    let text = |attribute: Attribute| -> Option<Cow<'_, str>> {
        let (_, text) = fields.iter().rfind(|(name, _)| name == attribute.name().as_bytes())?;
        Some(String::from_utf8_lossy(text))
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
        let each: Vec<&[u8]> = written.each().collect();
        assert_eq!((each.len(), each.concat().len()), (written.count(), written.bytes()));
        let read = read(each.chunks(2).map(|pair| (pair[0].to_vec(), pair[1].to_vec())).collect()).unwrap();
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

//! A message as a file: a line with its attributes as JSON, then its payload as it is.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::SystemTime;

use bytes::Bytes;
use pontoon::Instant;
use pontoon::adapter::network::{Attribute, Incoming, UnreadableMessage};

/// The attributes of a message, by the names that CloudEvents give them.
pub(super) type Attributes = BTreeMap<String, String>;

/// Takes one attribute in.
pub(super) fn put(attributes: &mut Attributes, attribute: Attribute, text: &str) {
    attributes.insert(attribute.name().to_owned(), text.to_owned());
}

pub(super) fn written(attributes: &Attributes, body: &[u8]) -> Vec<u8> {
    // Texts by texts: there is nothing that JSON would not take.
    let mut file = serde_json::to_vec(attributes).unwrap_or_default();
    file.push(b'\n');
    file.extend_from_slice(body);
    file
}

/// The attributes and the payload of a file. One without that line is all payload, and says nothing about itself.
pub(super) fn read(file: Vec<u8>) -> (Attributes, Bytes) {
    let file = Bytes::from(file);
    let end = file.iter().position(|byte| *byte == b'\n');
    let read = end.and_then(|end| {
        let attributes: Attributes = serde_json::from_slice(&file[..end]).ok()?;
        // Others may write their names in another case.
        let attributes = attributes.into_iter().map(|(name, text)| (name.to_ascii_lowercase(), text)).collect();
        Some((attributes, file.slice(end + 1..)))
    });
    read.unwrap_or_else(|| (Attributes::new(), file))
}

/// What a file says as a message, or what is wrong with it. What it has waited since it was written counts.
pub(super) fn message(
    attributes: &Attributes,
    body: &Bytes,
    written: SystemTime,
) -> Result<Incoming, UnreadableMessage> {
    let waited = written.elapsed().unwrap_or_default();
    let arrived = Instant::now().checked_sub(waited).unwrap_or_else(Instant::now);
    let content_type = attributes.get("datacontenttype").map(String::as_str);
    let get = |attribute: Attribute| attributes.get(attribute.name()).map(|text| Cow::Borrowed(text.as_str()));
    Incoming::read_at(arrived, body.clone(), content_type, get)
        .map_err(|malformed| UnreadableMessage { malformed, body: body.clone() })
}

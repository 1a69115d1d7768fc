//! CloudEvents in structured mode: attributes and data together in one JSON object.
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md>

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::bridge::network::wire::{Attribute, Malformed};

/// What a message in structured mode says that it is, without parameters such as `charset`.
const STRUCTURED: &str = "application/cloudevents+json";

/// What several of them in one message say that they are.
const BATCH: &str = "application/cloudevents-batch+json";

/// An event with its attributes.
pub(super) struct Structured {
    /// By their names in lower case.
    attributes: BTreeMap<String, String>,
    /// The payload, as it was written.
    pub(super) data: Bytes,
}

impl Structured {
    /// Reads a message of this content type; nothing where it is in binary mode.
    pub(super) fn read(content_type: Option<&str>, body: &[u8]) -> Result<Option<Self>, Malformed> {
        let kind = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case(BATCH) {
            return Err(Malformed("a batch of CloudEvents: send each as a message of its own".to_owned()));
        }
        if !kind.eq_ignore_ascii_case(STRUCTURED) {
            return Ok(None);
        }
        let members = serde_json::from_slice(body);
        let members =
            members.map_err(|error| Malformed(format!("it says that it is {STRUCTURED}, and is none: {error}")))?;
        Self::of(members).map(Some)
    }

    /// Reads a message that does not say what it is, as the binding of NATS allows: an object that has the version of
    /// CloudEvents.
    pub(super) fn guess(body: &[u8]) -> Option<Self> {
        let members: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).ok()?;
        let event = Self::of(members).ok()?;
        event.attribute(Attribute::SPECVERSION).is_some().then_some(event)
    }

    fn of(members: BTreeMap<String, Box<RawValue>>) -> Result<Self, Malformed> {
        if members.contains_key("data") && members.contains_key("data_base64") {
            return Err(Malformed(format!("{STRUCTURED} with both `data` and `data_base64`")));
        }
        let mut data = None;
        let mut attributes = BTreeMap::new();
        // Capitals come first: of two that differ in their case alone, the one as CloudEvents writes it counts.
        for (name, value) in members {
            match &*name {
                "data" => data = Some(Bytes::copy_from_slice(value.get().as_bytes())),
                "data_base64" => {
                    let text: Cow<'_, str> = serde_json::from_str(value.get()).map_err(malformed)?;
                    data = Some(STANDARD.decode(&*text).map_err(malformed)?.into());
                }
                _ => {
                    let text = match serde_json::from_str(value.get()).map_err(malformed)? {
                        Value::Null => continue,
                        Value::String(text) => text,
                        other => other.to_string(),
                    };
                    attributes.insert(name.to_ascii_lowercase(), text);
                }
            }
        }
        // No data is nothing, as `()` is written.
        Ok(Self { attributes, data: data.unwrap_or_else(|| Bytes::from_static(b"null")) })
    }

    pub(super) fn attribute(&self, attribute: Attribute) -> Option<Cow<'_, str>> {
        self.attributes.get(attribute.mqtt).map(|text| Cow::Borrowed(&**text))
    }
}

fn malformed(error: impl std::fmt::Display) -> Malformed {
    Malformed(format!("a member of {STRUCTURED}: {error}"))
}

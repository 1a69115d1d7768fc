//! A message as the database keeps it.

use bytes::Bytes;
use rusqlite::Row;

use crate::bridge::BridgeError;
use crate::embedded::error::StorageError;
use crate::message::Message;
use crate::message::metadata::{Metadata, MetadataRecord};

/// A message as it is written: what it says about itself, and its payload.
#[derive(Clone, Debug)]
pub(super) struct MessageRecord {
    pub(super) metadata: Vec<u8>,
    pub(super) body: Bytes,
}

/// How many bytes a message may say about itself, as over a network.
const METADATA: usize = 36 * 1024;

impl MessageRecord {
    /// A message as it is written, if it is no larger than the bridge carries.
    ///
    /// # Errors
    /// [`BridgeError::TooLarge`], [`BridgeError::Malformed`].
    pub(super) fn of(subject: &str, message: &Message, limit: u64) -> Result<Self, BridgeError> {
        let body = message.json().map_err(BridgeError::Malformed)?;
        if body.len() as u64 > limit {
            return Err(BridgeError::TooLarge { subject: subject.to_owned(), size: body.len(), limit });
        }
        let record = MetadataRecord::from(message.metadata());
        let metadata = serde_json::to_vec(&record).map_err(BridgeError::Malformed)?;
        if metadata.len() > METADATA {
            let (subject, size) = (format!("the metadata of {subject}"), metadata.len());
            return Err(BridgeError::TooLarge { subject, size, limit: METADATA as u64 });
        }
        Ok(Self { metadata, body })
    }

    /// Reads one from the columns `metadata` and `body` of a row.
    ///
    /// # Errors
    /// It is none: the database is damaged.
    pub(super) fn read(row: &Row<'_>) -> Result<Message, StorageError> {
        let metadata: Vec<u8> = row.get("metadata")?;
        let record: MetadataRecord = serde_json::from_slice(&metadata).map_err(|error| {
            StorageError::lasting(format!("the database is damaged: a message has no metadata: {error}"))
        })?;
        let body: Vec<u8> = row.get("body")?;
        Ok(Message::received(Metadata::from(record), body))
    }

    /// The message.
    pub(super) fn message(&self, metadata: Metadata) -> Message {
        Message::received(metadata, self.body.clone())
    }
}

/// The place of a message in its backlog: when it is due, and its number.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Place {
    /// 0 for what is due at once.
    pub(super) due: i64,
    pub(super) number: i64,
}

/// A message of a backlog that is in memory: it is due, and nobody has it yet, or somebody does.
#[derive(Clone, Debug)]
pub(super) struct BacklogMessage {
    pub(super) place: Place,
    /// How often it was handed out.
    pub(super) tries: u32,
    /// When it was put in.
    pub(super) since: i64,
    pub(super) size: usize,
    pub(super) message: Message,
}

//! A message as the outbox keeps it.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::bridge::Job;
use crate::message::Message;
use crate::metadata::Record;
use crate::outbox::Sent;
use crate::store::StoreError;

/// A message as the outbox keeps it.
#[derive(Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) subject: String,
    metadata: Record,
    /// JSON within JSON: as it was sent, byte for byte.
    payload: String,
    /// There for a job.
    pub(super) job: Option<Options>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Options {
    delay: Option<Duration>,
    deduplication: Option<String>,
}

pub(super) fn write(sent: &Sent) -> Result<Arc<[u8]>, StoreError> {
    let (subject, job) = match sent {
        Sent::Event { subject, .. } => (subject, None),
        Sent::Job { subject, job, .. } => {
            (subject, Some(Options { delay: job.delay, deduplication: job.deduplication.clone() }))
        }
    };
    let message = sent.message();
    let payload = String::from_utf8_lossy(&message.json().map_err(StoreError::Malformed)?).into_owned();
    let entry = Entry { subject: (*subject).to_owned(), metadata: message.metadata().into(), payload, job };
    serde_json::to_vec(&entry).map(Arc::from).map_err(StoreError::Malformed)
}

pub(super) fn read(value: &[u8]) -> Result<Entry, serde_json::Error> {
    serde_json::from_slice(value)
}

impl Entry {
    pub(super) fn into_message(self) -> Message {
        Message::received(self.metadata.into(), self.payload.into_bytes())
    }

    /// The job that was put in, if it is one. What is left of a delay is not known: it begins anew.
    pub(super) fn into_job(mut self) -> Job {
        let (delay, deduplication) = self.job.take().map_or((None, None), |job| (job.delay, job.deduplication));
        Job { message: self.into_message(), delay, deduplication }
    }
}

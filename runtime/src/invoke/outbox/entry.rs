//! A message as the outbox keeps it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::bridge::Job;
use crate::invoke::outbox::unit_of_work::OutgoingMessage;
use crate::message::Message;
use crate::message::metadata::{Metadata, MetadataRecord};
use crate::store::StoreError;

/// A message as the outbox keeps it. Its place in the order of commits is in its key.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) subject: String,
    metadata: MetadataRecord,
    /// JSON within JSON: as it was sent, byte for byte.
    payload: String,
    /// There for a job.
    pub(super) job: Option<Options>,
    /// When it was committed, in milliseconds since 1970, by the clock of the process that did: for people. Nothing is
    /// decided by it, so that clocks may differ.
    #[serde(default)]
    pub(super) at: u64,
    /// Whether the process that committed it was to publish it at once: it may have been sent.
    #[serde(default)]
    pub(super) direct: bool,
    /// How often a relay has begun to publish it.
    #[serde(default)]
    pub(super) attempts: u32,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Options {
    delay: Option<Duration>,
    deduplication: Option<String>,
}

impl Entry {
    /// What a handler sent. Its payload is written here, once.
    pub(super) fn of(sent: &OutgoingMessage) -> Result<Self, StoreError> {
        let job = &sent.job;
        let options = || Options { delay: job.delay, deduplication: job.deduplication.clone() };
        let payload = String::from_utf8_lossy(&job.message.json().map_err(StoreError::Malformed)?).into_owned();
        Ok(Self {
            subject: sent.subject.to_owned(),
            metadata: job.message.metadata().into(),
            payload,
            job: sent.is_job.then(options),
            at: now(),
            direct: false,
            attempts: 0,
        })
    }

    /// The same, to be published by the process that commits it, or not.
    pub(super) fn directly(self, direct: bool) -> Self {
        Self { direct, ..self }
    }

    /// The same, as one that was never sent.
    pub(super) fn untried(self) -> Self {
        Self { direct: false, attempts: 0, ..self }
    }

    pub(super) fn read(value: &[u8]) -> Result<Self, StoreError> {
        serde_json::from_slice(value).map_err(StoreError::Malformed)
    }

    pub(super) fn write(&self) -> Result<Arc<[u8]>, StoreError> {
        serde_json::to_vec(self).map(Arc::from).map_err(StoreError::Malformed)
    }

    /// Whether a broker may have it. Only one that was never handed to a bridge is known not to.
    pub(super) fn may_have_been_sent(&self) -> bool {
        self.direct || self.attempts > 0
    }

    pub(super) fn metadata(&self) -> Metadata {
        self.metadata.clone().into()
    }

    pub(super) fn payload(&self) -> &str {
        &self.payload
    }

    pub(super) fn message(&self) -> Message {
        Message::received(self.metadata(), self.payload.clone().into_bytes())
    }

    /// What is to be published. What is left of the delay of a job is not known: it begins anew.
    pub(super) fn to_job(&self) -> Job {
        let (delay, deduplication) = match &self.job {
            Some(options) => (options.delay, options.deduplication.clone()),
            None => (None, None),
        };
        Job { message: self.message(), delay, deduplication }
    }
}

/// Milliseconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

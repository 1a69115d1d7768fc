//! A message on a bridge. Within a process the payload stays what it is; it becomes JSON only where bytes are asked
//! for.

pub(crate) mod id;
pub(crate) mod metadata;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::contract::resource::Payload;
use crate::fault::panics::guarded;
use crate::fault::{Chain, Fault, FaultClass};
use crate::message::metadata::Metadata;

/// A message: metadata and payload, shared by all who get it. Cloning costs a reference count.
#[derive(Clone)]
pub struct Message(Arc<dyn Envelope>);

trait Envelope: Send + Sync {
    fn metadata(&self) -> &Metadata;
    fn payload(&self) -> &dyn Any;
    fn json(&self) -> serde_json::Result<Bytes>;
}

struct Typed<T> {
    metadata: Metadata,
    payload: T,
}

impl<T: Payload> Envelope for Typed<T> {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn payload(&self) -> &dyn Any {
        &self.payload
    }

    fn json(&self) -> serde_json::Result<Bytes> {
        serde_json::to_vec(&self.payload).map(Bytes::from)
    }
}

/// A payload as it came over a wire.
struct Encoded(Bytes);

struct Received {
    metadata: Metadata,
    payload: Encoded,
}

impl Envelope for Received {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    fn payload(&self) -> &dyn Any {
        &self.payload
    }

    fn json(&self) -> serde_json::Result<Bytes> {
        Ok(self.payload.0.clone())
    }
}

impl Message {
    /// A message of this process.
    pub fn new<T: Payload>(metadata: Metadata, payload: T) -> Self {
        Self(Arc::new(Typed { metadata, payload }))
    }

    /// A message from a wire, its payload as JSON.
    #[must_use]
    pub fn received(metadata: Metadata, json: impl Into<Bytes>) -> Self {
        Self(Arc::new(Received { metadata, payload: Encoded(json.into()) }))
    }

    /// What the message says about itself.
    #[must_use]
    pub fn metadata(&self) -> &Metadata {
        self.0.metadata()
    }

    /// The payload as JSON.
    ///
    /// # Errors
    /// Its `Serialize` refused.
    pub fn json(&self) -> Result<Bytes, serde_json::Error> {
        self.0.json()
    }

    /// The payload: a clone of it, or what its JSON says.
    ///
    /// # Errors
    /// The JSON does not say a `T`.
    pub fn decode<T: Payload>(&self) -> Result<T, serde_json::Error> {
        if let Some(payload) = self.0.payload().downcast_ref::<T>() {
            return Ok(payload.clone());
        }
        match self.0.payload().downcast_ref::<Encoded>() {
            Some(Encoded(json)) => serde_json::from_slice(json),
            // Sent as another type of the same shape, by a version of the contract beside this one.
            None => serde_json::from_slice(&self.0.json()?),
        }
    }

    /// The payload. Where its `Deserialize` or `Clone` refuses or panics, it is malformed.
    pub(crate) fn read<T: Payload>(&self) -> Result<T, Fault> {
        match guarded(|| self.decode()) {
            Ok(read) => read.map_err(|error| Fault::of(FaultClass::Malformed, error)),
            Err(panic) => Err(Fault::of(FaultClass::Malformed, format!("reading it panics: {}", Chain(panic.cause())))),
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("metadata", self.metadata()).finish_non_exhaustive()
    }
}

//! State as a handler sees it: typed, and with its own writes in it.

mod access;
mod batch;
mod view;

pub use access::Access;
pub use batch::Batch;
pub(crate) use view::{CONTENTION, UPDATES};
pub use view::{Versioned, View};

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::contract::resource::Payload;
use crate::invoke::round_trip::RoundTrips;
use crate::store::StoreError;

/// The text of a key: a text as it is, a number or a truth value as it is written.
pub(crate) fn key_text<K: Serialize + ?Sized>(key: &K) -> Result<String, StoreError> {
    match serde_json::to_value(key).map_err(StoreError::Malformed)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(StoreError::InvalidKey),
    }
}

pub(crate) fn encode<T: Payload>(value: &T, round_trips: RoundTrips) -> Result<Arc<[u8]>, StoreError> {
    round_trips.survives(value).map_err(|changed| StoreError::Malformed(changed.into()))?;
    serde_json::to_vec(value).map(Arc::from).map_err(StoreError::Malformed)
}

pub(crate) fn decode<T: Payload>(value: &[u8]) -> Result<T, StoreError> {
    serde_json::from_slice(value).map_err(StoreError::Malformed)
}

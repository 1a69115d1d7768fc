//! What stands under an idempotency key in the store: a claim, or the reply that it became.

use std::error::Error;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contract::operation::Operation;
use crate::contract::resource::Payload;
use crate::fault::{Fault, FaultClass};
use crate::handler::error::InvokeError;
use crate::message::id::Id;
use crate::store::StoreError;

/// The collection of claims and replies.
pub(super) const COLLECTION: &str = "$inbox";

/// What stands under a key.
#[derive(Serialize, Deserialize)]
pub(super) struct InboxRecord {
    /// The fingerprint of the input.
    pub(super) input: String,
    pub(super) state: State,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Somebody is at it: who, and for which message or call.
    Claimed {
        token: Id,
        message: Id,
    },
    Output(Value),
    Rejection(Value),
}

impl InboxRecord {
    pub(super) fn write(&self) -> Result<Arc<[u8]>, StoreError> {
        serde_json::to_vec(self).map(Arc::from).map_err(StoreError::Malformed)
    }
}

/// What a handler answered.
pub(crate) struct StoredReply(pub(super) State);

impl StoredReply {
    pub(crate) fn output<M: Operation>(output: &M::Output) -> Result<Self, Fault> {
        value(output).map(State::Output).map(Self)
    }

    pub(crate) fn rejection<M: Operation>(rejection: &M::Rejection) -> Result<Self, Fault> {
        value(rejection).map(State::Rejection).map(Self)
    }

    /// The reply as it was given.
    pub(crate) fn read<M: Operation>(self) -> Result<M::Output, InvokeError<M::Rejection>> {
        let malformed = |error: Box<dyn Error + Send + Sync>| {
            InvokeError::Fault(Fault::of(FaultClass::Malformed, error).report(M::ADDRESS))
        };
        match self.0 {
            State::Output(output) => serde_json::from_value(output).map_err(|error| malformed(error.into())),
            State::Rejection(rejection) => Err(match serde_json::from_value(rejection) {
                Ok(rejection) => InvokeError::Rejected(rejection),
                Err(error) => malformed(error.into()),
            }),
            State::Claimed { .. } => Err(malformed("a claim is no reply".into())),
        }
    }
}

fn value<T: Payload>(value: &T) -> Result<Value, Fault> {
    serde_json::to_value(value).map_err(|error| Fault::of(FaultClass::Malformed, error))
}

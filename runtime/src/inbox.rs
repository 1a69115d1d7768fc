//! `idempotency`: one effect and one reply for inputs with the same key.
//!
//! A key is claimed in the state store before the handler runs. The claim becomes the reply, and is given again while it
//! is kept. A claim that a crash left behind ends by itself, and somebody else takes over.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::core::Core;
use crate::definition::Payload;
use crate::error::InvokeError;
use crate::fault::{Fault, FaultClass};
use crate::guard::out_of_time;
use crate::id::Id;
use crate::operation::Operation;
use crate::policy::{Backoff, Key, Policy};
use crate::store::{Change, Etag, Expect, StoreError};

/// The collection of claims and replies.
const COLLECTION: &str = "$inbox";

/// How a claim ended.
pub(crate) enum Claimed {
    /// The handler is to run; without a key there is nothing to claim.
    Mine(Option<Claim>),
    /// Somebody has run it.
    Replied(Reply),
}

/// A key that is ours.
pub(crate) struct Claim {
    key: String,
    etag: Etag,
    keep: Duration,
}

/// What stands under a key.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stored {
    Claimed(Id),
    Output(Value),
    Rejection(Value),
}

/// What a handler answered.
pub(crate) struct Reply(Stored);

impl Reply {
    pub(crate) fn output<M: Operation>(output: &M::Output) -> Result<Self, Fault> {
        value(output).map(Stored::Output).map(Self)
    }

    pub(crate) fn rejection<M: Operation>(rejection: &M::Rejection) -> Result<Self, Fault> {
        value(rejection).map(Stored::Rejection).map(Self)
    }

    /// The reply as it was given.
    pub(crate) fn read<M: Operation>(self) -> Result<M::Output, InvokeError<M::Rejection>> {
        let malformed = |error: Box<dyn Error + Send + Sync>| {
            InvokeError::Fault(Fault::of(FaultClass::Malformed, error).report(M::ADDRESS))
        };
        match self.0 {
            Stored::Output(output) => serde_json::from_value(output).map_err(|error| malformed(error.into())),
            Stored::Rejection(rejection) => Err(match serde_json::from_value(rejection) {
                Ok(rejection) => InvokeError::Rejected(rejection),
                Err(error) => malformed(error.into()),
            }),
            Stored::Claimed(_) => Err(malformed("a claim is no reply".into())),
        }
    }
}

fn value<T: Payload>(value: &T) -> Result<Value, Fault> {
    serde_json::to_value(value).map_err(|error| Fault::of(FaultClass::Malformed, error))
}

/// Claims a key, or gets the reply; waits while somebody else has it, until the deadline.
pub(crate) async fn claim(
    core: &Core,
    address: &'static str,
    key: Option<Key>,
    policy: Policy,
    deadline: Option<Instant>,
) -> Result<Claimed, Fault> {
    let (Some(key), Some(keep)) = (key, policy.keep) else { return Ok(Claimed::Mine(None)) };
    let store = &core.adapters.state;
    let key = format!("{address}/{}", key.as_str());
    let mine = write(&Stored::Claimed(Id::draw())).map_err(Fault::caused_by)?;
    let pauses = Backoff::new(Duration::from_millis(10), Duration::from_secs(1));
    for turn in 1.. {
        let claim = Change {
            collection: COLLECTION,
            key: key.clone(),
            expect: Expect::Absent,
            put: Some((Arc::clone(&mine), Some(policy.claim()))),
        };
        match store.commit(vec![claim]).await {
            Ok(()) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(Fault::caused_by(error)),
        }
        if let Some(there) = store.get(COLLECTION, &key).await.map_err(Fault::caused_by)? {
            if there.value == mine {
                return Ok(Claimed::Mine(Some(Claim { key, etag: there.etag, keep })));
            }
            match serde_json::from_slice(&there.value) {
                Ok(Stored::Claimed(_)) => {}
                Ok(reply) => return Ok(Claimed::Replied(Reply(reply))),
                Err(error) => return Err(Fault::of(FaultClass::Malformed, error)),
            }
        }
        let pause = pauses.after(turn);
        if deadline.is_some_and(|deadline| Instant::now() + pause >= deadline) {
            break;
        }
        sleep(pause).await;
    }
    Err(out_of_time())
}

fn write(stored: &Stored) -> Result<Arc<[u8]>, StoreError> {
    serde_json::to_vec(stored).map(Arc::from).map_err(StoreError::Malformed)
}

impl Claim {
    /// The change that makes the claim the reply, unless somebody else has taken over.
    pub(crate) fn record(&self, reply: &Reply) -> Result<Change, StoreError> {
        let put = Some((write(&reply.0)?, Some(self.keep)));
        Ok(self.change(put))
    }

    /// Gives the claim back: the handler did not get to an answer.
    pub(crate) async fn release(self, core: &Core) {
        if let Err(error) = core.adapters.state.commit(vec![self.change(None)]).await {
            tracing::warn!(target: "pontoon", %error, "a claim stays until it ends by itself");
        }
    }

    fn change(&self, put: Option<(Arc<[u8]>, Option<Duration>)>) -> Change {
        Change { collection: COLLECTION, key: self.key.clone(), expect: Expect::Version(self.etag.clone()), put }
    }
}

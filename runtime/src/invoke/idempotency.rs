//! `idempotency`: one effect and one reply for inputs with the same key.
//!
//! A key is claimed in the state store before the handler runs. The claim becomes the reply, and is given again while it is kept.
//! Its scope is the operation and the tenant; the same key with another input is refused.

mod claim;
mod fingerprint;

pub(crate) use claim::Claim;

use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::contract::operation::Operation;
use crate::contract::policy::{Backoff, Key};
use crate::contract::resource::Payload;
use crate::fault::{Fault, FaultClass};
use crate::handler::error::InvokeError;
use crate::invoke::guard::out_of_time;
use crate::invoke::scope::Scope;
use crate::message::id::Id;
use crate::store::StoreError;
use crate::store::{Change, Expect};
use crate::unit::shared::Shared;

use claim::TakenClaim;
use fingerprint::fingerprint;

/// The collection of claims and replies.
const COLLECTION: &str = "$inbox";

/// How a claim ended.
pub(crate) enum Claimed {
    /// The handler is to run; without a key there is nothing to claim.
    Mine(Option<Claim>),
    /// Somebody has run it.
    Replied(Reply),
}

/// What stands under a key.
#[derive(Serialize, Deserialize)]
struct InboxRecord {
    /// The fingerprint of the input.
    input: String,
    state: State,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// Somebody is at it: who, and for which message or call.
    Claimed {
        token: Id,
        message: Id,
    },
    Output(Value),
    Rejection(Value),
}

impl InboxRecord {
    fn write(&self) -> Result<Arc<[u8]>, StoreError> {
        serde_json::to_vec(self).map(Arc::from).map_err(StoreError::Malformed)
    }
}

/// What a handler answered.
pub(crate) struct Reply(State);

impl Reply {
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

/// Another handler has the key of a message: the message is to come again after a pause. No attempt.
#[derive(Debug)]
pub(crate) struct Busy(pub(crate) Duration);

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("its idempotency key is claimed by another handler that runs")
    }
}

impl Error for Busy {}

/// How long a message whose key is claimed waits before it comes again.
const AGAIN: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(1));

/// Claims a key, or gets the reply. While somebody else has it, a caller waits until its deadline; a message does not: it is
/// given back, so that others are not held up.
pub(crate) async fn claim<M: Operation, U>(
    shared: &Shared,
    scope: &Scope<'_, U>,
    input: &M::Input,
) -> Result<Claimed, Fault> {
    let (Some(key), Some(keep)) = (M::key(input), M::POLICY.keep) else { return Ok(Claimed::Mine(None)) };
    if key.as_str().is_empty() {
        return Err(Fault::of(FaultClass::Malformed, "the idempotency key is empty: see `optional: true`"));
    }
    let store = &shared.adapters.state;
    let key = scoped(M::ADDRESS, scope.tenant(), &key);
    let input = fingerprint(input)?;
    let state = State::Claimed { token: Id::random(), message: scope.id() };
    let mine = InboxRecord { input: input.clone(), state }.write().map_err(Fault::caused_by)?;
    let pauses = Backoff::new(Duration::from_millis(10), Duration::from_secs(1));
    for turn in 1.. {
        let put = Some((Arc::clone(&mine), Some(claim::TERM)));
        let claim = Change { collection: COLLECTION, key: key.clone(), expect: Expect::Absent, put };
        match store.commit(vec![claim]).await {
            Ok(()) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(Fault::caused_by(error)),
        }
        let Some(there) = store.get(COLLECTION, &key).await.map_err(Fault::caused_by)? else { continue };
        if there.value == mine {
            let taken = TakenClaim { address: M::ADDRESS, key, mine, input, etag: there.etag, keep };
            return Ok(Claimed::Mine(Some(Claim::begin(shared, taken))));
        }
        let record: InboxRecord = match serde_json::from_slice(&there.value) {
            Ok(record) => record,
            Err(error) => return Err(Fault::of(FaultClass::Malformed, error)),
        };
        // A message is given up where its key has the reply to another input. Where that is only claimed it is not: a claim may
        // end without a reply, and a process of another version may have read another input out of the same message.
        let may_wait = scope.is_delivered() && matches!(record.state, State::Claimed { .. });
        if record.input != input && !may_wait {
            return Err(Fault::of(FaultClass::KeyReused, "its idempotency key was used with another input"));
        }
        let State::Claimed { message, .. } = record.state else {
            return Ok(Claimed::Replied(Reply(record.state)));
        };
        shared.waits.say(M::ADDRESS, &key, message);
        if scope.is_delivered() {
            return Err(Fault::of(FaultClass::Unavailable, Busy(AGAIN.after(1))).quiet());
        }
        let pause = pauses.after(turn);
        if scope.deadline().is_some_and(|deadline| Instant::now() + pause >= deadline) {
            break;
        }
        sleep(pause).await;
    }
    Err(out_of_time())
}

/// The key with its scope. No two of them are the same text: addresses have no `/`, and the tenant's length stands before it.
fn scoped(address: &str, tenant: Option<&str>, key: &Key) -> String {
    let key = key.as_str();
    match tenant {
        None => format!("{address}/-/{key}"),
        Some(tenant) => format!("{address}/{}:{tenant}/{key}", tenant.len()),
    }
}

/// The keys that were waited for in this process: each is logged once.
#[derive(Default)]
pub(crate) struct Waits {
    seen: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

impl Waits {
    /// How many keys are known at most: then it begins anew.
    const MOST: usize = 10_000;

    fn say(&self, handler: &'static str, key: &str, claimed_by: Id) {
        let is_new = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.len() >= Self::MOST {
                seen.clear();
            }
            seen.insert(self.hasher.hash_one(key))
        };
        if is_new {
            let claimed_by = tracing::field::display(claimed_by);
            tracing::info!(target: "pontoon", handler, claimed_by, "waits: another handler has its idempotency key");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_different_scopes_are_different_texts() {
        let scopes = [
            scoped("a", None, &Key::of("k")),
            scoped("a", Some(""), &Key::of("k")),
            scoped("a", Some("-"), &Key::of("k")),
            scoped("a", Some("t"), &Key::of("k")),
            scoped("a", Some("t/k"), &Key::of("")),
            scoped("a", Some("t"), &Key::of("k/")),
            scoped("b", Some("t"), &Key::of("k")),
        ];
        let distinct: HashSet<_> = scopes.iter().collect();
        assert_eq!(distinct.len(), scopes.len());
    }
}

//! `idempotency`: one effect and one reply for inputs with the same key.
//!
//! A key is claimed in the state store before the handler runs. The claim becomes the reply, and is given again while
//! it is kept. Its scope is the operation and the tenant; the same key with another input is refused.

mod claim;
mod fingerprint;
mod record;
pub(crate) mod waits;

pub(crate) use claim::Claim;
pub(crate) use record::StoredReply;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::contract::operation::Operation;
use crate::contract::policy::{Backoff, Key};
use crate::fault::{Fault, FaultClass};
use crate::invoke::guard::out_of_time;
use crate::invoke::scope::Scope;
use crate::message::id::Id;
use crate::store::StoreError;
use crate::store::{Change, Expect};
use crate::unit::shared::Shared;

use claim::TakenClaim;
use fingerprint::fingerprint;
use record::{COLLECTION, InboxRecord, State};

/// How a claim ended.
pub(crate) enum Claimed {
    /// The handler is to run; without a key there is nothing to claim.
    Mine(Option<Claim>),
    /// Somebody has run it.
    Replied(StoredReply),
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

/// Claims a key, or gets the reply. While somebody else has it, a caller waits until its deadline; a message does not:
/// it is given back, so that others are not held up.
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
        // A message is given up where its key has the reply to another input. Where that is only claimed it is not: a
        // claim may end without a reply, and a process of another version may have read another input out of the same
        // message.
        let may_wait = scope.is_delivered() && matches!(record.state, State::Claimed { .. });
        if record.input != input && !may_wait {
            return Err(Fault::of(FaultClass::KeyReused, "its idempotency key was used with another input"));
        }
        let State::Claimed { message, .. } = record.state else {
            return Ok(Claimed::Replied(StoredReply(record.state)));
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

/// The key with its scope. No two of them are the same text: addresses have no `/`, and the tenant's length stands
/// before it.
fn scoped(address: &str, tenant: Option<&str>, key: &Key) -> String {
    let key = key.as_str();
    match tenant {
        None => format!("{address}/-/{key}"),
        Some(tenant) => format!("{address}/{}:{tenant}/{key}", tenant.len()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

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

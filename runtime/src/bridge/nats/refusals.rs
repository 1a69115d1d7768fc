//! What the server does not permit. It says so beside everything else, and only names the subject: whoever waits for an
//! answer there would wait in vain, and is told here.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::yield_now;

use crate::bridge::BridgeError;
use crate::health::Health;

/// How many subjects are remembered.
const SUBJECTS: usize = 1000;

/// What the server has refused on this connection.
#[derive(Default)]
pub(super) struct Refusals {
    subjects: Mutex<BTreeMap<String, Refused>>,
    any: AtomicBool,
    changed: Notify,
}

/// What was refused on one subject.
#[derive(Clone, Debug)]
struct Refused {
    times: u64,
    /// What the server said.
    words: String,
}

/// Sees whether something is refused from now on.
#[derive(Clone)]
pub(super) struct Watch<'r> {
    refusals: &'r Refusals,
    subject: &'r str,
    before: u64,
}

impl Refusals {
    /// Takes in what the server says. Says whether it was a refusal.
    pub(super) fn hear(&self, words: &str) -> bool {
        let Some(subject) = subject(words) else { return false };
        let times = {
            let mut subjects = self.subjects();
            if subjects.len() >= SUBJECTS && !subjects.contains_key(subject) {
                subjects.pop_first();
            }
            let refused = subjects.entry(subject.to_owned()).or_insert(Refused { times: 0, words: String::new() });
            refused.times += 1;
            words.clone_into(&mut refused.words);
            refused.times
        };
        self.any.store(true, Ordering::Release);
        self.changed.notify_waiters();
        if times.is_power_of_two() {
            tracing::error!(target: "pontoon", times, "the NATS server refuses: {words}");
        }
        true
    }

    /// Begins to watch a subject, before something is sent there.
    pub(super) fn watch<'r>(&'r self, subject: &'r str) -> Watch<'r> {
        let subject = key(subject);
        Watch { refusals: self, subject, before: self.times(subject) }
    }

    /// What was refused there is permitted now, or does not matter.
    pub(super) fn lift(&self, subject: &str) {
        if self.any.load(Ordering::Acquire) {
            let mut subjects = self.subjects();
            subjects.remove(key(subject));
            self.any.store(!subjects.is_empty(), Ordering::Release);
        }
    }

    /// Everything begins anew, on a new connection.
    pub(super) fn clear(&self) {
        self.subjects().clear();
        self.any.store(false, Ordering::Release);
    }

    /// What was refused of anything that these subjects name, if something was.
    pub(super) fn among<'s>(&self, subjects: impl IntoIterator<Item = &'s str>) -> Option<BridgeError> {
        let refused = self.subjects();
        let mut found = subjects.into_iter().filter_map(|subject| refused.get(key(subject)));
        found.next().map(|refused| denied(&refused.words))
    }

    pub(super) fn health(&self) -> Health {
        if !self.any.load(Ordering::Acquire) {
            return Health::Ready;
        }
        match self.subjects().values().next() {
            Some(refused) => Health::Degraded(format!("the NATS server refuses: {}", refused.words)),
            None => Health::Ready,
        }
    }

    fn times(&self, key: &str) -> u64 {
        if !self.any.load(Ordering::Acquire) {
            return 0;
        }
        self.subjects().get(key).map_or(0, |refused| refused.times)
    }

    fn subjects(&self) -> MutexGuard<'_, BTreeMap<String, Refused>> {
        self.subjects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch<'_> {
    /// What was refused since, if something was.
    pub(super) fn seen(&self) -> Option<BridgeError> {
        if self.refusals.times(self.subject) <= self.before {
            return None;
        }
        self.refusals.subjects().get(self.subject).map(|refused| denied(&refused.words))
    }

    /// Whether something was refused of what has gone through by now. What the server says comes by another way than messages
    /// do, and a refusal may be heard after what was sent later: so all who are ready get their turn first.
    pub(super) async fn settled(&self) -> Result<(), BridgeError> {
        for _ in 0..32 {
            yield_now().await;
        }
        self.seen().map_or(Ok(()), Err)
    }

    /// Waits until something is refused.
    pub(super) async fn refused(&self) -> BridgeError {
        loop {
            let mut changed = pin!(self.refusals.changed.notified());
            changed.as_mut().enable();
            if let Some(error) = self.seen() {
                return error;
            }
            changed.await;
        }
    }
}

fn denied(words: &str) -> BridgeError {
    BridgeError::Denied(words.into())
}

/// The subject that a refusal is about: `Permissions Violation for Publish to "orders"`, or
/// `Permissions Violation for Subscription to "orders" using queue "orders"`.
fn subject(words: &str) -> Option<&str> {
    let begins = words.get(..21).is_some_and(|begin| begin.eq_ignore_ascii_case("permissions violation"));
    let (_, rest) = words.split_once('"').filter(|_| begins)?;
    rest.split_once('"').map(|(subject, _)| key(subject))
}

/// What a subject is remembered by. Of those with a token for each message only what they begin with counts.
fn key(subject: &str) -> &str {
    let tokens = |count: usize| {
        let end = subject.match_indices('.').nth(count - 1).map(|(at, _)| at);
        end.map_or(subject, |end| &subject[..end])
    };
    if subject.starts_with("$JS.ACK.") {
        tokens(4)
    } else if subject.starts_with("_INBOX.") {
        tokens(2)
    } else {
        subject
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_subject() {
        assert_eq!(subject(r#"Permissions Violation for Publish to "a.b""#), Some("a.b"));
        assert_eq!(subject(r#"permissions violation for subscription to "a.b" using queue "c""#), Some("a.b"));
        assert_eq!(subject(r#"Permissions Violation for Publish to "_INBOX.x.c17""#), Some("_INBOX.x"));
        assert_eq!(subject(r#"Permissions Violation for Publish to "$JS.ACK.s.c.1.2.3.4.5""#), Some("$JS.ACK.s.c"));
        for words in ["Stale Connection", "Permissions Violation", r#"Permissions Violation for "a"#, "é"] {
            assert_eq!(subject(words), None, "{words}");
        }
    }

    #[tokio::test]
    async fn who_waits_is_told_and_who_comes_later_is_not() {
        let refusals = Refusals::default();
        let (here, there) = (refusals.watch("here"), refusals.watch("there"));
        let refuse = async {
            tokio::task::yield_now().await;
            assert!(refusals.hear(r#"Permissions Violation for Publish to "here""#));
        };
        let (error, ()) = tokio::join!(here.refused(), refuse);
        assert!(matches!(error, BridgeError::Denied(_)), "{error}");
        assert!(there.seen().is_none() && refusals.watch("here").seen().is_none());
        assert!(!refusals.health().is_ready());
        refusals.lift("here");
        assert!(refusals.health().is_ready() && refusals.among(["here"]).is_none());
        assert!(!refusals.hear("Slow Consumer"));
    }
}

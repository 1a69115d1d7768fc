//! The subjects that the server does not let us publish or subscribe to. It says so beside everything else, and only
//! names the subject: whoever waits for an answer is told here.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use crate::bridge::BridgeError;
use crate::health::Health;
use crate::sync::{Mutex, MutexGuard};

/// How many subjects are remembered.
const SUBJECTS: usize = 1000;

/// The action on a subject that a permission is missing for.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum RefusedAction {
    Publish,
    Subscribe,
}

/// The subjects that the server has refused on this connection.
#[derive(Default)]
pub(super) struct Refusals {
    /// What the subjects begin with on which answers to us come.
    inbox: String,
    subjects: Mutex<BTreeMap<(RefusedAction, String), RefusedSubject>>,
    any: AtomicBool,
    changed: Notify,
}

/// The refusals of one subject.
#[derive(Clone, Debug)]
struct RefusedSubject {
    times: u64,
    /// What the server said.
    words: String,
}

/// Watches whether a subject is refused from now on.
#[derive(Clone)]
pub(super) struct RefusalWatch<'r> {
    refusals: &'r Refusals,
    act: RefusedAction,
    subject: &'r str,
    before: u64,
}

impl Refusals {
    /// Nothing is refused yet, to whom answers come below this prefix.
    pub(super) fn new(inbox: &str) -> Self {
        Self { inbox: inbox.to_owned(), ..Self::default() }
    }

    /// Takes in what the server says. Says whether it was for us.
    pub(super) fn hear(&self, words: &str) -> bool {
        let Some((act, subject)) = read(words) else { return false };
        let what = (act, key(&self.inbox, subject).to_owned());
        let times = {
            let mut subjects = self.subjects();
            if subjects.len() >= SUBJECTS && !subjects.contains_key(&what) {
                subjects.pop_first();
            }
            let refused = subjects.entry(what).or_insert(RefusedSubject { times: 0, words: String::new() });
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

    /// Begins to watch whether we may publish on a subject, before something is sent there.
    pub(super) fn watch<'r>(&'r self, subject: &'r str) -> RefusalWatch<'r> {
        let subject = key(&self.inbox, subject);
        let before = self.times(RefusedAction::Publish, subject);
        RefusalWatch { refusals: self, act: RefusedAction::Publish, subject, before }
    }

    /// Watches a subscription that was begun already.
    pub(super) fn watch_subscription<'r>(&'r self, subject: &'r str) -> RefusalWatch<'r> {
        RefusalWatch { refusals: self, act: RefusedAction::Subscribe, subject: key(&self.inbox, subject), before: 0 }
    }

    /// What was refused there is permitted now, or does not matter.
    pub(super) fn lift(&self, subject: &str) {
        if self.any.load(Ordering::Acquire) {
            let mut subjects = self.subjects();
            subjects.remove(&(RefusedAction::Publish, key(&self.inbox, subject).to_owned()));
            self.any.store(!subjects.is_empty(), Ordering::Release);
        }
    }

    /// Everything begins anew, on a new connection.
    pub(super) fn clear(&self) {
        self.subjects().clear();
        self.any.store(false, Ordering::Release);
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

    fn times(&self, act: RefusedAction, key: &str) -> u64 {
        if !self.any.load(Ordering::Acquire) {
            return 0;
        }
        self.subjects().get(&(act, key.to_owned())).map_or(0, |refused| refused.times)
    }

    fn subjects(&self) -> MutexGuard<'_, BTreeMap<(RefusedAction, String), RefusedSubject>> {
        self.subjects.lock()
    }
}

impl RefusalWatch<'_> {
    /// What was refused since, if something was.
    pub(super) fn seen(&self) -> Option<BridgeError> {
        let Self { refusals, act, subject, before } = self;
        if refusals.times(*act, subject) <= *before {
            return None;
        }
        let subjects = refusals.subjects();
        subjects.get(&(*act, (*subject).to_owned())).map(|refused| BridgeError::Denied(refused.words.clone().into()))
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

/// What a refusal is about: `Permissions Violation for Publish to "orders"`, or
/// `Permissions Violation for Subscription to "orders" using queue "orders"`.
fn read(words: &str) -> Option<(RefusedAction, &str)> {
    const BEGIN: &str = "permissions violation for ";
    let (begin, rest) = words.split_at_checked(BEGIN.len())?;
    let (act, rest) = rest.split_once('"').filter(|_| begin.eq_ignore_ascii_case(BEGIN))?;
    let (subject, _) = rest.split_once('"')?;
    let subscribes = act.to_ascii_lowercase().starts_with("subscription");
    Some((if subscribes { RefusedAction::Subscribe } else { RefusedAction::Publish }, subject))
}

/// What a subject is remembered by. Of those with a token for each message only what they begin with counts.
fn key<'s>(inbox: &str, subject: &'s str) -> &'s str {
    let tokens = |count: usize| {
        let end = subject.match_indices('.').nth(count - 1).map(|(at, _)| at);
        end.map_or(subject, |end| &subject[..end])
    };
    if subject.starts_with("$JS.ACK.") {
        tokens(4)
    } else if let Some(below) = subject.strip_prefix(inbox).and_then(|below| below.strip_prefix('.'))
        && let Some(end) = below.find('.')
    {
        &subject[..subject.len() - below.len() + end]
    } else {
        subject
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_it_is_about() {
        let (publish, subscribe) = (RefusedAction::Publish, RefusedAction::Subscribe);
        for (words, act, subject) in [
            (r#"Permissions Violation for Publish to "a.b""#, publish, "a.b"),
            (r#"permissions violation for subscription to "a.b" using queue "c""#, subscribe, "a.b"),
            (r#"Permissions Violation for Publish to "shop.reply.ann.x.c17""#, publish, "shop.reply.ann.x"),
            (r#"Permissions Violation for Publish to "shop.reply.ann.x""#, publish, "shop.reply.ann.x"),
            (r#"Permissions Violation for Publish to "shop.event.c17""#, publish, "shop.event.c17"),
            (r#"Permissions Violation for Publish to "$JS.ACK.s.c.1.2.3.4.5""#, publish, "$JS.ACK.s.c"),
        ] {
            let (read, full) = read(words).unwrap();
            assert_eq!((read, key("shop.reply.ann", full)), (act, subject));
        }
        for words in ["Stale Connection", "Permissions Violation", r#"Permissions Violation for "a"#, "é"] {
            assert_eq!(read(words), None, "{words}");
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
        assert!(refusals.health().is_ready());
        assert!(!refusals.hear("Slow Consumer"));
    }
}

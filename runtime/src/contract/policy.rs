//! What the topology promises for one operation: time-out, retry, idempotency, outbox.

use std::ops::Deref;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::message::id::Id;

/// What the topology promises for one operation. A constant, so that what is not promised costs nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Policy {
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) keep: Option<Duration>,
    pub(crate) outbox: bool,
    pub(crate) repeatable: bool,
}

impl Policy {
    /// Promises nothing.
    #[must_use]
    pub const fn new() -> Self {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(30));
        Self { timeout: None, attempts: 1, backoff, keep: None, outbox: false, repeatable: false }
    }

    /// How long one attempt may take.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How often a command is tried in all, where it ends in a fault or is out of time. A rejection is an answer.
    #[must_use]
    pub const fn retry(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The pause before the second attempt, doubled before each further one, up to a longest.
    #[must_use]
    pub const fn backoff(mut self, shortest: Duration, longest: Duration) -> Self {
        self.backoff = Backoff::new(shortest, longest);
        self
    }

    /// Inputs with the same [`Operation::key`](crate::generated::Operation::key) have one effect and one reply within
    /// this time.
    #[must_use]
    pub const fn idempotency(mut self, keep: Duration) -> Self {
        self.keep = Some(keep);
        self
    }

    /// State, events and jobs of the handler take effect together once it succeeded, or not at all.
    #[must_use]
    pub const fn outbox(mut self) -> Self {
        self.outbox = true;
        self
    }

    /// Running the handler twice does no harm.
    #[must_use]
    pub const fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

/// The pause before another attempt: exponential, with jitter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    shortest: Duration,
    longest: Duration,
}

impl Backoff {
    /// Starts with the shortest pause and doubles up to the longest.
    #[must_use]
    pub const fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest }
    }

    /// The pause after an attempt, the first being 1: between half and all of `shortest × 2^(attempt − 1)`, at most the
    /// longest. The jitter keeps those who failed together from coming back together.
    #[must_use]
    pub fn after(&self, attempt: u32) -> Duration {
        self.longest_after(attempt).mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// The same without jitter.
    pub(crate) fn longest_after(&self, attempt: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.shortest.saturating_mul(doubled).min(self.longest)
    }

    /// The longest pause that so many attempts can come to.
    #[cfg(feature = "amqp")]
    pub(crate) fn longest_of(&self, attempts: u32) -> Duration {
        if attempts < 2 { Duration::ZERO } else { self.longest_after(attempts - 1) }
    }
}

/// What makes two inputs the same: the text of one of their fields.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Key(String);

impl Key {
    /// The key that a value stands for: a text as it is, anything else as JSON.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        Self(match serde_json::to_value(value) {
            Ok(Value::String(text)) => text,
            Ok(other) => other.to_string(),
            // Only a map with keys that are no texts gets here: it is like nothing else.
            Err(_) => Id::random().to_string(),
        })
    }

    /// A field that is an idempotency key.
    pub fn field<T: Serialize>(value: &T) -> Field<'_, T> {
        Field(Named(value))
    }

    /// The key as text. Empty where a field that has to be there is not: a message without its key is malformed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A field that `idempotency: { key: … }` names. What it is asked depends on `optional`.
pub struct Field<'i, T>(Named<'i, T>);

/// A field of any type.
pub struct Named<'i, T>(&'i T);

impl<T: Serialize> Named<'_, T> {
    /// The key, which is always there.
    #[must_use]
    pub fn required(&self) -> Key {
        self.optional().unwrap_or(Key(String::new()))
    }

    /// The key, if there is one: neither nothing nor an empty text is.
    #[must_use]
    pub fn optional(&self) -> Option<Key> {
        match serde_json::to_value(self.0) {
            Ok(Value::Null) => None,
            Ok(Value::String(text)) if text.is_empty() => None,
            _ => Some(Key::of(self.0)),
        }
    }
}

/// What can be an idempotency key that every message has. No `Option` is one.
#[diagnostic::on_unimplemented(
    message = "an idempotency key of type `{Self}` may be absent",
    label = "this field is not there in every message",
    note = "write `idempotency: {{ key: …, optional: true }}` in topology.yaml: a message without a key is then handled each \
            time it comes",
    note = "or make the field's type one that is always there"
)]
pub trait IdempotencyKey {}

/// Found before the method of the same name that other types have, and asks for what no `Option` is: rustc then says
/// why.
impl<T> Field<'_, Option<T>> {
    /// Does not compile: the key of some messages is absent.
    #[must_use]
    pub fn required(&self) -> Key
    where
        Option<T>: IdempotencyKey,
    {
        Key(String::new())
    }
}

impl<'i, T> Deref for Field<'i, T> {
    type Target = Named<'i, T>;

    fn deref(&self) -> &Named<'i, T> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        for (attempt, most) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000), (60, 1000)] {
            let pause = backoff.after(attempt);
            let most = Duration::from_millis(most);
            assert!(pause >= most / 2 && pause <= most, "{attempt}: {pause:?}");
        }
    }

    #[test]
    fn a_key_is_the_text_of_a_field() {
        assert_eq!(Key::of("a").as_str(), "a");
        assert_eq!(Key::of(&7).as_str(), "7");
        assert_eq!(Key::of(&(1, "b")).as_str(), "[1,\"b\"]");
    }

    #[test]
    fn an_optional_key_is_absent_where_there_is_nothing() {
        assert_eq!(Key::field(&Some("a")).optional(), Some(Key::of("a")));
        assert_eq!(Key::field(&"a").optional(), Some(Key::of("a")));
        assert_eq!(Key::field(&None::<String>).optional(), None);
        assert_eq!(Key::field(&"").optional(), None);
        assert_eq!(Key::field(&Some(String::new())).optional(), None);
        assert_eq!(Key::field(&Some(0)).optional(), Some(Key::of(&0)));
    }

    #[test]
    fn a_required_key_that_is_not_there_is_empty() {
        assert_eq!(Key::field(&7).required(), Key::of(&7));
        assert_eq!(Key::field(&"").required().as_str(), "");
    }
}

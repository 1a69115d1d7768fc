//! Whether an adapter from elsewhere can do what the topology says of it: compared when the crate is compiled.

use std::time::Duration;

use pontoon_schema::capability::Bridge;

use crate::environment::EventBridge;

/// Refuses to compile where what the topology says of an event bridge is not what its constant says. Generated code has
/// it for each adapter from elsewhere.
///
/// # Panics
/// The two differ. In a constant, that is an error of rustc's.
#[allow(clippy::panic, reason = "in a constant: it stops the build, and no program")]
pub const fn agree<B: EventBridge>(adapter: &str, place: &str, said: &Bridge) {
    let differences = differences(said, &B::CAPABILITIES);
    let mut index = 0;
    while index < differences.len() {
        let (field, said, has) = differences[index];
        if !said.is(has) {
            let problem = Text::EMPTY.push("`").push(adapter).push("` (").push(place).push("): the topology says ");
            let problem = problem.capability(field, said).push(", and its constant CAPABILITIES says ");
            let problem = problem.capability(field, has).push(": change the one that is wrong");
            panic!("{}", problem.as_str());
        }
        index += 1;
    }
}

/// Each field, as the topology says it and as the adapter does.
const fn differences(said: &Bridge, has: &Bridge) -> [(&'static str, Value, Value); 14] {
    use Value::{Bytes, Flag, Time, Word};
    let (order, least) = (said.ordering, said.ordering_at_most_once);
    [
        ("durable", Flag(said.durable), Flag(has.durable)),
        ("request_reply", Flag(said.request_reply), Flag(has.request_reply)),
        ("competing_consumers", Flag(said.competing_consumers), Flag(has.competing_consumers)),
        ("ordering", Word(order.name()), Word(has.ordering.name())),
        ("ordering_at_most_once", Word(least.name()), Word(has.ordering_at_most_once.name())),
        ("bound", Word(said.bound.name()), Word(has.bound.name())),
        ("bound_at_most_once", Word(said.bound_at_most_once.name()), Word(has.bound_at_most_once.name())),
        ("delay", Flag(said.delay), Flag(has.delay)),
        ("deduplication", Flag(said.deduplication), Flag(has.deduplication)),
        ("dead_letter", Flag(said.dead_letter), Flag(has.dead_letter)),
        ("largest_payload", Bytes(said.largest_payload), Bytes(has.largest_payload)),
        ("longest_hold", Time(said.longest_hold), Time(has.longest_hold)),
        ("longest_name", Bytes(said.longest_name), Bytes(has.longest_name)),
        ("crosses_processes", Flag(said.crosses_processes), Flag(has.crosses_processes)),
    ]
}

/// What a field says.
#[derive(Clone, Copy)]
enum Value {
    Flag(bool),
    Word(&'static str),
    Bytes(u64),
    Time(Option<Duration>),
}

impl Value {
    const fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::Flag(one), Self::Flag(other)) => one == other,
            (Self::Word(one), Self::Word(other)) => is(one.as_bytes(), other.as_bytes()),
            (Self::Bytes(one), Self::Bytes(other)) => one == other,
            (Self::Time(Some(one)), Self::Time(Some(other))) => one.as_nanos() == other.as_nanos(),
            (Self::Time(None), Self::Time(None)) => true,
            _ => false,
        }
    }
}

const fn is(one: &[u8], other: &[u8]) -> bool {
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}

/// A text that is put together in a constant. What is too long is cut.
#[derive(Clone, Copy)]
struct Text {
    bytes: [u8; Self::LONGEST],
    length: usize,
}

impl Text {
    const LONGEST: usize = 2048;
    const EMPTY: Self = Self { bytes: [0; Self::LONGEST], length: 0 };

    const fn push(mut self, text: &str) -> Self {
        let (text, mut index) = (text.as_bytes(), 0);
        while index < text.len() && self.length < Self::LONGEST {
            self.bytes[self.length] = text[index];
            self.length += 1;
            index += 1;
        }
        self
    }

    const fn number(self, number: u128) -> Self {
        const DIGITS: &str = "0123456789";
        let before = if number < 10 { self } else { self.number(number / 10) };
        let (_, from) = DIGITS.split_at((number % 10) as usize);
        before.push(from.split_at(1).0)
    }

    /// A field and its value as a topology writes them.
    const fn capability(self, field: &str, value: Value) -> Self {
        let is = self.push("`").push(field).push(": ");
        match value {
            Value::Flag(true) => is.push("true`"),
            Value::Flag(false) => is.push("false`"),
            Value::Word(word) => is.push(word).push("`"),
            Value::Bytes(u64::MAX) | Value::Time(None) => self.push("no `").push(field).push("`"),
            Value::Bytes(bytes) => is.number(bytes as u128).push("B`"),
            Value::Time(Some(time)) => is.number(time.as_millis()).push("ms`"),
        }
    }

    const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "an adapter cannot do what the topology says of it",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pontoon_schema::capability::Ordering;

    use super::*;
    use crate::bridge::EventAdapter;
    use crate::environment::Setup;
    use crate::maybe_ready::MaybeReady;

    #[derive(Debug)]
    struct Spool;

    impl EventBridge for Spool {
        const CAPABILITIES: Bridge = Bridge { durable: true, largest_payload: 4096, ..Bridge::CUSTOM };

        fn open<'a>(&'a self, _: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
            MaybeReady::ready(None)
        }
    }

    fn refused(said: &Bridge) -> String {
        let refused = std::panic::catch_unwind(|| agree::<Spool>("crate::Spool", "environments.here", said));
        *refused.expect_err("they differ").downcast::<String>().expect("a text")
    }

    #[test]
    fn what_is_the_same_compiles() {
        const _: () = agree::<Spool>("crate::Spool", "environments.here", &Spool::CAPABILITIES);
    }

    #[test]
    fn what_differs_is_named_with_both_values() {
        const SAID: Bridge = Spool::CAPABILITIES;
        assert_eq!(
            refused(&Bridge { durable: false, ..SAID }),
            "`crate::Spool` (environments.here): the topology says `durable: false`, and its constant CAPABILITIES says \
             `durable: true`: change the one that is wrong"
        );
        let ordered = refused(&Bridge { ordering: Ordering::ByKey, ..SAID });
        assert!(ordered.contains("`ordering: by_key`") && ordered.contains("`ordering: one_consumer`"), "{ordered}");
        let sized = refused(&Bridge { largest_payload: u64::MAX, ..SAID });
        assert!(sized.contains("says no `largest_payload`") && sized.contains("`largest_payload: 4096B`"), "{sized}");
        let held = refused(&Bridge { longest_hold: Some(Duration::from_secs(90)), ..SAID });
        assert!(held.contains("`longest_hold: 90000ms`"), "{held}");
    }
}

//! How rules put things into the user's words: lists, times, types and adapters as the topology spells them.

use std::fmt::Display;
use std::time::Duration;

use crate::graph::Node;
use crate::topology::{EventId, Handler, QueueId, Topology};

/// Of more places or names than this, the first are shown: nobody reads on, and reports stay small whatever comes.
pub(super) const SHOWN: usize = 12;

/// Something that has a name: it is put into words only where it is shown.
#[derive(Clone, Copy)]
pub(super) enum Named {
    Handler(Handler),
    Event(EventId),
    Queue(QueueId),
}

impl Named {
    /// `user.sign_up`; an event or a queue in backticks.
    pub(super) fn shown(self, topology: &Topology) -> String {
        match self {
            Named::Handler(handler) => topology.address(handler),
            Named::Event(id) => format!("`{}`", topology.events[id].name.value),
            Named::Queue(id) => format!("`{}`", topology.queues[id].name.value),
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn listed<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    joined(items, "and")
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn either<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    joined(items, "or")
}

fn joined<T: Display>(items: impl IntoIterator<Item = T>, last: &str) -> String {
    let mut items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.len() > SHOWN {
        let more = items.len() - SHOWN + 1;
        items.truncate(SHOWN - 1);
        items.push(format!("{more} more"));
    }
    match items.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}

/// A time as it can be written into the topology: `500ms`, `90s`, `24h`.
pub(super) fn time(duration: Duration) -> String {
    const UNITS: [(u128, &str); 4] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let milliseconds = duration.as_millis();
    let unit = UNITS.into_iter().find(|(length, _)| milliseconds > 0 && milliseconds.is_multiple_of(*length));
    unit.map_or_else(|| format!("{milliseconds}ms"), |(length, name)| format!("{}{name}", milliseconds / length))
}

/// A time that was worked out, for people: `500ms`, `1s 650ms`, `4h 8m`. Its two largest units say enough.
pub(super) fn length(duration: Duration) -> String {
    const UNITS: [(u128, &str); 5] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms")];
    let milliseconds = duration.as_millis();
    let Some(first) = UNITS.iter().position(|(length, _)| milliseconds >= *length) else { return time(duration) };
    let (length, name) = UNITS[first];
    let whole = format!("{}{name}", milliseconds / length);
    let rest = UNITS.get(first + 1).map(|(next, name)| (milliseconds % length / next, name));
    match rest.filter(|(count, _)| *count > 0) {
        Some((count, name)) => format!("{whole} {count}{name}"),
        None => whole,
    }
}

/// A time that is long enough, and short to write: whole seconds, where it is longer than one.
pub(super) fn whole_seconds(duration: Duration) -> Duration {
    if duration < Duration::from_secs(1) {
        return duration;
    }
    Duration::from_secs(duration.as_secs() + u64::from(duration.subsec_nanos() > 0))
}

/// A size as it can be written into the topology: `200B`, `64KiB`, `64MiB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let unit = UNITS.into_iter().find(|(length, _)| bytes > 0 && bytes.is_multiple_of(*length));
    unit.map_or_else(|| format!("{bytes}B"), |(length, name)| format!("{}{name}", bytes / length))
}

/// A type as the user writes it: relative to `types:` where it can be.
pub(super) fn written(topology: &Topology, r#type: impl Display) -> String {
    let text = r#type.to_string();
    topology.types.as_ref().map_or(text.clone(), |types| text.replace(&format!("{}::", types.value), ""))
}

/// A handler by its address, an event or a queue by its name.
pub(super) fn node(topology: &Topology, node: Node) -> String {
    match node {
        Node::Handler(handler) => topology.address(handler),
        Node::Event(id) => format!("`{}`", topology.events[id].name.value),
        Node::Queue(id) => format!("`{}`", topology.queues[id].name.value),
    }
}

/// `one call`, `3 calls`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("one {one}") } else { format!("{number} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_words_of_the_topology() {
        assert_eq!(listed(["a"]), "a");
        assert_eq!(listed(["a", "b", "c"]), "a, b and c");
        assert_eq!(either(["a", "b"]), "a or b");
        assert!(listed(0..20).ends_with("10 and 9 more"));
        assert_eq!(time(Duration::from_millis(1_500)), "1500ms");
        assert_eq!(time(Duration::from_secs(90)), "90s");
        assert_eq!(time(Duration::from_secs(86_400)), "1d");
        assert_eq!(length(Duration::from_millis(1_650)), "1s 650ms");
        assert_eq!(length(Duration::from_secs(4 * 60 * 60 + 8 * 60 + 5)), "4h 8m");
        assert_eq!(length(Duration::from_secs(60)), "1m");
        assert_eq!(length(Duration::ZERO), "0ms");
        assert_eq!(size(64 << 20), "64MiB");
        assert_eq!(size(200), "200B");
        assert_eq!(count(1, "call", "calls"), "one call");
    }
}

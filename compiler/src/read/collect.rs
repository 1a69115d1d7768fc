//! Nodes made of their children, and keys that stand twice among them.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

use super::tree::{Entry, Id, Key, Kind, LARGE, Tree};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

pub(super) fn push(tree: &mut Tree, entry: Entry) -> Id {
    let id = Id(u32::try_from(tree.entries.len()).unwrap_or(u32::MAX));
    tree.entries.push(entry);
    id
}

/// Makes a node of its children. Keys that stand twice are reported, with the first node and each later one, and the
/// later ones left out.
pub(super) fn collect(
    tree: &mut Tree,
    kind: Kind,
    key: Option<Key>,
    span: Span,
    children: &[Id],
    twice: &mut dyn FnMut(&Tree, Id, Id),
) -> Id {
    let mapping = matches!(kind, Kind::Mapping);
    let kept = if mapping { once_each(tree, children, twice) } else { children.to_vec() };
    let mut sorted = kept.clone();
    if mapping && sorted.len() > LARGE as usize {
        sorted.sort_by(|left, right| tree.key(*left).cmp(tree.key(*right)));
    }
    let first = tree.children.len();
    tree.children.extend_from_slice(&kept);
    tree.sorted.append(&mut sorted);
    let mut weight = 1_u32;
    let mut height = 0;
    for child in &kept {
        let child = &tree.entries[child.0 as usize];
        weight = weight.saturating_add(child.weight);
        height = height.max(child.height);
    }
    let place = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let (first, last) = (place(first), place(tree.children.len()));
    push(tree, Entry { kind, key, span, first, last, weight, height: height + 1 })
}

/// The children of a mapping without those whose key stood before, which are reported.
fn once_each(tree: &Tree, children: &[Id], twice: &mut dyn FnMut(&Tree, Id, Id)) -> Vec<Id> {
    let mut first: HashMap<&str, Id> = HashMap::with_capacity(children.len());
    let mut kept = Vec::with_capacity(children.len());
    for child in children {
        match first.entry(tree.key(*child)) {
            Slot::Vacant(free) => {
                free.insert(*child);
                kept.push(*child);
            }
            Slot::Occupied(original) => twice(tree, *original.get(), *child),
        }
    }
    kept
}

/// Reports a key that stands twice in one mapping.
pub(super) fn twice(tree: &Tree, what: &str, first: Id, again: Id) -> Diagnostic {
    let place = |id: Id| {
        let entry = &tree.entries[id.0 as usize];
        entry.key.map_or(entry.span, |key| key.span)
    };
    let key = pontoon_schema::name::shown(tree.key(again));
    let (message, help) = if what == "key" {
        (format!("the key `{key}:` stands twice in the same place"), "keep one of them")
    } else {
        (format!("the {what} `{key}` is defined twice"), "give one of them another name, or merge them into one")
    };
    Diagnostic::error("duplicate_name", message)
        .label(place(first), "first here")
        .label(place(again), "and here again")
        .help(help)
}

/// What one entry of a section is called.
pub(super) fn singular(section: &str) -> &'static str {
    match section {
        "services" => "service",
        "versions" => "version",
        "commands" => "command",
        "subscriptions" => "subscription",
        "workers" => "worker",
        "schedules" => "schedule",
        "events" => "event",
        "queues" => "queue",
        "state" => "state collection",
        "environments" => "environment",
        "deployments" => "deployment",
        "units" => "unit",
        _ => "key",
    }
}

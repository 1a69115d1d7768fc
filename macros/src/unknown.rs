//! The words for an address that names nothing, or more than one thing: what was meant, and what there is.

use std::fmt::Display;

use pontoon_schema::handover::Entry;

use crate::ast::Handler;

/// Names of which at least this share agrees are taken for a slip of the finger.
const ALIKE: f64 = 0.7;

/// Lists longer than this say how many more there are.
const LISTED: usize = 12;

/// The message for an address that no operation has.
pub(crate) fn operation(entries: &[Entry], handler: &Handler<'_>) -> String {
    let Handler { symbol, address, .. } = handler;
    let (service, operation) = (address.service.to_string(), address.operation.to_string());

    let of_service: Vec<_> = entries.iter().filter(|entry| entry.service == service).collect();
    if of_service.is_empty() {
        let services = distinct(entries.iter().map(|entry| entry.service.clone()));
        let meant = did_you_mean(&service, &services);
        return format!("the topology has no service `{service}`{meant}\nit has {}", list(&services));
    }

    let of_version: Vec<_> = of_service.iter().copied().filter(|entry| address.names_version_of(entry)).collect();
    if let (Some(version), true) = (&address.version, of_version.is_empty()) {
        let versions = distinct(of_service.iter().map(|entry| format!("v{}", entry.version)));
        return format!("the service `{service}` has no version `{version}`\nit has {}", list(&versions));
    }

    let names =
        distinct(of_version.iter().filter(|entry| entry.kind == symbol.kind).map(|entry| entry.operation.clone()));
    let meant = did_you_mean(&operation, &names);
    let word = symbol.word;
    if names.is_empty() {
        return format!("the service `{service}` has no {word} `{operation}`, and no other {word} either");
    }
    format!("the service `{service}` has no {word} `{operation}`{meant}\nits {word}s are {}", list(&names))
}

/// The message for an address without a version where several have the operation.
pub(crate) fn version(named: &[&Entry], handler: &Handler<'_>) -> String {
    let address = &handler.address;
    let written = named.iter().map(|entry| format!("{}.v{}.{}", entry.service, entry.version, entry.operation));
    format!("`{address}` is in several versions: write {}", list_with("or", &written.collect::<Vec<_>>()))
}

fn distinct(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn did_you_mean(written: &str, names: &[String]) -> String {
    names
        .iter()
        .map(|name| (strsim::jaro_winkler(written, name), name))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| format!(": did you mean `{name}`?"))
        .unwrap_or_default()
}

fn list(names: &[impl Display]) -> String {
    list_with("and", names)
}

fn list_with(word: &str, names: &[impl Display]) -> String {
    let (shown, rest) = names.split_at(names.len().min(LISTED));
    let mut shown: Vec<_> = shown.iter().map(|name| format!("`{name}`")).collect();
    if !rest.is_empty() {
        shown.push(format!("{} more", rest.len()));
    }
    match &shown[..] {
        [] => "none".to_owned(),
        [only] => only.clone(),
        [all @ .., last] => format!("{} {word} {last}", all.join(", ")),
    }
}

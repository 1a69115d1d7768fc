//! A schedule runs either at intervals or by the calendar: the document type alone can't say so.

use super::Source;
use super::tree::Node;
use crate::diagnostic::Diagnostic;

/// Finds schedules that have both, or neither.
pub(super) fn check(source: &Source) -> Vec<Diagnostic> {
    let services = source.document.services.iter();
    let schedules = services.flat_map(|(name, service)| {
        service.versions.iter().flat_map(move |(version, body)| {
            let place = source.spans.root().get("services").and_then(|services| services.get(name));
            let place = if service.short {
                place
            } else {
                let versions = place.and_then(|service| service.get("versions"));
                versions.and_then(|versions| versions.get(&version.number().to_string()))
            };
            let place = place.and_then(|version| version.get("schedules"));
            body.schedules.iter().filter_map(move |(name, schedule)| Some((place?.get(name)?, schedule)))
        })
    });
    let wrong = schedules.filter(|(_, schedule)| schedule.every.is_some() == schedule.cron.is_some());
    wrong.map(|(node, _)| problem(node)).collect()
}

fn problem(node: Node<'_>) -> Diagnostic {
    let name = node.key().unwrap_or_default();
    match (node.get("every"), node.get("cron")) {
        (Some(every), Some(cron)) => {
            Diagnostic::error("invalid_value", format!("the schedule `{name}` runs at intervals and by the calendar"))
                .label(every.key_span(), "at intervals")
                .label(cron.key_span(), "by the calendar")
                .help("keep one of them, or make two schedules")
        }
        _ => Diagnostic::error("missing_key", format!("the schedule `{name}` does not say when it runs"))
            .label(node.key_span(), "`every:` or `cron:` belongs here")
            .help("add `every: 1m`, or `cron: 0 3 * * *` for three in the morning, UTC"),
    }
}

//! A schedule runs either at intervals or by the calendar, and only the calendar has a time zone: the document type
//! alone can't say so.

use super::Source;
use super::tree::Node;
use crate::diagnostic::Diagnostic;

/// Finds schedules that have both, or neither, or a time zone for an interval.
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
    let found = schedules.filter_map(|(node, schedule)| {
        if schedule.every.is_some() == schedule.cron.is_some() {
            return Some(problem(node));
        }
        let zone = node.get("zone").filter(|_| schedule.zone.is_some() && schedule.cron.is_none());
        zone.map(|zone| zone_without_calendar(node, zone))
    });
    found.collect()
}

fn zone_without_calendar(node: Node<'_>, zone: Node<'_>) -> Diagnostic {
    let name = node.key().unwrap_or_default();
    let message = format!("the schedule `{name}` runs at intervals, which are the same in every time zone");
    let found = Diagnostic::error("invalid_value", message).label(zone.key_span(), "nothing is done by this clock");
    let found = match node.get("every") {
        Some(every) => found.label(every.key_span(), "at intervals"),
        None => found,
    };
    found.help("delete `zone:`, or say by `cron:` when it runs")
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
            .help("add `every: 1m`, or `cron: 0 3 * * *` for three in the morning"),
    }
}

//! What the derives have to know: where each operation of the topology is found in Rust.

use pontoon_schema::handover::{Entry, Handover, Input, Kind};

use super::File;
use super::local::text_seen_from;
use crate::plan::{Operation, Plan, ServiceModule, ServiceVersion, Trigger};

/// The handover of a crate, in the schema's own text format.
pub(super) fn file(plan: &Plan, krate: Option<&str>, runtime: &str) -> File {
    let contract = text_seen_from(krate, plan.contract.path.0.as_str());
    let mut handover = Handover { contract, runtime: runtime.to_owned(), entries: Vec::new() };
    for service in &plan.contract.services {
        for version in &service.versions {
            let entries = version.operations.iter().map(|operation| entry(service, version, operation, krate));
            handover.entries.extend(entries);
        }
    }
    File { name: "handover.txt".to_owned(), text: handover.to_text() }
}

fn entry(service: &ServiceModule, version: &ServiceVersion, operation: &Operation, krate: Option<&str>) -> Entry {
    let marker = &operation.marker;
    Entry {
        kind: match operation.trigger {
            Trigger::Command { .. } => Kind::Command,
            Trigger::Subscription { .. } => Kind::Subscription,
            Trigger::Worker { .. } => Kind::Worker,
            Trigger::Schedule { .. } => Kind::Schedule,
        },
        input: match operation.trigger.batch() {
            Some(_) => Input::Batch,
            None => Input::One,
        },
        service: service.name.clone(),
        version: version.version,
        operation: operation.module.clone(),
        marker: marker.to_string(),
        module: [marker.modules.join("::").as_str(), "::", &operation.module].concat(),
        resources: text_seen_from(krate, version.resources.0.as_str()),
        handler: text_seen_from(krate, operation.handler.0.as_str()),
    }
}

//! `repeated_schedule`: what a schedule writes or sends, once in each of several instances.

use super::Input;
use super::wording::{SHOWN, listed};
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Deployment, Handler, Schedule, ScheduleId, Timetable};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    for (id, schedule) in input.topology.schedules.iter() {
        if schedule.single.value || is_harmless(schedule) {
            continue;
        }
        let scales_out = input
            .placements
            .iter()
            .filter(|placement| placement.scales_out() && !placement.homes(Handler::Schedule(id)).is_empty());
        let deployments: Vec<&Deployment> = scales_out.map(|placement| placement.deployment).collect();
        findings.extend(finding(input, id, &deployments));
    }
}

/// Whether the topology says that running it twice does no harm. Where instances run at intervals, each has times of
/// its own, and no key is the same.
fn is_harmless(schedule: &Schedule) -> bool {
    let operation = &schedule.operation;
    let is_recognised = operation.idempotency.is_some() && matches!(schedule.timetable.value, Timetable::Cron(_));
    operation.repeatable.value || is_recognised
}

fn finding(input: &Input<'_>, id: ScheduleId, deployments: &[&Deployment]) -> Option<Diagnostic> {
    let (topology, schedule) = (input.topology, &input.topology.schedules[id]);
    let first = deployments.first()?;
    let edges = &schedule.operation.edges;
    let written =
        edges.changes().map(|edge| (edge.span, format!("writes `{}`", topology.states[edge.value].name.value)));
    let emitted = edges.emits.iter();
    let emitted = emitted.map(|edge| (edge.span, format!("emits `{}`", topology.events[edge.value].name.value)));
    let enqueued = edges.enqueues.iter();
    let enqueued =
        enqueued.map(|edge| (edge.span, format!("puts a job into `{}`", topology.queues[edge.value].name.value)));
    let effects: Vec<_> = written.chain(emitted).chain(enqueued).collect();
    if effects.is_empty() {
        return None;
    }
    let address = topology.address(Handler::Schedule(id));
    let what = listed(effects.iter().map(|(_, what)| what));
    let message = format!("{address} {what} once in each instance of its unit");
    let mut found = Diagnostic::warning("repeated_schedule", message);
    for (span, what) in effects.into_iter().take(SHOWN) {
        found = found.label(span, format!("each instance {what}"));
    }
    let label = format!("`{}` can have several instances of a unit", first.name.value);
    Some(found.label(first.pattern.span, label).help(format!(
        "write `single: true` on {address} for one instance at a time, or `repeatable: true` if each may do it"
    )))
}

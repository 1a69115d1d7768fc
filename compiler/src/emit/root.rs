//! The file that `pontoon::topology!()` includes: a module for each of the others.

use super::code::{Code, Literal, Name, code};
use super::custom;
use super::layout::Printer;
use crate::plan::{Contract, Deployment, Plan, Selection, Unit};

pub(super) fn print(plan: &Plan, selection: &Selection) -> Printer {
    let mut printer = Printer::default();
    match selection.contract {
        true => modules(&mut printer, &plan.contract),
        false => {
            let path = Code::of_user(plan.contract.path.0.as_str(), selection.krate.as_deref());
            printer.line(&code!("pub use ", path, "::*;"));
        }
    }
    for (deployment, units, _) in selection.deployments(plan) {
        self::deployment(&mut printer, deployment, &units);
    }
    if selection.client(plan).is_some() {
        module(&mut printer, "client", "client", "The way in for callers from outside.");
    }
    if let Some(compared) = custom::print(plan, selection) {
        printer.quoted(&compared);
    }
    printer
}

/// The units of a deployment: one alone is the module of its own deployment, others are modules below it.
fn deployment(printer: &mut Printer, deployment: &Deployment, units: &[&Unit]) {
    let of_unit = |printer: &mut Printer, unit: &Unit| {
        let modules = &unit.place.modules;
        module(printer, modules.last().unwrap_or(&deployment.name), &modules.join("."), &unit.description);
    };
    if let [unit] = units
        && unit.place.modules.len() == 1
    {
        return of_unit(printer, unit);
    }
    printer.item();
    printer.doc(&deployment.description);
    printer.block(&code!("pub mod ", Name(&deployment.name)), |printer| {
        units.iter().for_each(|unit| of_unit(printer, unit));
    });
}

fn modules(printer: &mut Printer, contract: &Contract) {
    for service in &contract.services {
        module(printer, &service.name, &service.name, &service.description);
    }
    let others = [
        (contract.events.is_empty(), "event", "Facts that are published."),
        (contract.queues.is_empty(), "queue", "Jobs for workers."),
        (contract.states.is_empty(), "state", "What handlers keep."),
        (contract.secrets.is_empty(), "secret", "What handlers may read of the secret store."),
    ];
    for (_, name, description) in others.into_iter().filter(|(is_empty, ..)| !is_empty) {
        module(printer, name, name, description);
    }
}

/// A module whose code is in `file`.
fn module(printer: &mut Printer, name: &str, file: &str, description: &str) {
    let file = [file, ".rs"].concat();
    printer.item();
    printer.doc(description);
    printer.block(&code!("pub mod ", Name(name)), |printer| {
        printer.line(&code!("include!(", Literal(&file), ");"));
    });
}

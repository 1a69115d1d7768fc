//! A unit: the struct of its handlers and ports, the routes to the handlers, and what makes, runs and starts it.

mod assembly;
mod functions;
mod ports;
mod remote;
mod services;

use std::collections::BTreeSet;

use super::code::{Code, Name, Piece as _, code};
use super::layout::Printer;
use super::scope::{Scope, used};
use crate::plan::{Deployment, Environment, Kept, Place, Unit};

/// What a unit is printed from.
pub(super) struct Source<'a> {
    /// The name of the topology.
    pub(super) topology: &'a str,
    pub(super) deployment: &'a Deployment,
    pub(super) unit: &'a Unit,
    /// Where it runs.
    pub(super) environments: &'a [&'a Environment],
    /// Whether the contract has the module `event`.
    pub(super) has_events: bool,
}

pub(super) fn print(krate: Option<&str>, source: &Source<'_>) -> Printer {
    let unit = source.unit;
    let defined = unit.services.iter().map(|member| member.structure.as_str());
    let scope = Scope::new(krate, defined.chain(["Resources", unit.place.item.as_str()]));
    let mut code = Printer::default();
    resources(&mut code, &scope, unit);
    structure(&mut code, &scope, unit);
    services::print(&mut code, &scope, unit);
    remote::print(&mut code, &scope, unit);
    ports::print(&mut code, &scope, unit);
    assembly::print(&mut code, &scope, source);
    functions::print(&mut code, &scope, unit);
    let mut printer = Printer::default();
    printer.uses(markers(source).into_iter().chain(scope.uses()));
    printer.append(&code);
    printer
}

/// The struct of the unit.
fn name(unit: &Unit) -> Name<'_> {
    Name(&unit.place.item)
}

/// The modules of the contract that the unit refers to. They lie beside the outermost of its own.
fn markers(source: &Source<'_>) -> Option<Code> {
    let unit = source.unit;
    let handlers = unit.services.iter().flat_map(|member| &member.handlers).map(|handler| &handler.marker);
    let ports =
        [&unit.emits, &unit.enqueues, &unit.keeps, &unit.reveals].into_iter().flatten().map(|port| &port.marker);
    let reached = unit.reaches.iter().map(|reached| &reached.marker);
    let kept = unit.keeps_for.iter().flat_map(Kept::named);
    let markers = handlers.chain(ports).chain(reached).chain(kept);
    let event = source.has_events.then_some("event");
    let roots: BTreeSet<&str> = markers.map(Place::root).chain(event).collect();
    let mut up = Code::default();
    unit.place.modules.iter().for_each(|_| "super::".add_to(&mut up));
    used(&up, roots.into_iter().map(Name))
}

/// The struct that the user makes the unit from.
fn resources(printer: &mut Printer, scope: &Scope<'_>, unit: &Unit) {
    printer.item();
    printer.verbatim_doc(&["What the services of this unit are made from."]);
    printer.block(&code!("pub struct Resources"), |printer| {
        for member in &unit.services {
            printer.verbatim_doc(&["For the handlers of `", &member.service, "`."]);
            printer.line(&code!("pub ", Name(&member.field), ": ", scope.named(&member.resources), ","));
        }
    });
}

/// The unit itself.
fn structure(printer: &mut Printer, scope: &Scope<'_>, unit: &Unit) {
    printer.item();
    printer.doc(&unit.description);
    printer.block(&code!("pub struct ", name(unit)), |printer| {
        for member in &unit.services {
            printer.line(&code!(Name(&member.field), ": ", Name(&member.structure), ","));
        }
        printer.lines(ports::fields(scope, unit));
    });
}

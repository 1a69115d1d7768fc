//! The contract: a file for each service, and one each for events, queues, state collections and secrets.

mod context;
mod event;
mod operation;
mod queue;
mod secret;
mod state;

use super::code::{Name, code};
use super::layout::Printer;
use super::scope::Scope;
use crate::plan::{Contract, Event, Place, Queue, Secret, ServiceModule, ServiceVersion, State};

/// The modules of the contract, each with its name, what it holds in words, and its code. One without items is left
/// out.
pub(super) fn modules<'a>(
    krate: Option<&'a str>,
    contract: &'a Contract,
) -> impl Iterator<Item = (&'a str, String, Printer)> {
    let Contract { services, events, queues, states, secrets, .. } = contract;
    let services = services
        .iter()
        .map(move |service| (&*service.name, format!("The service `{}`", service.name), self::service(krate, service)));
    let others = [
        (!events.is_empty()).then(|| ("event", "The events".to_owned(), self::events(krate, events))),
        (!queues.is_empty()).then(|| ("queue", "The queues".to_owned(), self::queues(krate, queues))),
        (!states.is_empty()).then(|| ("state", "The state".to_owned(), self::states(krate, states))),
        (!secrets.is_empty()).then(|| ("secret", "The secrets".to_owned(), self::secrets(krate, secrets))),
    ];
    services.chain(others.into_iter().flatten())
}

/// All versions of a service. A single one is not set apart.
fn service(krate: Option<&str>, service: &ServiceModule) -> Printer {
    let mut printer = Printer::default();
    for version in &service.versions {
        match &version.module {
            Some(module) => {
                printer.item();
                printer.doc(&version.description);
                printer.block(&code!("pub mod ", Name(module)), |printer| self::version(printer, krate, version));
            }
            None => self::version(&mut printer, krate, version),
        }
    }
    printer
}

fn version(printer: &mut Printer, krate: Option<&str>, version: &ServiceVersion) {
    let scope = Scope::new(krate, version.operations.iter().map(|operation| operation.marker.item.as_str()));
    let mut operations = printer.inner();
    for operation in &version.operations {
        operation::print(&mut operations, &scope, operation);
    }
    printer.uses(scope.uses());
    printer.append(&operations);
}

/// The module `event`.
fn events(krate: Option<&str>, events: &[Event]) -> Printer {
    let scope = Scope::new(krate, events.iter().map(|event| event.marker.item.as_str()));
    let mut printed = Printer::default();
    for event in events {
        event::print(&mut printed, &scope, event);
    }
    event::all_subscriptions(&mut printed, &scope, events);
    below_uses(&scope, &printed)
}

/// The module `queue`.
fn queues(krate: Option<&str>, queues: &[Queue]) -> Printer {
    let scope = Scope::new(krate, queues.iter().map(|queue| queue.marker.item.as_str()));
    module(&scope, queues, queue::print)
}

/// The module `state`.
fn states(krate: Option<&str>, states: &[State]) -> Printer {
    let scope = Scope::new(krate, states.iter().map(|state| state.marker.item.as_str()));
    module(&scope, states, state::print)
}

/// The module `secret`.
fn secrets(krate: Option<&str>, secrets: &[Secret]) -> Printer {
    let scope = Scope::new(krate, secrets.iter().map(|secret| secret.marker.item.as_str()));
    module(&scope, secrets, secret::print)
}

fn module<T>(scope: &Scope<'_>, items: &[T], print: fn(&mut Printer, &Scope<'_>, &T)) -> Printer {
    let mut printed = Printer::default();
    for item in items {
        print(&mut printed, scope, item);
    }
    below_uses(scope, &printed)
}

/// What was printed, below the lines that import what it names.
fn below_uses(scope: &Scope<'_>, printed: &Printer) -> Printer {
    let mut printer = Printer::default();
    printer.uses(scope.uses());
    printer.append(printed);
    printer
}

/// A type without values of interest: its name is the address.
fn marker(printer: &mut Printer, description: &str, marker: &Place) {
    printer.item();
    printer.doc(description);
    printer.line(&code!("#[derive(Clone, Copy, Debug)]"));
    printer.line(&code!("pub struct ", Name(&marker.item), ";"));
}

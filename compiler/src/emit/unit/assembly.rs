//! How a unit is made: from resources and ports, with what it listens to and where it can run.

use quote::quote;

use super::{Source, name, ports};
use crate::emit::code::{Code, Literal, Name, code};
use crate::emit::environment;
use crate::emit::layout::Printer;
use crate::emit::scope::Scope;
use crate::plan::{Kept, Listener, ListenerKind, Member, Served, Unit};

pub(super) fn print(printer: &mut Printer, scope: &Scope<'_>, source: &Source<'_>) {
    let Source { topology, deployment, unit, environments, has_events } = *source;
    let (environment, registration) = (scope.runtime("Environment"), scope.runtime("Registration"));
    printer.item();
    printer.block(&code!("impl ", scope.runtime("Unit"), " for ", name(unit)), |printer| {
        printer.line(&code!("type Resources = Resources;"));
        printer.line(&code!("const TOPOLOGY: &'static str = ", Literal(topology), ";"));
        printer.line(&code!("const NAME: &'static str = ", Literal(&unit.name), ";"));
        let grace = scope.duration(deployment.grace);
        printer.line(&code!("const GRACE: ", scope.duration_type(), " = ", grace, ";"));
        let environments = environments.iter().map(|environment| environment::print(scope, environment));
        printer.quoted_members(&quote!(const ENVIRONMENTS: &'static [#environment] = &[#(#environments),*];));
        if has_events {
            let known = scope.runtime("KnownSubscription");
            printer.line(&code!("const SUBSCRIPTIONS: &'static [&'static [", known, "]] = event::SUBSCRIPTIONS;"));
        }

        let ports: Vec<Code> = ports::made(unit).collect();
        let resources_name = used("resources", unit.services.is_empty());
        let arguments =
            code!(resources_name, ": &Resources, ", used("ports", ports.is_empty()), ": &", scope.runtime("Ports"));
        printer.item();
        printer.block(&code!("fn assemble(", arguments, ") -> Self"), |printer| {
            printer.block(&code!("Self"), |printer| {
                printer.lines(unit.services.iter().map(service));
                printer.lines(ports);
            });
        });

        let listens = listens(unit);
        let registration_name = used("registration", listens.is_empty());
        printer.item();
        printer.block(&code!("fn listen(", registration_name, ": &mut ", registration, "<Self>)"), |printer| {
            printer.lines(listens);
        });
    });
}

/// The name of a parameter that may not be needed.
fn used(name: &'static str, is_unused: bool) -> &'static str {
    if is_unused { "_" } else { name }
}

fn service(member: &Member) -> Code {
    let field = Name(&member.field);
    code!(field, ": ", Name(&member.structure), "::make(&resources.", field, "),")
}

/// What the unit does on the bridges: it serves calls, listens, and keeps what others have to hear.
fn listens(unit: &Unit) -> Vec<Code> {
    let serves = unit.serves.iter().map(|Served { marker, .. }| code!("registration.serve(", marker, ");"));
    let listens = unit.listens.iter().map(listen);
    let keeps = unit.keeps_for.iter().flat_map(keep);
    serves.chain(listens).chain(keeps).collect()
}

fn keep(kept: &Kept) -> impl Iterator<Item = Code> + '_ {
    let method = if kept.all { "retain" } else { "retain_for" };
    kept.named().into_iter().map(move |marker| code!("registration.", method, "(", marker, ");"))
}

fn listen(listener: &Listener) -> Code {
    let method = match listener.kind {
        ListenerKind::Event => "subscribe",
        ListenerKind::Queue => "work",
        ListenerKind::Clock => "schedule",
    };
    code!("registration.", method, "(", listener.marker, ");")
}

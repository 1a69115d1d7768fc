//! Names that can't stand beside each other in generated code: they become one identifier, or Rust needs the word.

use std::collections::HashMap;

use pontoon_schema::document::Document;
use pontoon_schema::name::{is_keyword, pascal};

use super::Resolver;
use super::names::bodies;
use super::place::children;
use super::rust::Rust;
use crate::diagnostic::{Diagnostic, Findings};
use crate::read::Node;
use crate::source::Span;
use crate::topology::is_prelude;

const CODE: &str = "colliding_name";

/// Modules that `topology` has besides those of services and deployments.
const ROOT: [(&str, &str); 5] = [
    ("client", "the module of the typed client"),
    ("event", "the module of all events"),
    ("queue", "the module of all queues"),
    ("secret", "the module of all secrets"),
    ("state", "the module of all state collections"),
];

/// Crates that generated code names, or may name.
const CRATES: [(&str, &str); 4] = [
    ("alloc", "a crate that generated code may name"),
    ("core", "a crate that generated code may name"),
    ("pontoon", "a crate that generated code names"),
    ("std", "a crate that generated code names"),
];

pub(super) fn check<'s>(resolver: &mut Resolver<'s, '_>, document: &'s Document, root: Node<'_>) {
    let findings = &mut *resolver.findings;
    let mut modules = Scope::default();
    for (section, what) in [("services", "service"), ("deployments", "deployment")] {
        for node in children(root, section) {
            let Some(name) = node.key() else { continue };
            if let Some((_, taken)) = ROOT.iter().find(|(reserved, _)| *reserved == name) {
                findings.add(taken_name(name, what, node.key_span(), taken));
            }
            hidden_crate(&resolver.rust, name, what, node.key_span(), findings);
            modules.add(name, what, node.key_span(), Form::Module, findings);
        }
    }
    for (section, what) in [("events", "event"), ("queues", "queue"), ("state", "state collection")] {
        let mut types = Scope::default();
        for node in children(root, section) {
            types.add(node.key().unwrap_or_default(), what, node.key_span(), Form::Type, findings);
        }
    }
    for node in children(root, "environments") {
        keyword(node.key().unwrap_or_default(), "environment", node.key_span(), findings);
    }
    for (service, node) in document.services.values().zip(children(root, "services")) {
        for (_, _, node) in bodies(service, node) {
            handlers(&resolver.rust, node, findings);
        }
    }
    let mut secrets = Scope::default();
    for secret in resolver.topology.secrets.values() {
        secrets.add(&secret.name.value, "secret", secret.name.span, Form::Type, findings);
    }
    if let Some(name) = root.get("name") {
        keyword(&document.name, "topology", name.value_span(), findings);
    }
}

/// Units of one deployment are modules beside each other, and each is a type beside those of its services.
pub(super) fn check_units(resolver: &mut Resolver<'_, '_>) {
    let topology = &resolver.topology;
    for deployment in topology.deployments.values() {
        let mut modules = Scope::default();
        for unit in &deployment.units {
            let unit = &topology.units[*unit];
            modules.add(&unit.name.value, "unit", unit.name.span, Form::Module, resolver.findings);
            let (name, item) = (&unit.name.value, pascal(&unit.name.value));
            let service = unit.services.iter().map(|service| &topology.services[service.value].name.value);
            let handlers = service.into_iter().find(|service| pascal(service) + "Handlers" == item);
            let taken = match handlers {
                _ if item == "Resources" => {
                    "what the handlers of a unit are made from is called `Resources`".to_owned()
                }
                Some(service) => format!("the handlers of `{service}` are called `{item}`"),
                None => continue,
            };
            resolver.findings.add(
                Diagnostic::error(CODE, format!("a unit can't be called `{name}`"))
                    .label(unit.name.span, format!("in generated code it is `{item}`, and {taken}"))
                    .help("give the unit another name"),
            );
        }
    }
}

fn taken_name(name: &str, what: &str, span: Span, taken: &str) -> Diagnostic {
    Diagnostic::error(CODE, format!("{} can't be called `{name}`", with_article(what)))
        .label(span, format!("`{name}` is {taken}"))
        .help(format!("give the {what} another name"))
}

/// What becomes a module hides a crate of its name from the code beside it.
fn hidden_crate(rust: &Rust<'_>, name: &str, what: &str, span: Span, findings: &mut Findings) {
    if let Some((_, taken)) = CRATES.iter().find(|(reserved, _)| *reserved == name) {
        findings.add(taken_name(name, what, span, taken));
    } else if let Some(named) = rust.crate_named(name) {
        findings.add(
            Diagnostic::error(CODE, format!("`{name}` is {} and a crate", with_article(what)))
                .label(span, format!("the {what}: in generated code, a module `{name}`"))
                .label(named, "the crate")
                .help(format!("give the {what} another name")),
        );
    }
}

/// Each handler is a type and a module of its service.
fn handlers(rust: &Rust<'_>, service: Node<'_>, findings: &mut Findings) {
    let mut names = Scope::default();
    let kinds =
        [("commands", "command"), ("subscriptions", "subscription"), ("workers", "worker"), ("schedules", "schedule")];
    for (section, what) in kinds {
        for node in children(service, section) {
            let name = node.key().unwrap_or_default();
            names.add(name, what, node.key_span(), Form::Type, findings);
            hidden_crate(rust, name, what, node.key_span(), findings);
        }
    }
}

/// What a name becomes.
#[derive(Clone, Copy)]
enum Form {
    /// A module: `send_welcome`.
    Module,
    /// A type: `SendWelcome`. Where it is a module too, names that differ as modules may still be one type.
    Type,
}

/// Identifiers that are taken, each with who took it.
#[derive(Default)]
struct Scope<'a> {
    taken: HashMap<String, (&'a str, &'static str, Span)>,
}

impl<'a> Scope<'a> {
    fn add(&mut self, name: &'a str, what: &'static str, span: Span, form: Form, findings: &mut Findings) {
        if keyword(name, what, span, findings) {
            return;
        }
        let identifier = match form {
            Form::Module => name.to_owned(),
            Form::Type => pascal(name),
        };
        if identifier == "Self" {
            findings.add(
                Diagnostic::error(CODE, format!("{} can't be called `{name}`", with_article(what)))
                    .label(span, "it would be `Self` in generated code, a word that Rust keeps for itself")
                    .help(format!("choose another name, such as `own_{}`", what.replace(' ', "_"))),
            );
            return;
        }
        if matches!(form, Form::Type) && is_prelude(&identifier) {
            findings.add(
                Diagnostic::error(CODE, format!("{} can't be called `{name}`", with_article(what)))
                    .label(span, format!("generated code would hide Rust's own `{identifier}`"))
                    .help(format!("give the {what} another name, such as `{name}_entry`")),
            );
            return;
        }
        let Some((other, other_what, first)) = self.taken.get(&identifier) else {
            self.taken.insert(identifier, (name, what, span));
            return;
        };
        let message = match *other == name {
            true => format!("`{name}` is {} and {}", with_article(other_what), with_article(what)),
            false => format!("`{other}` and `{name}` become one name in Rust: `{identifier}`"),
        };
        findings.add(
            Diagnostic::error(CODE, message)
                .label(span, format!("the {what} `{name}` is `{identifier}` in generated code"))
                .label(*first, format!("and so is the {other_what} `{other}`"))
                .help("give one of them another name, that differs in more than its underscores"),
        );
    }
}

/// Whether this is a word of Rust's, which is then reported.
pub(super) fn keyword(name: &str, what: &str, span: Span, findings: &mut Findings) -> bool {
    if !is_keyword(name) {
        return false;
    }
    findings.add(
        Diagnostic::error(CODE, format!("{} can't be called `{name}`", with_article(what)))
            .label(span, "a word that Rust keeps for itself")
            .help(format!("choose another name, such as `{name}_{}`", what.replace(' ', "_"))),
    );
    true
}

fn with_article(what: &str) -> String {
    let article = if what.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {what}")
}

//! `unknown_path`: modules, types and fields of the crate that is being built which the topology names, and which are
//! not there.

use std::collections::{BTreeMap, HashSet};

use super::Input;
use super::input::Built;
use super::wording::SHOWN;
use crate::code::{Code, Found, Look, Missing, Type, Visibility};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Handler, Located, RustPath, RustType, ServiceId, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let Some(built) = &input.built else { return };
    let Some(code) = built.code else { return };
    let mut look = Looking { topology: input.topology, built, code, absent: HashSet::new(), findings };
    let services = look.services();
    look.modules(&services);
    look.adapters();
    if built.contract {
        look.payloads();
        look.keys();
    }
    for service in services {
        look.resources(service);
        look.handlers(service);
    }
}

/// A look at the code.
struct Looking<'a> {
    topology: &'a Topology,
    built: &'a Built<'a>,
    code: &'a Code<'a>,
    /// Modules that are not there, and were reported.
    absent: HashSet<String>,
    findings: &'a mut Findings,
}

impl Looking<'_> {
    /// The services of which this crate has the handlers, or makes the units.
    fn services(&self) -> Vec<ServiceId> {
        let topology = self.topology;
        let asked = topology.services.iter().filter(|(_, service)| self.built.services.contains(&service.name.value));
        let run = self.built.units.iter().flat_map(|unit| topology.units[*unit].services.iter());
        let all: HashSet<ServiceId> = asked.map(|(id, _)| id).chain(run.map(|service| service.value)).collect();
        topology.services.ids().filter(|id| all.contains(id)).collect()
    }

    /// The modules that all others are found in: one that is missing is said once, where it is written.
    fn modules(&mut self, services: &[ServiceId]) {
        let types = self.topology.types.as_ref().filter(|_| self.built.contract);
        let modules = services.iter().map(|id| (&self.topology.services[*id].module, "module"));
        for (written, key) in types.map(|types| (types, "types")).into_iter().chain(modules).collect::<Vec<_>>() {
            let path = self.path(written.value.as_str());
            // What it is there for is a module: something has to follow.
            let Some(path) = path else { continue };
            let Look::Missing(missing) = self.look(&[path.as_slice(), &[String::new()]].concat()) else {
                continue;
            };
            if missing.known == path.len() || !self.absent.insert(written.value.as_str().to_owned()) {
                continue;
            }
            let (before, name) = (path[..missing.known].join("::"), &path[missing.known]);
            let message = match missing.is_private {
                true => format!("the module `{}` is private, and generated code names it", written.value),
                false => format!("there is no module `{name}` in `{before}`"),
            };
            let file = missing.file.display();
            let mut found = Diagnostic::error("unknown_path", message);
            found = match closest(name, &missing.others) {
                _ if missing.is_private => found
                    .label(written.span, format!("private in {file}"))
                    .help(format!("write `pub mod {name}` in {file}, or name another module in `{key}:`")),
                Some(meant) => found
                    .label(written.span, format!("{file} has `{meant}`"))
                    .help(format!("write `{key}: {}`", with(&path, missing.known, &meant))),
                None => found
                    .label(written.span, format!("{file} does not have it"))
                    .help(format!("write `mod {name};` in {file}, or name another module in `{key}:`")),
            };
            self.findings.add(found);
        }
    }

    /// Adapters from elsewhere that are in this crate. How they are made and what they can do is rustc's to compare.
    fn adapters(&mut self) {
        let built = self.built;
        for path in built.opened.iter().filter_map(|(_, connection)| connection.custom.as_ref()) {
            let Some(problem) = self.own(path).filter(|_| self.absent.insert(path.value.as_str().to_owned())) else {
                continue;
            };
            let (adapter, name) = (&path.value, last(&path.value));
            let (message, help) = match &problem {
                Problem::Absent(file) => (
                    format!("there is no adapter `{adapter}`"),
                    format!(
                        "name another type, or write into {file}:\npub struct {name};\nimpl pontoon::adapter::EventBridge for {name} {{ … }}"
                    ),
                ),
                Problem::Private(is, file) => {
                    (format!("the adapter `{adapter}` is {is}"), format!("write `pub struct {name}` in {file}"))
                }
                Problem::Hidden(module, file) => (
                    format!("the adapter `{adapter}` is in a private module"),
                    format!("write `pub mod {module}` in {file}"),
                ),
                Problem::Generic(file) => (format!("the adapter `{adapter}` has parameters"), generic(file)),
            };
            let found = Diagnostic::error("unknown_path", message).label(path.span, "generated code names it so");
            self.findings.add(found.help(help));
        }
    }

    /// What moves between services, and what they keep.
    fn payloads(&mut self) {
        let topology = self.topology;
        let mut types: Vec<&Located<RustType>> = Vec::new();
        types.extend(topology.events.values().map(|event| &event.payload));
        types.extend(topology.queues.values().map(|queue| &queue.payload));
        types.extend(topology.states.values().map(|state| &state.value));
        for command in topology.commands.values() {
            types.extend([&command.input, &command.output].into_iter().chain(&command.rejection));
        }
        let mut places: BTreeMap<String, Vec<Span>> = BTreeMap::new();
        for ty in types {
            for path in paths(ty.value.syntax()) {
                places.entry(path).or_default().push(ty.span);
            }
        }
        for (path, spans) in places {
            self.payload(&path, &spans);
        }
    }

    fn payload(&mut self, text: &str, spans: &[Span]) {
        let Some(path) = self.path(text) else { return };
        let found = match self.look(&path) {
            Look::Unknown => return,
            Look::There(found) => {
                let (name, file) = (&path[path.len() - 1], found.file.display());
                let Some(is) = too_private(found.visibility) else { return };
                Diagnostic::error("unknown_path", format!("the type `{text}` is {is}, and what is generated is public"))
                    .help(format!("write `pub` before `{name}` in {file}"))
            }
            Look::Missing(missing) if self.is_said(&path, &missing) => return,
            Look::Missing(missing) if missing.is_private => {
                let (module, name) = (path[..=missing.known].join("::"), &path[missing.known]);
                let message =
                    format!("the type `{text}` is in the private module `{module}`, and what is generated is public");
                Diagnostic::error("unknown_path", message)
                    .help(format!("write `pub mod {name}` in {}", missing.file.display()))
            }
            Look::Missing(missing) => {
                let (before, name) = (path[..missing.known].join("::"), &path[missing.known]);
                let (what, file) =
                    (if missing.known + 1 == path.len() { "type" } else { "module" }, missing.file.display());
                let found = Diagnostic::error("unknown_path", format!("there is no {what} `{name}` in `{before}`"));
                match closest(name, &missing.others) {
                    Some(meant) => found.help(format!("{file} has `{meant}`: write that one here")),
                    None => found
                        .help(format!("define it in {file}, as a `pub` type, or write the path of another one here")),
                }
            }
        };
        let labelled = spans.iter().take(SHOWN).enumerate();
        let found = labelled.fold(found, |found, (index, span)| match index {
            0 => found.label(*span, format!("means `{text}`")),
            _ => found.label(*span, "and here"),
        });
        self.findings.add(found);
    }

    /// Fields that tell messages apart, or keep them in order.
    fn keys(&mut self) {
        let topology = self.topology;
        for handler in topology.handlers() {
            let input = match handler {
                Handler::Command(id) => &topology.commands[id].input,
                Handler::Subscription(id) => &topology.events[topology.subscriptions[id].event.value].payload,
                Handler::Worker(id) => &topology.queues[topology.workers[id].queue.value].payload,
                Handler::Schedule(_) => continue,
            };
            let idempotency = topology.operation(handler).idempotency.as_ref();
            let ordered = match handler {
                Handler::Subscription(id) => topology.subscriptions[id].ordered.as_ref(),
                _ => None,
            };
            if let Some(idempotency) = idempotency {
                self.key(handler, input, &idempotency.value.key, "tells messages apart");
            }
            if let Some(key) = ordered.and_then(|ordered| ordered.value.key.as_ref()) {
                self.key(handler, input, key, "keeps messages in order");
            }
        }
    }

    /// The first field on the way: those behind it are of types that only rustc knows.
    fn key(&mut self, handler: Handler, input: &Located<RustType>, key: &Located<String>, purpose: &str) {
        let name = key.value.split('.').next().unwrap_or_default();
        let Some(path) = self.path(input.value.as_str()) else { return };
        let Look::There(found) = self.look(&path) else { return };
        let Some(Type { fields: Some(fields), .. }) = &found.definition else { return };
        if fields.iter().any(|field| field == name) {
            return;
        }
        let (address, file) = (self.topology.address(handler), found.file.display());
        let message = format!("`{}` has no field `{name}`, by which {address} {purpose}", input.value);
        let problem = Diagnostic::error("unknown_path", message)
            .label(key.span, "this field is not there")
            .label(input.span, format!("this type, in {file}"));
        self.findings.add(match closest(name, fields) {
            Some(meant) => problem.help(format!("write `key: {meant}`")),
            None => problem.help(format!("its fields are {}", fields.join(", "))),
        });
    }

    fn resources(&mut self, service: ServiceId) {
        let service = &self.topology.services[service];
        let Some(problem) = self.own(&service.resources) else { return };
        let (name, resources) = (&service.name.value, &service.resources);
        let found = Diagnostic::error(
            "unknown_path",
            match &problem {
                Problem::Absent(_) => format!("there are no resources of `{name}`: `{}` is not there", resources.value),
                Problem::Private(is, _) => format!("the resources of `{name}`, `{}`, are {is}", resources.value),
                Problem::Hidden(..) => {
                    format!("the resources of `{name}`, `{}`, are in a private module", resources.value)
                }
                Problem::Generic(_) => format!("the resources of `{name}`, `{}`, have parameters", resources.value),
            },
        );
        self.findings.add(match problem {
            Problem::Generic(file) => found.label(resources.span, "generated code names them so").help(generic(&file)),
            Problem::Hidden(module, file) => found
                .label(resources.span, "a unit is made from them")
                .help(format!("write `pub mod {module}` in {file}")),
            Problem::Private(_, file) => found
                .label(resources.span, "a unit is made from them")
                .help(format!("write `pub struct {}` in {file}", last(&resources.value))),
            Problem::Absent(file) => found
                .label(resources.span, "the handlers of this service are made from them")
                .help(format!(
                    "name the type that holds them (`resources: …`), or write into {file}:\n#[derive(pontoon::Resources)]\npub struct {};",
                    last(&resources.value)
                )),
        });
    }

    fn handlers(&mut self, service: ServiceId) {
        let handlers: Vec<Handler> = self.topology.services[service].handlers().collect();
        for handler in handlers {
            let operation = self.topology.operation(handler);
            let Some(problem) = self.own(&operation.handler) else { continue };
            let (address, path) = (self.topology.address(handler), &operation.handler.value);
            let name = last(path);
            // What is called as the handler would be, and is something else, is no handler that is hidden.
            let elsewhere = self.code.handling(&[&address, &self.topology.full_address(handler)]);
            let elsewhere = elsewhere.filter(|elsewhere| elsewhere != path.as_str());
            if let Some(elsewhere) = elsewhere {
                self.findings.add(
                    Diagnostic::error("unknown_path", format!("`{path}` does not handle {address}"))
                        .label(operation.handler.span, format!("`{elsewhere}` says that it does"))
                        .help(format!("write `handler: {elsewhere}` here")),
                );
                continue;
            }
            let message = match &problem {
                Problem::Absent(_) => format!("nothing handles {address}: `{path}` is not there"),
                Problem::Private(is, _) => format!("the handler of {address}, `{path}`, is {is}"),
                Problem::Hidden(..) => format!("the handler of {address}, `{path}`, is in a private module"),
                Problem::Generic(_) => format!("the handler of {address}, `{path}`, has parameters"),
            };
            let found = Diagnostic::error("unknown_path", message);
            let (derive, attribute) = match handler {
                Handler::Command(_) => ("CommandHandler", "command"),
                Handler::Subscription(_) => ("SubscriptionHandler", "subscription"),
                Handler::Worker(_) => ("QueueWorker", "worker"),
                Handler::Schedule(_) => ("ScheduleHandler", "schedule"),
            };
            self.findings.add(match problem {
                Problem::Generic(file) => {
                    found.label(operation.handler.span, "generated code names it so").help(generic(&file))
                }
                Problem::Hidden(module, file) => found
                    .label(operation.handler.span, "a unit has it")
                    .help(format!("write `pub mod {module}` in {file}")),
                Problem::Private(_, file) => found
                    .label(operation.handler.span, "a unit has it")
                    .help(format!("write `pub struct {name}` in {file}")),
                Problem::Absent(file) => found.label(operation.handler.span, "this needs a handler").help(format!(
                    "name the type that does (`handler: …`), or write into {file}:\n#[derive(pontoon::{derive})]\n\
                     #[{attribute}({address})]\npub struct {name};"
                )),
            });
        }
    }

    /// What of a path there is. Where generated code is not in the root of its crate, it may see what is private
    /// elsewhere.
    fn look(&self, path: &[String]) -> Look {
        let contract = self.topology.contract.value.as_str();
        let is_inside = contract.starts_with("crate::") && contract.matches("::").count() > 1;
        match self.code.look(path) {
            Look::Missing(missing) if missing.is_private && is_inside => Look::Unknown,
            Look::There(found) if found.definition.is_none() && is_inside => {
                Look::There(Found { visibility: Visibility::Imported, ..found })
            }
            found => found,
        }
    }

    /// What is wrong with a type that the user derives something on.
    fn own(&self, written: &Located<RustPath>) -> Option<Problem> {
        let path = self.path(written.value.as_str())?;
        match self.look(&path) {
            Look::Unknown => None,
            Look::There(found) => {
                let file = found.file.display().to_string();
                let has_parameters = found.definition.is_some_and(|definition| definition.has_parameters);
                too_private(found.visibility)
                    .map(|is| Problem::Private(is, file.clone()))
                    .or(has_parameters.then_some(Problem::Generic(file)))
            }
            Look::Missing(missing) if self.is_said(&path, &missing) => None,
            Look::Missing(missing) => {
                let file = missing.file.display().to_string();
                Some(match missing.is_private {
                    true => Problem::Hidden(path[missing.known].clone(), file),
                    false => Problem::Absent(file),
                })
            }
        }
    }

    /// Whether the module is one that was reported already.
    fn is_said(&self, path: &[String], missing: &Missing) -> bool {
        (missing.known..path.len()).any(|end| self.absent.contains(&path[..=end].join("::")))
            || self.absent.iter().any(|absent| path.join("::").starts_with(&format!("{absent}::")))
    }

    /// The segments of a path into this crate; nothing where it leads into another one, or has arguments.
    fn path(&self, text: &str) -> Option<Vec<String>> {
        let mut path: Vec<String> = text.split("::").map(str::to_owned).collect();
        let is_path = |name: &String| name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        let first = path.first_mut()?;
        if self.built.krate == Some(first.as_str()) {
            "crate".clone_into(first);
        }
        (path[0] == "crate" && path.len() > 1 && path.iter().all(is_path)).then_some(path)
    }
}

/// What is wrong with a type.
enum Problem {
    /// It is seen too little: how, and in which file.
    Private(&'static str, String),
    /// It is in this module, which is private, in which file.
    Hidden(String, String),
    /// It has parameters, in which file.
    Generic(String),
    /// It is not there: in which file it would be.
    Absent(String),
}

fn generic(file: &str) -> String {
    format!(
        "take the parameters out in {file}: what differs from one deployment or test to the next is a field of its own, `Arc<dyn …>`"
    )
}

fn too_private(visibility: Visibility) -> Option<&'static str> {
    match visibility {
        Visibility::Public | Visibility::Imported => None,
        Visibility::Crate => Some("`pub(crate)`"),
        Visibility::Private => Some("private"),
    }
}

/// The paths of more than one segment in a type.
fn paths(ty: &syn::Type) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![ty];
    while let Some(ty) = open.pop() {
        match ty {
            syn::Type::Tuple(tuple) => open.extend(&tuple.elems),
            syn::Type::Array(array) => open.push(&array.elem),
            syn::Type::Path(path) => {
                let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
                found.extend((names.len() > 1).then(|| names.join("::")));
                for segment in &path.path.segments {
                    let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else { continue };
                    open.extend(arguments.args.iter().filter_map(|argument| match argument {
                        syn::GenericArgument::Type(ty) => Some(ty),
                        _ => None,
                    }));
                }
            }
            _ => {}
        }
    }
    found
}

fn last(path: &RustPath) -> &str {
    path.as_str().rsplit("::").next().unwrap_or_default()
}

/// The path with another segment at one place.
fn with(path: &[String], index: usize, name: &str) -> String {
    let segments = path.iter().enumerate().map(|(at, segment)| if at == index { name } else { segment.as_str() });
    segments.collect::<Vec<_>>().join("::")
}

/// The one of which a name is probably a slip.
fn closest(name: &str, known: &[String]) -> Option<String> {
    let limit = (name.len() / 3).max(1);
    let distance = |known: &&String| strsim::damerau_levenshtein(known, name);
    known.iter().filter(|known| distance(known) <= limit).min_by_key(|known| (distance(known), *known)).cloned()
}

//! Services, a version at a time, and the secrets that they share.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use pontoon_schema::document::{self, ServiceVersion, Version};

use super::names::bodies;
use super::place::children;
use super::{Resolver, rust};
use crate::diagnostic::{Diagnostic, Findings};
use crate::read::Node;
use crate::source::Span;
use crate::topology::{Id, Located, RustPath, Secret, SecretId, Service, ServiceId};

/// The type of a service's resources within its module, where the topology does not say.
const RESOURCES: &str = "Resources";

pub(super) fn resolve<'s>(resolver: &mut Resolver<'s, '_>, document: &'s document::Document, root: Node<'_>) {
    let mut next = 0;
    for ((name, service), node) in document.services.iter().zip(children(root, "services")) {
        for (version, body, body_node) in bodies(service, node) {
            // By position and not by the arena, which stays behind where a version can't be resolved.
            let id = ServiceId::from_index(next);
            next += 1;
            let heading = Heading { id, name, service, version, node };
            if let Some(service) = resolver.service(&heading, body, body_node) {
                resolver.topology.services.push(service);
            }
        }
    }
}

/// A version of a service, and what it is called.
struct Heading<'a, 't> {
    id: ServiceId,
    name: &'a str,
    service: &'a document::Service,
    version: Version,
    node: Node<'t>,
}

/// What the handlers of a service share.
pub(super) struct Owner<'a> {
    pub(super) id: ServiceId,
    pub(super) module: &'a RustPath,
    /// The secrets that all of them may read, each where it is named.
    pub(super) secrets: &'a HashMap<SecretId, Span>,
}

impl<'s> Resolver<'s, '_> {
    fn service(&mut self, heading: &Heading<'_, '_>, body: &'s ServiceVersion, node: Node<'_>) -> Option<Service> {
        let Heading { id, name, service, version, node: outer } = *heading;
        let version_span = if service.short { super::place::span(outer, "version") } else { node.key_span() };
        let module = self.module(name, body, node);
        // Handlers are looked through also where the module is missing: all problems of a run are reported together.
        let base = module.as_ref().map_or_else(|| self.topology.contract.value.clone(), |module| module.value.clone());
        let resources = match &body.resources {
            Some(path) => self.path(node, "resources", path, Some(&base)),
            None => Some(Located::new(rust::extend(&base, RESOURCES), node.key_span())),
        };
        let secrets = self.secrets(&body.secrets, id, node, &HashMap::new());
        let shared = secrets.iter().map(|secret| (secret.value, secret.span)).collect();
        let handlers = self.handlers(&Owner { id, module: &base, secrets: &shared }, body, node);
        Some(Service {
            name: Located::new(name.to_owned(), outer.key_span()),
            version: Located::new(version.number(), version_span),
            has_siblings: service.versions.len() > 1,
            description: service.description.clone(),
            module: module?,
            resources: resources?,
            secrets,
            commands: handlers.commands,
            subscriptions: handlers.subscriptions,
            workers: handlers.workers,
            schedules: handlers.schedules,
        })
    }

    fn module(&mut self, name: &str, body: &'s ServiceVersion, node: Node<'_>) -> Option<Located<RustPath>> {
        if let Some(module) = &body.module {
            return self.path(node, "module", module, None);
        }
        self.findings.add(
            Diagnostic::error("missing_key", format!("the service `{name}` does not say where its handlers are"))
                .label(node.key_span(), "`module:` is missing here")
                .help(format!("write `module: crate::{name}`, the Rust module that holds its handlers")),
        );
        None
    }

    /// The secrets that a service or one of its handlers names, beyond those that are `shared` already.
    pub(super) fn secrets(
        &mut self,
        written: &'s [document::Name],
        service: ServiceId,
        node: Node<'_>,
        shared: &HashMap<SecretId, Span>,
    ) -> Vec<Located<SecretId>> {
        let mut secrets = Vec::with_capacity(written.len());
        let mut seen = HashMap::new();
        for (name, node) in written.iter().zip(children(node, "secrets")) {
            let span = node.value_span();
            let id = match self.secret_ids.get(name.as_str()) {
                Some(id) => *id,
                None => {
                    let name = Located::new(name.to_string(), span);
                    self.topology.secrets.push(Secret { name, services: Vec::new() })
                }
            };
            self.secret_ids.insert(name, id);
            if let Some(first) = shared.get(&id) {
                self.findings.add(for_all_already(name, span, *first));
                continue;
            }
            if !once(&mut seen, id, span, name, self.findings) {
                continue;
            }
            let asked = &mut self.topology.secrets[id].services;
            if asked.last().is_none_or(|last| last.value != service) {
                asked.push(Located::new(service, span));
            }
            secrets.push(Located::new(id, span));
        }
        secrets
    }
}

/// Whether this is named for the first time. If not, that is reported: the generated code would say it twice.
pub(super) fn once<I: Eq + Hash>(
    seen: &mut HashMap<I, Span>,
    id: I,
    span: Span,
    written: &str,
    findings: &mut Findings,
) -> bool {
    match seen.entry(id) {
        Entry::Vacant(entry) => {
            entry.insert(span);
            true
        }
        Entry::Occupied(first) => {
            findings.add(twice(written, span, *first.get()));
            false
        }
    }
}

fn for_all_already(secret: &str, span: Span, shared: Span) -> Diagnostic {
    Diagnostic::error("duplicate_name", format!("all handlers of the service may read `{secret}`, this one among them"))
        .label(span, "named again for one handler")
        .label(shared, "named for all handlers here already")
        .help("take it out here; or there, if no other handler of the service is to read it")
}

fn twice(written: &str, span: Span, first: Span) -> Diagnostic {
    Diagnostic::error("duplicate_name", format!("`{written}` is named twice"))
        .label(span, "named again here")
        .label(first, "named here already")
        .help("take one of them out")
}

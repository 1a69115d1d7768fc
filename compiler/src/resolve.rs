//! The second stage: names become ids, defaults and `extends` are filled in, Rust types and paths are joined.
//!
//! All that is wrong is reported in one run, and then there is no topology: nothing half resolved is handed on.

mod allowances;
mod collisions;
mod connections;
mod deployments;
mod edges;
mod environments;
mod functions;
mod handlers;
mod messages;
mod names;
mod place;
mod rust;
mod services;
mod settings;
mod suggest;
#[cfg(test)]
mod tests;
mod unknown;

use std::collections::{HashMap, HashSet};

use pontoon_schema::document::{self, Document, RustType};

use self::names::Names;
use self::rust::Rust;
use crate::diagnostic::{Diagnostic, Findings};
use crate::read::{Node, Source};
use crate::source::Span;
use crate::topology;
use crate::topology::{Arena, Backoff, Located, RustPath, SecretId, Topology};

/// The module of the generated contract within its crate.
const CONTRACT: &str = "topology";

/// Resolves a topology that was read. Whatever is wrong goes to the findings; then there is no topology.
pub fn resolve(source: &Source, findings: &mut Findings) -> Option<Topology> {
    let document = &source.document;
    let root = source.spans.root();
    let mut resolver = Resolver::new(document, root, findings);
    messages::resolve(&mut resolver, document, root);
    services::resolve(&mut resolver, document, root);
    environments::resolve(&mut resolver, document, root);
    deployments::resolve(&mut resolver, document, root);
    allowances::resolve(&mut resolver, document, root);
    collisions::check(&mut resolver, document, root);
    collisions::check_units(&mut resolver);
    (!resolver.has_failed()).then_some(resolver.topology)
}

/// What is known so far, and what is wrong so far.
struct Resolver<'s, 'f> {
    names: Names<'s>,
    rust: Rust<'s>,
    secret_ids: HashMap<&'s str, SecretId>,
    /// Waits that workers take over from their queue.
    queue_backoffs: HashMap<&'s str, Backoff>,
    /// Ways in which callers over HTTP can prove who they are.
    authentications: HashSet<&'s str>,
    /// How often services are placed in deployments, environments and functions.
    placed: usize,
    /// Inherited text in which a problem was reported.
    reported: HashSet<Span>,
    topology: Topology,
    /// How many errors there were before.
    errors: usize,
    findings: &'f mut Findings,
}

impl<'s, 'f> Resolver<'s, 'f> {
    fn new(document: &'s Document, root: Node<'_>, findings: &'f mut Findings) -> Self {
        let before = findings.errors();
        let mut rust = Rust::default();
        let types = document.types.as_ref().map(|types| (types, place::span(root, "types")));
        let types = types.map(|(types, span)| rust.path(types.as_str(), span, None, findings));
        let contract = document.contract.as_ref().map_or("crate", document::RustPath::as_str);
        let contract = rust.path(contract, place::span(root, "contract"), None, findings);
        // Where one of the two is wrong, that is said once, and the rest is looked through all the same.
        let assumed = || Located::new(RustPath::of_crate(), root.value_span());
        let types = types.map(|types| types.unwrap_or_else(assumed));
        let contract = contract.unwrap_or_else(assumed).map(|path| rust::extend(&path, CONTRACT));
        let waits = |queue: &document::Queue| queue.backoff.map_or(messages::BACKOFF, messages::backoff);
        Self {
            names: Names::of(document, root),
            rust: rust.below(types.as_ref().map(|types| types.value.clone())),
            secret_ids: HashMap::new(),
            queue_backoffs: document.queues.iter().map(|(name, queue)| (name.as_str(), waits(queue))).collect(),
            authentications: environments::authentications(document),
            placed: 0,
            reported: HashSet::new(),
            topology: Topology {
                name: Located::new(document.name.to_string(), place::span(root, "name")),
                description: document.description.clone(),
                types,
                contract,
                events: Arena::new(),
                queues: Arena::new(),
                states: Arena::new(),
                secrets: Arena::new(),
                services: Arena::new(),
                commands: Arena::new(),
                subscriptions: Arena::new(),
                workers: Arena::new(),
                schedules: Arena::new(),
                environments: Arena::new(),
                deployments: Arena::new(),
                units: Arena::new(),
                allowances: Vec::new(),
            },
            errors: before,
            findings,
        }
    }

    /// The type under a key.
    fn ty(&mut self, node: Node<'_>, key: &str, written: &'s RustType) -> Option<Located<topology::RustType>> {
        self.rust.ty(written.as_str(), place::span(node, key), self.findings)
    }

    /// The type under a key that may be left out. Nothing at all where it is there and wrong.
    fn optional_ty(
        &mut self,
        node: Node<'_>,
        key: &str,
        written: Option<&'s RustType>,
    ) -> Option<Option<Located<topology::RustType>>> {
        match written {
            Some(written) => self.ty(node, key, written).map(Some),
            None => Some(None),
        }
    }

    /// The path under a key; a name alone is found below `base`.
    fn path(
        &mut self,
        node: Node<'_>,
        key: &str,
        written: &document::RustPath,
        base: Option<&RustPath>,
    ) -> Option<Located<RustPath>> {
        self.rust.path(written.as_str(), place::span(node, key), base, self.findings)
    }

    /// Whether something could not be resolved.
    fn has_failed(&self) -> bool {
        self.findings.errors() > self.errors
    }

    /// Reports what several environments inherit once.
    fn report_once(&mut self, span: Span, problem: Diagnostic) {
        if self.reported.insert(span) {
            self.findings.add(problem);
        }
    }
}

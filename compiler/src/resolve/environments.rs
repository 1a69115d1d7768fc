//! Environments: `extends` filled in, key by key.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use pontoon_schema::document;

use super::connections::{self, Written};
use super::place::{children, span};
use super::services::once;
use super::{Resolver, settings};
use crate::diagnostic::Diagnostic;
use crate::read::Node;
use crate::source::Span;
use crate::topology::{
    Connection, Environment, EnvironmentId, Id, Located, Origin, Presence, Provision, Purpose, Settings,
};

/// What one environment says, or inherits.
#[derive(Clone, Default)]
struct Keys {
    ephemeral: Option<Located<bool>>,
    provision: Option<Located<Provision>>,
    connections: [Option<Rc<Written>>; 5],
    telemetry: Option<Rc<Settings>>,
    authentication: Option<Rc<Settings>>,
    http: Option<Rc<Settings>>,
}

const PURPOSES: [Purpose; 5] =
    [Purpose::EventBridge, Purpose::QueueBridge, Purpose::StateStore, Purpose::SecretStore, Purpose::ConfigStore];

pub(super) fn resolve<'s>(resolver: &mut Resolver<'s, '_>, document: &'s document::Document, root: Node<'_>) {
    let nodes: Vec<Node<'_>> = children(root, "environments").collect();
    let mut parents = Vec::with_capacity(nodes.len());
    for (environment, node) in document.environments.values().zip(&nodes) {
        parents.push(environment.extends.as_ref().and_then(|parent| {
            let span = span(*node, "extends");
            Some(Located::new(resolver.names.environment(parent, span, resolver.findings)?, span))
        }));
    }
    let Some(order) = parents_first(resolver, &parents, document) else {
        return;
    };
    let mut keys: Vec<Keys> = vec![Keys::default(); nodes.len()];
    let written: Vec<&document::Environment> = document.environments.values().collect();
    for index in order {
        let inherited = parents[index].map_or_else(Keys::default, |parent| keys[parent.value.index()].clone());
        keys[index] = own(resolver, written[index], nodes[index], inherited);
    }
    for ((((name, environment), node), parent), keys) in document.environments.iter().zip(nodes).zip(parents).zip(keys)
    {
        let name = Located::new(name.to_string(), node.key_span());
        let lost = environment.extends.is_some() && parent.is_none();
        let environment = filled(name, environment.description.clone(), parent, keys);
        // Where the parent is unknown, what is inherited is too.
        if !lost {
            check_references(resolver, &environment);
        }
        connections::check(resolver, &environment);
        resolver.topology.environments.push(environment);
    }
}

/// The order in which everybody comes after the one it inherits from, or nothing where there is a circle.
fn parents_first(
    resolver: &mut Resolver<'_, '_>,
    parents: &[Option<Located<EnvironmentId>>],
    document: &document::Document,
) -> Option<Vec<usize>> {
    let mut order = Vec::with_capacity(parents.len());
    let mut entered = vec![usize::MAX; parents.len()];
    let mut whole = true;
    for start in 0..parents.len() {
        let mut path = Vec::new();
        let mut next = Some(start);
        while let Some(index) = next.filter(|index| entered[*index] == usize::MAX) {
            entered[index] = start;
            path.push(index);
            next = parents[index].map(|parent| parent.value.index());
        }
        if let Some(index) = next.filter(|index| entered[*index] == start) {
            let circle = path.iter().skip_while(|step| **step != index).copied().collect::<Vec<_>>();
            resolver.findings.add(circular(&circle, parents, document));
            whole = false;
        }
        order.extend(path.into_iter().rev());
    }
    whole.then_some(order)
}

fn circular(circle: &[usize], parents: &[Option<Located<EnvironmentId>>], document: &document::Document) -> Diagnostic {
    let name = |index: usize| document.environments.get_index(index).map_or("", |(name, _)| name.as_str());
    let mut names: Vec<&str> = circle.iter().map(|index| name(*index)).collect();
    names.extend(names.first().copied());
    let message = format!("environments extend each other in a circle: {}", names.join(" → "));
    let edges = circle.iter().filter_map(|index| Some((*index, parents[*index]?)));
    let problem = edges.fold(Diagnostic::error("invalid_value", message), |problem, (index, parent)| {
        problem.label(parent.span, format!("`{}` extends `{}`", name(index), name(parent.value.index())))
    });
    problem.help("take one `extends:` out: one of them has to stand on its own")
}

/// The keys of an environment: those it gives, and the inherited ones for the others.
fn own(resolver: &mut Resolver<'_, '_>, environment: &document::Environment, node: Node<'_>, inherited: Keys) -> Keys {
    let given = [
        None,
        environment.queue_bridge.as_ref().map(document::QueueBridge::adapter),
        environment.state_store.as_ref().map(document::StateStore::adapter),
        environment.secret_store.as_ref().map(document::SecretStore::adapter),
        environment.config_store.as_ref().map(document::ConfigStore::adapter),
    ];
    let mut connections = inherited.connections;
    for ((purpose, adapter), connection) in PURPOSES.into_iter().zip(given).zip(&mut connections) {
        if let Some((adapter, node)) = adapter.zip(node.get(purpose.key())) {
            *connection = Written::at(node, purpose, adapter).map(Rc::new);
        }
    }
    if let (Some(bridge), Some(node)) = (&environment.event_bridge, node.get(Purpose::EventBridge.key())) {
        connections[0] = Written::event_bridge(resolver, node, bridge).map(Rc::new);
    }
    let settings = |key: &str, inherited| node.get(key).map(settings::below).or(inherited);
    Keys {
        ephemeral: super::place::given(node, "ephemeral", environment.ephemeral).or(inherited.ephemeral),
        provision: super::place::given(node, "provision", environment.provision.map(provision)).or(inherited.provision),
        connections,
        telemetry: settings("telemetry", inherited.telemetry),
        authentication: settings("authentication", inherited.authentication),
        http: settings("http", inherited.http),
    }
}

fn provision(written: document::Provision) -> Provision {
    match written {
        document::Provision::Create => Provision::Create,
        document::Provision::Verify => Provision::Verify,
    }
}

fn filled(
    name: Located<String>,
    description: Option<String>,
    extends: Option<Located<EnvironmentId>>,
    keys: Keys,
) -> Environment {
    let ephemeral = keys.ephemeral.unwrap_or(Located::new(false, name.span));
    let mut connections = keys.connections.into_iter().map(|written| Some(written?.connection(ephemeral.value)));
    let mut next = || connections.next().flatten();
    Environment {
        description,
        extends,
        ephemeral,
        event_bridge: next(),
        queue_bridge: next(),
        state_store: next(),
        secret_store: next(),
        config_store: next(),
        provision: keys.provision.unwrap_or(Located::new(Provision::Create, name.span)),
        telemetry: keys.telemetry,
        authentication: keys.authentication,
        http: keys.http,
        name,
    }
}

/// A `${secret:…}` needs a secret store, a `${config:…}` a config store, and these can't be read out of themselves.
fn check_references(resolver: &mut Resolver<'_, '_>, environment: &Environment) {
    for reference in environment.references() {
        let (store, key, word) = match reference.value.origin {
            Origin::Variable => continue,
            Origin::Secret => (&environment.secret_store, "secret_store", "secret"),
            Origin::Config => (&environment.config_store, "config_store", "config"),
        };
        let name = &environment.name;
        let written = format!("${{{word}:{}}}", reference.value.name);
        let problem = match store {
            None => Diagnostic::error(
                "unknown_reference",
                format!("`{written}` is read from a {key}, and the environment `{}` has none", name.value),
            )
            .label(reference.span, "read from nowhere")
            .label(name.span, format!("no `{key}:` here"))
            .help(format!("give `{}` a `{key}:`, such as `{key}: env`", name.value))
            .together(
                format!("values are read from a {key}, and the environment `{}` has none", name.value),
                format!("give `{}` a `{key}:`, such as `{key}: env`", name.value),
            ),
            Some(store) if within(store, reference.span) => Diagnostic::error(
                "unknown_reference",
                format!("the {key} of `{}` would have to be open to read how it is opened", name.value),
            )
            .label(reference.span, format!("`{written}` stands inside of that {key}"))
            .help("take it from a variable of the process: `${NAME}`"),
            Some(_) => continue,
        };
        resolver.report_once(reference.span, problem);
    }
}

fn within(connection: &Connection, span: Span) -> bool {
    connection.settings.references.iter().any(|reference| reference.span == span)
}

/// The ways of authentication that some environment has.
pub(super) fn authentications(document: &document::Document) -> HashSet<&str> {
    let named = document.environments.values().filter_map(|environment| environment.authentication.as_ref());
    named.flat_map(|ways| ways.keys().map(document::Name::as_str)).collect()
}

impl Resolver<'_, '_> {
    /// The environments that `environments:` names, each once.
    pub(super) fn named_environments(
        &mut self,
        written: &[document::Name],
        node: Node<'_>,
    ) -> Vec<Located<EnvironmentId>> {
        let mut seen = HashMap::new();
        let mut environments = Vec::with_capacity(written.len());
        for (name, node) in written.iter().zip(children(node, "environments")) {
            let span = node.value_span();
            let Some(id) = self.names.environment(name, span, self.findings) else {
                continue;
            };
            if once(&mut seen, id, span, name, self.findings) {
                environments.push(Located::new(id, span));
            }
        }
        environments
    }

    /// Where something exists that may name its environments.
    pub(super) fn presence(&mut self, written: &[document::Name], node: Node<'_>) -> Presence {
        Presence((!written.is_empty()).then(|| self.named_environments(written, node)))
    }
}

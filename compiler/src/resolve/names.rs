//! Everything that can be referred to, by its name.

use std::collections::HashMap;

use pontoon_schema::document::{CommandRef, Document, Service, ServiceRef, Version};

use super::place;
use super::suggest::Suggestions;
use super::unknown::{self, Kind};
use crate::diagnostic::{Diagnostic, Findings};
use crate::read::Node;
use crate::source::Span;
use crate::topology::{CommandId, EnvironmentId, EventId, Id, QueueId, ServiceId, StateId};

/// Definitions of one kind, each with the place of its key.
pub(super) type Table<'s, I> = HashMap<&'s str, (I, Span)>;

/// All names of a topology. The ids are those that the definitions will have.
pub(super) struct Names<'s> {
    pub(super) events: Table<'s, EventId>,
    pub(super) queues: Table<'s, QueueId>,
    pub(super) states: Table<'s, StateId>,
    pub(super) environments: Table<'s, EnvironmentId>,
    pub(super) services: HashMap<&'s str, ServiceNames>,
    /// Handlers of every service version, in the order of `versions`.
    pub(super) handlers: Vec<Handlers<'s>>,
    pub(super) suggestions: Suggestions,
}

/// A service and its versions.
pub(super) struct ServiceNames {
    pub(super) key: Span,
    pub(super) versions: Vec<(Version, ServiceId)>,
}

/// The handlers of one version of a service.
#[derive(Default)]
pub(super) struct Handlers<'s> {
    pub(super) commands: Table<'s, CommandId>,
    /// What else it has, with the kind.
    others: HashMap<&'s str, (&'static str, Span)>,
}

impl<'s> Names<'s> {
    pub(super) fn of(document: &'s Document, root: Node<'_>) -> Self {
        let mut names = Self {
            events: table(document.events.keys(), root, "events"),
            queues: table(document.queues.keys(), root, "queues"),
            states: table(document.state.keys(), root, "state"),
            environments: table(document.environments.keys(), root, "environments"),
            services: HashMap::with_capacity(document.services.len()),
            handlers: Vec::new(),
            suggestions: Suggestions::default(),
        };
        let mut commands = 0;
        for ((name, service), node) in document.services.iter().zip(place::children(root, "services")) {
            let mut versions = Vec::with_capacity(service.versions.len());
            for (version, body, node) in bodies(service, node) {
                versions.push((version, ServiceId::from_index(names.handlers.len())));
                let mut handlers = Handlers::default();
                for (name, node) in body.commands.keys().zip(place::children(node, "commands")) {
                    handlers.commands.insert(name, (CommandId::from_index(commands), node.key_span()));
                    commands += 1;
                }
                let others = [
                    ("subscription", "subscriptions", body.subscriptions.keys().collect::<Vec<_>>()),
                    ("worker", "workers", body.workers.keys().collect()),
                    ("schedule", "schedules", body.schedules.keys().collect()),
                ];
                for (kind, key, keys) in others {
                    for (name, node) in keys.into_iter().zip(place::children(node, key)) {
                        handlers.others.insert(name, (kind, node.key_span()));
                    }
                }
                names.handlers.push(handlers);
            }
            names.services.insert(name, ServiceNames { key: node.key_span(), versions });
        }
        names
    }

    pub(super) fn event(&mut self, name: &str, span: Span, findings: &mut Findings) -> Option<EventId> {
        let found = self.events.get(name).map(|(id, _)| *id);
        found.or_else(|| unknown::report(self, Kind::Event, name, span, findings))
    }

    pub(super) fn queue(&mut self, name: &str, span: Span, findings: &mut Findings) -> Option<QueueId> {
        let found = self.queues.get(name).map(|(id, _)| *id);
        found.or_else(|| unknown::report(self, Kind::Queue, name, span, findings))
    }

    pub(super) fn state(&mut self, name: &str, span: Span, findings: &mut Findings) -> Option<StateId> {
        let found = self.states.get(name).map(|(id, _)| *id);
        found.or_else(|| unknown::report(self, Kind::State, name, span, findings))
    }

    pub(super) fn environment(&mut self, name: &str, span: Span, findings: &mut Findings) -> Option<EnvironmentId> {
        let found = self.environments.get(name).map(|(id, _)| *id);
        found.or_else(|| unknown::report(self, Kind::Environment, name, span, findings))
    }

    /// All versions that a reference to a service means.
    pub(super) fn services(&mut self, reference: &ServiceRef, span: Span, findings: &mut Findings) -> Vec<ServiceId> {
        let Some(service) = self.services.get(reference.service.as_str()) else {
            unknown::report::<ServiceId>(self, Kind::Service, &reference.service, span, findings);
            return Vec::new();
        };
        let Some(version) = reference.version else {
            return service.versions.iter().map(|(_, id)| *id).collect();
        };
        let found = service.versions.iter().find(|(known, _)| *known == version);
        found.map_or_else(
            || {
                findings.add(unknown::version(service, &reference.service, version, span, ""));
                Vec::new()
            },
            |(_, id)| vec![*id],
        )
    }

    /// The command that a reference means.
    pub(super) fn command(&mut self, reference: &CommandRef, span: Span, findings: &mut Findings) -> Option<CommandId> {
        let CommandRef { service: name, version, command } = reference;
        let Some(service) = self.services.get(name.as_str()) else {
            unknown::service_of_command(self, reference, span, findings);
            return None;
        };
        let id = match (version, service.versions.as_slice()) {
            (None, [(_, only)]) => *only,
            (None, versions) => {
                findings.add(self.ambiguous(reference, span, versions));
                return None;
            }
            (Some(version), versions) => match versions.iter().find(|(known, _)| known == version) {
                Some((_, id)) => *id,
                None => {
                    findings.add(unknown::version(service, name, *version, span, &format!(".{command}")));
                    return None;
                }
            },
        };
        if let Some((command, _)) = self.handlers[id.index()].commands.get(command.as_str()) {
            return Some(*command);
        }
        unknown::command(self, reference, id, span, findings);
        None
    }

    fn ambiguous(&self, reference: &CommandRef, span: Span, versions: &[(Version, ServiceId)]) -> Diagnostic {
        let CommandRef { service, command, .. } = reference;
        let message = format!("`{reference}` does not say which version of `{service}` it means");
        let mut problem = Diagnostic::error("ambiguous_version", message).label(span, "a version is missing here");
        let mut choices = Vec::new();
        for (version, id) in versions {
            if let Some((_, key)) = self.handlers[id.index()].commands.get(command.as_str()) {
                problem = problem.label(*key, format!("{version} has it"));
                choices.push(format!("`{service}.{version}.{command}`"));
            }
        }
        match choices.is_empty() {
            true => problem.help(format!("no version of `{service}` has a command `{command}`")),
            false => problem.help(format!("write {}", choices.join(" or "))),
        }
    }
}

impl Handlers<'_> {
    /// The kind of a handler that is no command.
    pub(super) fn other(&self, name: &str) -> Option<(&'static str, Span)> {
        self.others.get(name).copied()
    }
}

/// The versions of a service, each with the node that its keys stand in.
pub(super) fn bodies<'s, 't>(
    service: &'s Service,
    node: Node<'t>,
) -> impl Iterator<Item = (Version, &'s pontoon_schema::document::ServiceVersion, Node<'t>)> {
    let nodes: Vec<Node<'t>> = if service.short { vec![node] } else { place::children(node, "versions").collect() };
    service.versions.iter().zip(nodes).map(|((version, body), node)| (*version, body, node))
}

fn table<'s, I: Id, N: AsRef<str> + 's>(
    keys: impl Iterator<Item = &'s N>,
    root: Node<'_>,
    section: &str,
) -> Table<'s, I> {
    keys.zip(place::children(root, section))
        .enumerate()
        .map(|(index, (name, node))| (name.as_ref(), (I::from_index(index), node.key_span())))
        .collect()
}

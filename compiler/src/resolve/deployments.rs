//! Deployments: their services, environments and units, with the units that a pattern has by itself.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use pontoon_schema::document::{self, ServiceRef};

use super::messages::when_full;
use super::place::{children, filled, given};
use super::services::once;
use super::{Resolver, functions};
use crate::diagnostic::Diagnostic;
use crate::read::Node;
use crate::source::Span;
use crate::topology::{
    Budget, CommandId, Deployment, DeploymentId, Id, Located, OutboxBuffer, Pattern, ServiceId, Unit, UnitId,
};

const GRACE: Duration = Duration::from_secs(30);
const BUDGET_SERVICES: u32 = 3;
const BUDGET_CONNECTIONS: u32 = 4;

/// How often services may be placed in all deployments together. Somebody who writes more deployments times services
/// has generated them, and would wait for a plan that nobody can read.
pub(super) const MOST_PLACED: usize = 1_000_000;

pub(super) type Services = Rc<[Located<ServiceId>]>;

pub(super) fn resolve<'s>(resolver: &mut Resolver<'s, '_>, document: &'s document::Document, root: Node<'_>) {
    let everything: Services =
        resolver.topology.services.iter().map(|(id, it)| Located::new(id, it.name.span)).collect();
    for (index, ((name, deployment), node)) in
        document.deployments.iter().zip(children(root, "deployments")).enumerate()
    {
        let id = DeploymentId::from_index(index);
        if let Some(deployment) = resolver.deployment(id, name, deployment, node, &everything) {
            resolver.topology.deployments.push(deployment);
        }
        if resolver.placed > MOST_PLACED {
            let message = format!("the deployments of this topology bundle services more than {MOST_PLACED} times");
            resolver.findings.add(
                Diagnostic::error("input_limit", message)
                    .label(node.key_span(), "the limit is reached here")
                    .help("deploy fewer services in fewer deployments, or name the `commands:` that become functions"),
            );
            return;
        }
    }
}

impl<'s> Resolver<'s, '_> {
    fn deployment(
        &mut self,
        id: DeploymentId,
        name: &str,
        written: &'s document::Deployment,
        node: Node<'_>,
        everything: &Services,
    ) -> Option<Deployment> {
        let before = self.findings.iter().len();
        let pattern = pattern(written.pattern);
        let environments = self.named_environments(&written.environments, node);
        let groups = self.groups(&written.units, node);
        let commands = self.placed_commands(&written.commands, node);
        // In another pattern they mean nothing, and `ineffective_key` says so.
        let functions = if pattern == Pattern::Serverless { commands.as_slice() } else { &[] };
        let services = match &written.services {
            Some(services) => self.placed_services(services, node.get("services").unwrap_or(node)),
            None if groups.is_empty() && functions.is_empty() => everything.clone(),
            None => self.named_by(&groups, functions),
        };
        let outbox = written.outbox.as_ref().zip(node.get("outbox")).map(|(outbox, node)| {
            let bound = filled(node, "bound", outbox.bound.as_bytes());
            let when_full = filled(node, "when_full", when_full(outbox.when_full));
            Located::new(OutboxBuffer { bound, when_full }, node.value_span())
        });
        // A function's bundle follows the calls, and what is wrong with a reference was said.
        if self.findings.iter().len() > before || self.has_failed() {
            return None;
        }
        let mut deployment = Deployment {
            name: Located::new(name.to_owned(), node.key_span()),
            description: written.description.clone(),
            pattern: filled(node, "pattern", pattern),
            services,
            commands,
            environments,
            units: Vec::new(),
            grace: filled(node, "grace", written.grace.map_or(GRACE, document::Duration::as_std)),
            offline: given(node, "offline", written.offline.map(document::Duration::as_std)),
            outbox,
            budget: budget(written.budget.as_ref(), node),
        };
        deployment.units = self.units(id, &mut deployment, groups);
        self.placed += deployment.services.len() * deployment.environments.len().max(1);
        Some(deployment)
    }

    /// The units of a deployment: those that are written, or the pattern's own.
    fn units(
        &mut self,
        id: DeploymentId,
        deployment: &mut Deployment,
        groups: Vec<(Located<String>, Services)>,
    ) -> Vec<UnitId> {
        let unit = |name, services| Unit { name, deployment: id, services, function: None };
        if !groups.is_empty() {
            let units: Vec<Unit> = groups.into_iter().map(|(name, services)| unit(name, services)).collect();
            let mut ids: Vec<UnitId> = units.into_iter().map(|unit| self.topology.units.push(unit)).collect();
            if deployment.pattern.value == Pattern::Serverless && !deployment.commands.is_empty() {
                ids.extend(functions::units(self, id, deployment));
            }
            return ids;
        }
        match deployment.pattern.value {
            Pattern::Monolith | Pattern::Edge => {
                let unit = unit(deployment.name.clone(), deployment.services.clone());
                vec![self.topology.units.push(unit)]
            }
            Pattern::Microservices => {
                let of_service = self.by_service(&deployment.services);
                let units = of_service.into_iter().map(|(name, services)| unit(name, services));
                let units: Vec<Unit> = units.collect();
                units.into_iter().map(|unit| self.topology.units.push(unit)).collect()
            }
            Pattern::Serverless => functions::units(self, id, deployment),
        }
    }

    /// The versions of each service together, in the order of the deployment.
    fn by_service(&self, services: &[Located<ServiceId>]) -> Vec<(Located<String>, Services)> {
        let mut order: Vec<(Located<String>, Vec<Located<ServiceId>>)> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        for service in services {
            let name = &self.topology.services[service.value].name.value;
            let index = *known.entry(name).or_insert_with(|| {
                order.push((Located::new(name.clone(), service.span), Vec::new()));
                order.len() - 1
            });
            order[index].1.push(*service);
        }
        order.into_iter().map(|(name, services)| (name, services.into())).collect()
    }

    fn groups(
        &mut self,
        written: &'s document::Map<Vec<ServiceRef>>,
        node: Node<'_>,
    ) -> Vec<(Located<String>, Services)> {
        let mut groups = Vec::with_capacity(written.len());
        for ((name, services), node) in written.iter().zip(children(node, "units")) {
            let services = self.placed_services(services, node);
            groups.push((Located::new(name.to_string(), node.key_span()), services));
        }
        groups
    }

    /// The services that a list names. One without a version means all of them.
    fn placed_services(&mut self, written: &[ServiceRef], list: Node<'_>) -> Services {
        let mut seen = HashMap::new();
        let mut services = Vec::with_capacity(written.len());
        for (reference, node) in written.iter().zip(list.children()) {
            let span = node.value_span();
            if self.placed > MOST_PLACED {
                break;
            }
            let versions = self.names.services(reference, span, self.findings);
            self.placed += versions.len();
            for id in versions {
                if !once(&mut seen, id, span, node.text().unwrap_or_default(), self.findings) {
                    break;
                }
                services.push(Located::new(id, span));
            }
        }
        services.into()
    }

    fn placed_commands(&mut self, written: &[document::CommandRef], node: Node<'_>) -> Vec<Located<CommandId>> {
        let mut seen = HashMap::new();
        let mut commands = Vec::with_capacity(written.len());
        for (reference, node) in written.iter().zip(children(node, "commands")) {
            let span = node.value_span();
            let Some(id) = self.names.command(reference, span, self.findings) else {
                continue;
            };
            if once(&mut seen, id, span, node.text().unwrap_or_default(), self.findings) {
                commands.push(Located::new(id, span));
            }
        }
        commands
    }

    /// The services of units and functions, each once, where it is named first. What a function bundles besides is
    /// added with its unit.
    fn named_by(&self, groups: &[(Located<String>, Services)], commands: &[Located<CommandId>]) -> Services {
        let mut seen: HashMap<ServiceId, Span> = HashMap::new();
        let mut services = Vec::new();
        let in_groups = groups.iter().flat_map(|(_, services)| services.iter().copied());
        let in_commands = commands.iter().filter_map(|command| {
            let command_id = command.value.index();
            let owner = self.topology.commands.values().nth(command_id)?.operation.service;
            Some(Located::new(owner, command.span))
        });
        for service in in_groups.chain(in_commands) {
            if seen.insert(service.value, service.span).is_none() {
                services.push(service);
            }
        }
        services.into()
    }
}

fn pattern(written: document::Pattern) -> Pattern {
    match written {
        document::Pattern::Monolith => Pattern::Monolith,
        document::Pattern::Microservices => Pattern::Microservices,
        document::Pattern::Serverless => Pattern::Serverless,
        document::Pattern::Edge => Pattern::Edge,
    }
}

fn budget(written: Option<&document::Budget>, deployment: Node<'_>) -> Budget {
    let services = written.and_then(|budget| budget.services).map_or(BUDGET_SERVICES, u32::from);
    let connections = written.and_then(|budget| budget.connections).map_or(BUDGET_CONNECTIONS, u32::from);
    let node = deployment.get("budget");
    // Where it is not written: the deployment has a key `services` of its own.
    let at = |key, value| node.map_or(Located::new(value, deployment.key_span()), |node| filled(node, key, value));
    Budget {
        services: at("services", services),
        connections: at("connections", connections),
        written: node.map(Node::value_span),
    }
}

//! Functions: a unit for each command, with the services that its calls lead to.

use std::collections::HashSet;

use super::Resolver;
use super::deployments::{MOST_PLACED, Services};
use crate::topology::{CommandId, Deployment, DeploymentId, Located, ServiceId, Unit, UnitId};

/// The functions of a serverless deployment: the commands that it names, or all commands of its services. Services that
/// they bundle and the deployment did not name join it.
pub(super) fn units(resolver: &mut Resolver<'_, '_>, id: DeploymentId, deployment: &mut Deployment) -> Vec<UnitId> {
    if deployment.commands.is_empty() {
        let topology = &resolver.topology;
        let of_service = |service: &Located<ServiceId>| {
            let commands = topology.services[service.value].commands.iter();
            commands.map(|command| Located::new(*command, service.span)).collect::<Vec<_>>()
        };
        deployment.commands = deployment.services.iter().flat_map(of_service).collect();
    }
    let mut part: HashSet<ServiceId> = deployment.services.iter().map(|service| service.value).collect();
    let mut services = deployment.services.to_vec();
    let mut units = Vec::with_capacity(deployment.commands.len());
    for command in &deployment.commands {
        let (bundle, steps) = bundle(resolver, *command);
        resolver.placed += steps;
        if resolver.placed > MOST_PLACED {
            break;
        }
        services.extend(bundle.iter().filter(|service| part.insert(service.value)));
        let name = Located::new(function_name(resolver, command.value), command.span);
        let unit = Unit { name, deployment: id, services: bundle, function: Some(*command) };
        units.push(resolver.topology.units.push(unit));
    }
    deployment.services = services.into();
    units
}

/// The services of a command and of all that it calls, over however many steps, and how many commands that are.
fn bundle(resolver: &Resolver<'_, '_>, function: Located<CommandId>) -> (Services, usize) {
    let commands = &resolver.topology.commands;
    let mut reached = HashSet::from([function.value]);
    let mut open = vec![function.value];
    let mut services = vec![Located::new(commands[function.value].operation.service, function.span)];
    let mut bundled: HashSet<ServiceId> = services.iter().map(|service| service.value).collect();
    while let Some(command) = open.pop() {
        for edge in &commands[command].operation.edges.invokes {
            if !reached.insert(edge.command.value) {
                continue;
            }
            open.push(edge.command.value);
            let service = commands[edge.command.value].operation.service;
            if bundled.insert(service) {
                services.push(Located::new(service, edge.command.span));
            }
        }
    }
    (services.into(), reached.len())
}

/// `user_find`, or `user_v2_find` where there are several versions.
fn function_name(resolver: &Resolver<'_, '_>, command: CommandId) -> String {
    let operation = &resolver.topology.commands[command].operation;
    let service = resolver.topology.service_address(operation.service).replace('.', "_");
    format!("{service}_{}", operation.name.value)
}

//! The synthetic topology as YAML.

use super::{COMMANDS, Command, Service};

/// A topology of as many services, with five commands, an event and a subscription each, in one monolith and one
/// environment. The payload types are found in a module or crate.
pub(crate) fn topology(services: usize, types: &str) -> String {
    let mut text = format!(
        "# Made for the benchmarks.\npontoon: 1\nname: synthetic\ntypes: {types}\ncontract: crate\n\nevents:\n"
    );
    for service in Service::all(services) {
        text += &event(service);
    }
    text += "\nservices:\n";
    for service in Service::all(services) {
        text += &format!("  {service}:\n    description: Keeps the records of ledger {}.\n", service.number);
        text += &format!("    version: 1\n    module: crate::{service}\n    commands:\n");
        for one in &COMMANDS {
            text += &command(service, one);
        }
        text += &subscription(service);
    }
    text += "\nenvironments:\n  local:\n    ephemeral: true\n    event_bridge: in_memory\n    queue_bridge: in_memory\n    \
             state_store: in_memory\n\
             \ndeployments:\n  monolith: { pattern: monolith, environments: [local], grace: 30s }\n";
    text
}

fn event(service: Service) -> String {
    let (number, pascal) = (service.number, service.pascal());
    format!(
        "  {service}_changed:\n    description: A record of ledger {number} has another amount.\n    payload: \
         {pascal}Changed\n"
    )
}

fn command(service: Service, command: &Command) -> String {
    let Command { name, description, timeout } = command;
    let (input, record, answer) = (command.pascal(), service.pascal(), command.answer());
    let mut text = format!(
        "      {name}:\n        description: {description}\n        input: {input}{record}\n        output: \
         {record}{answer}\n"
    );
    if let Some((steps, callee)) = command.invokes(service.number) {
        text += &format!("        invokes: [{}.{}]\n", service.further(steps), callee.name);
    }
    if *name == "change" {
        text += &format!("        emits: [{service}_changed]\n");
    }
    text += &format!("        timeout: {timeout}\n");
    if *name == "find" {
        text += "        repeatable: true\n";
    }
    if command.exposed() {
        text += "        exposed: true\n";
    }
    text
}

fn subscription(service: Service) -> String {
    format!(
        "    subscriptions:\n      follow:\n        description: Keeps up with the neighbour's amounts.\n        event: \
         {}_changed\n        delivery: at_least_once\n        attempts: 5\n        dead_letter: true\n        repeatable: \
         true\n",
        service.further(1)
    )
}

//! How much is generated: at most 40 lines of code a command, with its share of every file, for all patterns together.

use super::expected::generated;
use super::request;

/// A topology with so many commands, each with all that the quickstart's `sign_up` has.
fn topology(commands: usize) -> String {
    let mut text = "\
pontoon: 1
name: many
types: crate::contract
contract: crate
events: { added: { payload: Added } }
queues: { jobs: { payload: Job, bound: 10, when_full: refuse } }
state: { things: { value: Thing } }
services:
  heard:
    version: 1
    module: crate::heard
    subscriptions: { on_added: { event: added, delivery: at_most_once } }
    commands: { answer: { input: New, output: Old, timeout: 1s } }
  many:
    version: 1
    module: crate::many
    workers: { work: { queue: jobs, timeout: 1s, repeatable: true } }
    commands:
"
    .to_owned();
    for index in 0..commands {
        text += &format!(
            "      command_{index}: {{ input: New, output: Old, rejection: No, invokes: [heard.answer], emits: [added], enqueues: [jobs], \
             writes: [things], outbox: true, timeout: 3s, exposed: true }}\n"
        );
    }
    text += "\
environments:
  local: { ephemeral: true, event_bridge: in_memory, queue_bridge: in_memory, state_store: in_memory }
  staging: { ephemeral: true, event_bridge: { nats: { servers: nats } }, queue_bridge: in_memory, state_store: in_memory }
deployments:
  monolith: { pattern: monolith, environments: [local] }
  microservices: { pattern: microservices, environments: [staging] }
";
    text
}

/// Lines of all files together, without empty ones.
fn lines(text: &str) -> usize {
    let files = generated(text, &request("many"));
    let code = files.iter().filter(|file| file.name.ends_with(".rs")).flat_map(|file| file.text.lines());
    code.filter(|line| !line.trim().is_empty()).count()
}

#[test]
fn a_command_is_at_most_forty_lines() {
    let each = (lines(&topology(30)) - lines(&topology(10))) / 20;
    assert!(each <= 40, "{each} lines a command");
}

/// So many units, each of which emits one event and hears it from all others.
fn crowd(units: usize) -> String {
    let mut text = "\
pontoon: 1
name: crowd
types: crate::contract
contract: crate
events: { added: { payload: Added, max_hops: 2 } }
environments:
  staging: { ephemeral: true, event_bridge: { nats: { servers: nats } } }
deployments:
  microservices: { pattern: microservices, environments: [staging] }
services:
"
    .to_owned();
    for index in 0..units {
        text += &format!(
            "  unit_{index}: {{ version: 1, module: crate::unit_{index}, subscriptions: {{ on_added: {{ event: added, emits: [added], \
             dead_letter: true, repeatable: true }} }} }}\n"
        );
    }
    text
}

/// Whoever emits an event has it kept for all who hear it: said once a unit, not once for each of them.
#[test]
fn what_is_kept_for_many_is_said_once() {
    let (few, many) = (lines(&crowd(20)), lines(&crowd(40)));
    assert!(many * 10 <= few * 21, "{few} lines for 20 units, {many} for 40");
}

/// Nothing is kept for those who are in another deployment: nobody says that they run.
#[test]
fn where_a_deployment_has_some_of_them_those_are_named() {
    let text = crowd(3) + "  other: { version: 1, module: crate::other, commands: {} }\n";
    let some =
        "deployments:\n  some: { pattern: microservices, services: [unit_0, unit_1], environments: [staging] }\n";
    let files = generated(&text.replace("deployments:\n", some), &request("crowd"));
    let listens = |name: &str| {
        let file = files.iter().find(|file| file.name.ends_with(name)).expect("the file of the unit");
        file.text.lines().filter_map(|line| line.trim().strip_prefix("registration.retain")).collect::<Vec<_>>()
    };
    assert_eq!(listens("some.unit_0.rs"), ["_for(unit_1::OnAdded);"]);
    assert_eq!(listens("microservices.unit_0.rs"), ["(event::Added);"]);
}

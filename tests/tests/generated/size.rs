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

//! Questions to small graphs.

use std::io;

use super::{Graph, Node, Step};
use crate::diagnostic::Findings;
use crate::read::{Files, Limits, read};
use crate::resolve::resolve;
use crate::source::Sources;
use crate::topology::{CommandId, EventId, Handler, Id, QueueId, Topology};

struct Text<'a>(&'a str);

impl Files for Text<'_> {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_owned())
    }
}

/// The topology whose service `s` has these sections, with events `e0`, `e1`, … and queues `q0`, `q1`, ….
fn service(sections: &str) -> (Topology, Graph) {
    let names = |letter: &str| {
        (0..8).map(|number| format!("{letter}{number}: {{ payload: u8 }}")).collect::<Vec<_>>().join(", ")
    };
    let (events, queues) = (names("e"), names("q"));
    let text = format!(
        "pontoon: 1\nname: shop\nevents: {{ {events} }}\nqueues: {{ {queues} }}\nservices:\n  s:\n    version: 1\n    \
         module: crate::s\n{sections}"
    );
    let (mut sources, mut findings) = (Sources::default(), Findings::default());
    let source = read("topology.yaml", &Text(&text), Limits::default(), &mut sources, &mut findings);
    let topology = source.and_then(|source| resolve(&source, &mut findings));
    let topology = topology.unwrap_or_else(|| panic!("{findings:#?}"));
    let graph = Graph::new(&topology);
    (topology, graph)
}

/// A section of handlers, `name: keys` each.
fn section(key: &str, handlers: &[&str]) -> String {
    let handlers: Vec<String> = handlers.iter().map(|handler| format!("      {handler}\n")).collect();
    format!("    {key}:\n{}", handlers.concat())
}

fn commands(edges: &[(&str, &str)]) -> String {
    let command = |(name, invokes): &(&str, &str)| format!("{name}: {{ input: (), output: (), invokes: [{invokes}] }}");
    let commands: Vec<String> = edges.iter().map(command).collect();
    section("commands", &commands.iter().map(String::as_str).collect::<Vec<_>>())
}

fn shown(topology: &Topology, steps: &[Step]) -> String {
    let name = |node: Node| match node {
        Node::Handler(handler) => topology.operation(handler).name.value.clone(),
        Node::Event(id) => topology.events[id].name.value.clone(),
        Node::Queue(id) => topology.queues[id].name.value.clone(),
    };
    let first = steps.first().map(|step| name(step.from));
    first.into_iter().chain(steps.iter().map(|step| name(step.to))).collect::<Vec<_>>().join(" → ")
}

#[test]
fn every_knot_of_calls_shows_a_shortest_circle() {
    let (topology, graph) =
        service(&commands(&[("a", "s.b"), ("b", "s.c, s.d"), ("c", "s.a"), ("d", "s.b"), ("e", "s.e"), ("f", "s.a")]));
    let circles = graph.invoke_cycles();
    let shown: Vec<String> = circles.iter().map(|circle| shown(&topology, circle)).collect();
    assert_eq!(shown, ["b → d → b", "e → e"]);
    let command = |id| topology.commands.values().nth(id).expect("a command");
    assert_eq!(circles[0][0].span, command(1).operation.edges.invokes[1].command.span);
    assert_eq!(circles[0][1].span, command(3).operation.edges.invokes[0].command.span);
}

#[test]
fn loops_go_through_messages_and_end_where_they_are_told_to() {
    let (topology, graph) = service(&format!(
        "{}{}{}",
        section("commands", &["c: { input: (), output: (), emits: [e1] }"]),
        section(
            "subscriptions",
            &["h0: { event: e0, invokes: [s.c] }", "h1: { event: e1, emits: [e0], enqueues: [q0] }"]
        ),
        section("workers", &["w: { queue: q0, enqueues: [q0] }"]),
    ));
    let shown_loops = |ends: &dyn Fn(Node) -> bool| {
        let loops = graph.loops(ends);
        loops.iter().map(|circle| shown(&topology, circle)).collect::<Vec<_>>()
    };
    assert_eq!(shown_loops(&|_| false), ["e0 → h0 → c → e1 → h1 → e0", "q0 → w → q0"]);
    assert_eq!(shown_loops(&|node| node == Node::Event(EventId(1))), ["q0 → w → q0"]);
    assert!(graph.invoke_cycles().is_empty());
}

#[test]
fn spreading_counts_deliveries_and_finds_the_longest_chain() {
    let (topology, graph) = service(&format!(
        "{}{}",
        section(
            "subscriptions",
            &[
                "a: { event: e0 }",
                "b: { event: e0, emits: [e1] }",
                "c: { event: e1, enqueues: [q0] }",
                "d: { event: e2, emits: [e2, e0] }",
            ]
        ),
        section("workers", &["v: { queue: q0 }", "w: { queue: q0 }"]),
    ));
    let spread = graph.spread();
    assert_eq!(spread.deliveries(Node::Event(EventId(0))), 4);
    assert_eq!(spread.depth(Node::Event(EventId(0))), 3);
    assert_eq!(shown(&topology, &spread.chain(Node::Event(EventId(0)))), "e0 → b → e1 → c → q0 → v");
    assert_eq!(spread.deliveries(Node::Queue(QueueId(0))), 1);
    assert!(spread.deliveries(Node::Event(EventId(2))) >= 5, "a loop counts at least once");
}

#[test]
fn attempts_multiply_along_calls() {
    let (topology, graph) = service(&format!(
        "{}{}",
        section(
            "commands",
            &[
                "a: { input: (), output: (), retry: { attempts: 3 }, invokes: [s.b] }",
                "b: { input: (), output: (), retry: { attempts: 3 }, invokes: [s.c] }",
                "c: { input: (), output: (), retry: { attempts: 2 } }",
                "lone: { input: (), output: (), retry: { attempts: 20 } }",
            ]
        ),
        section("subscriptions", &["h: { event: e0, invokes: [s.b] }"]),
    ));
    let attempts = |handler| match handler {
        Handler::Command(id) => topology.commands[id].retry.as_ref().map_or(1, |retry| retry.value.attempts.value),
        Handler::Subscription(id) => topology.subscriptions[id].attempts.value,
        _ => 1,
    };
    let amplified = graph.amplified(10, attempts);
    let found: Vec<_> = amplified.iter().map(|it| (it.attempts, shown(&topology, &it.calls), it.command)).collect();
    assert_eq!(found, [(15, "h → b".to_owned(), CommandId(1)), (20, String::new(), CommandId(3))]);
}

#[test]
fn long_chains_and_large_knots_are_no_trouble() {
    let names: Vec<String> = (0..3_000).map(|number| format!("c{number}")).collect();
    let next = |number: usize| format!("s.c{}", (number + 1) % 3_000);
    let edges: Vec<String> = (0..3_000).map(next).collect();
    let edges: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(edges.iter().map(String::as_str)).collect();
    let (topology, graph) = service(&commands(&edges));
    let circles = graph.invoke_cycles();
    assert_eq!(circles.len(), 1);
    assert_eq!(circles[0].len(), 3_000);
    assert_eq!(circles[0][0].from, Node::Handler(Handler::Command(CommandId::from_index(0))));
    assert_eq!(topology.commands.len(), 3_000);
    assert_eq!(graph.spread().deliveries(circles[0][0].from), 0);
    assert!(!graph.amplified(10, |_| 2).is_empty());
}

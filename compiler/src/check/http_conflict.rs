//! `http_conflict`: routes that match one request, and parameters that have no place to go.

use std::collections::{BTreeMap, HashMap, HashSet};

use pontoon_schema::document::{Method, Segment};

use super::Input;
use super::wording::written;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{CommandId, Handler, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let routes: Vec<Route<'_>> = topology.commands.ids().filter_map(|id| Route::of(topology, id)).collect();
    // Thousands of routes that differ in a word each, and match by a parameter, would be compared each with each.
    let mut steps = 1_000_000;
    let mut methods: HashMap<Method, Tree<'_>> = HashMap::new();
    for (index, route) in routes.iter().enumerate() {
        findings.extend(repeated_parameter(topology, route).or_else(|| parameter_without_field(topology, route)));
        let tree = methods.entry(route.method).or_default();
        if let Some(other) = tree.find(route.segments, &mut steps) {
            findings.add(conflict(topology, &routes[other], route));
        }
        tree.insert(route.segments, index);
    }
}

struct Route<'a> {
    command: CommandId,
    method: Method,
    segments: &'a [Segment],
    span: Span,
}

impl<'a> Route<'a> {
    fn of(topology: &'a Topology, command: CommandId) -> Option<Self> {
        let route = &topology.commands[command].http.as_ref()?.value.route;
        Some(Self { command, method: route.value.method, segments: &route.value.segments, span: route.span })
    }

    fn address(&self, topology: &Topology) -> String {
        topology.address(Handler::Command(self.command))
    }

    fn parameters(&self) -> impl Iterator<Item = &'a str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Parameter(field) => Some(field.as_str()),
            Segment::Literal(_) => None,
        })
    }
}

fn repeated_parameter(topology: &Topology, route: &Route<'_>) -> Option<Diagnostic> {
    let mut seen = HashSet::new();
    let twice = route.parameters().find(|parameter| !seen.insert(*parameter))?;
    let message = format!("the route of {} has the parameter `{{{twice}}}` twice", route.address(topology));
    Some(
        Diagnostic::error("http_conflict", message)
            .label(route.span, "which of the two is meant?")
            .help("give one of them the name of another field of the input"),
    )
}

/// The compiler does not see the user's types, so it knows only of those that have no fields.
fn parameter_without_field(topology: &Topology, route: &Route<'_>) -> Option<Diagnostic> {
    let input = &topology.commands[route.command].input;
    let (room, text) = match input.value.as_str() {
        "()" => (0, "takes nothing".to_owned()),
        text if SINGLE.contains(&text) => (1, format!("takes a single `{}`", written(topology, text))),
        _ => return None,
    };
    let parameter = route.parameters().nth(room)?;
    let address = route.address(topology);
    let message = format!("the input of {address} has no place for the parameter `{{{parameter}}}` of its route");
    let label = format!("`{{{parameter}}}` is taken from the path");
    let found = Diagnostic::error("http_conflict", message).label(route.span, label).label(input.span, text);
    Some(
        found.help(format!(
            "take the parameter out of the route, or let the input be a struct with a field `{parameter}`"
        )),
    )
}

const SINGLE: [&str; 17] = [
    "String", "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64",
    "u128", "usize",
];

/// Routes by their segments, so that each is compared only with those that can match the same request.
#[derive(Default)]
struct Tree<'a> {
    route: Option<usize>,
    literals: BTreeMap<&'a str, Tree<'a>>,
    parameter: Option<Box<Tree<'a>>>,
}

impl<'a> Tree<'a> {
    fn insert(&mut self, segments: &'a [Segment], route: usize) {
        let mut node = self;
        for segment in segments {
            node = match segment {
                Segment::Literal(text) => node.literals.entry(text).or_default(),
                Segment::Parameter(_) => node.parameter.get_or_insert_default(),
            };
        }
        node.route.get_or_insert(route);
    }

    /// A route that was inserted and matches a request which `segments` match too. Looks at no more than `steps` nodes.
    fn find(&self, segments: &[Segment], steps: &mut usize) -> Option<usize> {
        let mut open = vec![(self, segments)];
        while let Some((node, segments)) = open.pop() {
            *steps = steps.checked_sub(1)?;
            match segments.split_first() {
                None if node.route.is_some() => return node.route,
                None => {}
                Some((segment, rest)) => {
                    match segment {
                        Segment::Literal(text) => {
                            open.extend(node.literals.get(text.as_str()).map(|node| (node, rest)));
                        }
                        Segment::Parameter(_) => open.extend(node.literals.values().map(|node| (node, rest))),
                    }
                    open.extend(node.parameter.as_deref().map(|node| (node, rest)));
                }
            }
        }
        None
    }
}

fn conflict(topology: &Topology, first: &Route<'_>, second: &Route<'_>) -> Diagnostic {
    let (one, other) = (first.address(topology), second.address(topology));
    let mut request = String::new();
    for segment in first.segments.iter().zip(second.segments) {
        request.push('/');
        match segment {
            (Segment::Literal(text), _) | (_, Segment::Literal(text)) => request.push_str(text),
            (Segment::Parameter(_), Segment::Parameter(_)) => request.push_str("42"),
        }
    }
    let request = if request.is_empty() { "/" } else { &request };
    let message = format!("the routes of {one} and {other} both match `{} {request}`", second.method);
    let service = &topology.services[topology.service_of(Handler::Command(second.command))].name.value;
    Diagnostic::error("http_conflict", message)
        .label(first.span, format!("{one} would answer"))
        .label(second.span, format!("{other} would answer as well"))
        .help(format!("give one of them a path of its own, such as `{} /{service}/…`", second.method))
}

//! Reads a topology, checks it as a graph and generates the code that wires its services together.
//!
//! [`build`](build::build) is the one line of a build script; [`compile`] is the compiler below it, which is pure:
//! files come through a trait, today is a value, and the same input gives the same bytes.

pub mod build;
pub mod check;
pub mod code;
pub mod diagnostic;
pub mod draw;
pub mod emit;
pub mod graph;
pub mod plan;
pub mod read;
pub mod resolve;
pub mod source;
pub mod topology;

use pontoon_schema::document::Date;

pub use build::{Build, build};
#[cfg(feature = "json-schema")]
pub use pontoon_schema::document::json_schema;

use code::Code;
use diagnostic::Findings;
use emit::File;
use graph::Graph;
use plan::{Plan, Request, Selection};
use read::{Files, Limits, Source};
use source::Sources;
use topology::Topology;

/// All that a compilation depends on.
pub struct Input<'a> {
    /// The topology, as a path within `files`.
    pub path: &'a str,
    /// Where it and what it includes are read.
    pub files: &'a dyn Files,
    /// How much may be read.
    pub limits: Limits,
    /// The day on which allowances may have ended.
    pub today: Date,
    /// What is to be generated.
    pub request: &'a Request,
    /// The code of the crate that is being built, where it can be read.
    pub code: Option<&'a Code<'a>>,
}

/// All that comes of a compilation, as far as it got.
#[derive(Debug, Default)]
pub struct Compiled {
    /// What was read.
    pub sources: Sources,
    /// What was found, in the order of the files.
    pub findings: Findings,
    /// The resolved topology, if everything in it could be.
    pub topology: Option<Topology>,
    /// What was decided, if there was no error.
    pub plan: Option<Plan>,
    /// What of it was asked for, if there was no error.
    pub selection: Option<Selection>,
    /// What was generated, if there was no error.
    pub files: Vec<File>,
}

/// Takes a topology through all stages, until one finds an error.
pub fn compile(input: &Input<'_>) -> Compiled {
    let mut compiled = plan(input);
    if let (Some(plan), Some(selection)) = (&compiled.plan, &compiled.selection) {
        compiled.files = emit::emit(plan, selection);
    }
    compiled
}

/// Takes a topology to its plan, for who generates nothing.
pub fn plan(input: &Input<'_>) -> Compiled {
    let mut compiled = check(input);
    compiled.plan = compiled.topology.as_ref().filter(|_| compiled.selection.is_some()).map(plan::plan);
    compiled
}

/// Takes a topology as far as anything can be found in it: no plan is made, and nothing is generated.
pub fn check(input: &Input<'_>) -> Compiled {
    let mut compiled = Compiled::default();
    stages(input, &mut compiled);
    compiled.findings.sort();
    compiled.findings.gather();
    compiled
}

fn stages(input: &Input<'_>, compiled: &mut Compiled) -> Option<()> {
    let Compiled { sources, findings, topology, selection, .. } = compiled;

    let source = read::read(input.path, input.files, input.limits, sources, findings)?;
    let topology = topology.insert(resolve::resolve(&source, findings)?);
    let graph = Graph::new(topology);
    *selection = sound(input, &source, topology, &graph, findings);
    Some(())
}

/// What is to be generated, if all rules are kept and it can be had.
fn sound(
    input: &Input<'_>,
    source: &Source,
    topology: &Topology,
    graph: &Graph,
    findings: &mut Findings,
) -> Option<Selection> {
    let selection = plan::select(topology, input.request, findings);
    let built = built(input, topology, &selection);
    check::check(&check::Input::new(topology, graph, &source.spans, input.today).built(built), findings);
    (!findings.has_errors()).then_some(selection)
}

/// What is known of the crate that is being built, where anything is.
fn built<'a>(input: &'a Input<'_>, topology: &'a Topology, selection: &'a Selection) -> Option<check::Built<'a>> {
    let Request { features, services, krate, .. } = input.request;
    (features.is_some() || input.code.is_some()).then(|| check::Built {
        features: features.as_deref(),
        opened: selection.connections(topology).collect(),
        code: input.code,
        krate: krate.as_deref(),
        contract: selection.contract,
        services,
        units: selection.units(topology).collect(),
    })
}

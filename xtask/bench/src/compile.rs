//! The compiler in release: from text to plan, from text to generated code, and how both grow.

use crate::rounds::{Error, medians, seconds, shown};
use crate::synthetic::{proto, topology};
use crate::table::Figure;
use crate::{cargo, tonic};
use pontoon_compiler::check::{self, check};
use pontoon_compiler::diagnostic::Findings;
use pontoon_compiler::graph::Graph;
use pontoon_compiler::plan::{Plan, Request, plan};
use pontoon_compiler::read::{Files, Limits, Source, read};
use pontoon_compiler::resolve::resolve;
use pontoon_compiler::source::Sources;
use pontoon_compiler::topology::Topology;
use pontoon_compiler::{Compiled, Input, compile};
use pontoon_schema::document::{Date, Document};
use saphyr_parser::Parser;
use std::fs;
use std::io;

/// Services, each with five commands, for the rows that count commands.
const SERVICES: usize = 100;
const COMMANDS: f64 = 500.0;
const TYPES: &str = "crate::contract";

/// Read to plan of 5,000 commands, against what reading the text takes at the least.
pub(crate) fn planning() -> Result<Vec<Figure>, Error> {
    let text = topology::topology(10 * SERVICES, TYPES);
    let [ours, theirs] = medians(11, &mut [&mut || seconds(|| planned(&text)), &mut || seconds(|| parsed(&text))])?;
    Ok(vec![Figure {
        what: "read to plan, 1,000 services, 5,000 commands".into(),
        against: "saphyr-parser events and serde_yaml of the same text",
        measured: format!("{:.2} × ({}, {})", ours / theirs, shown(ours), shown(theirs)),
        at_most: "2 ×",
        within: ours <= 2.0 * theirs,
    }])
}

/// Read to emit of 500 commands, against prost and tonic for as many calls.
pub(crate) fn emitting() -> Result<Vec<Figure>, Error> {
    let folder = cargo::target()?.join("bench/generated");
    fs::create_dir_all(&folder)?;
    let proto = folder.join("contract.proto");
    fs::write(&proto, proto::proto(SERVICES))?;
    let text = topology::topology(SERVICES, TYPES);
    let [ours, theirs] =
        medians(11, &mut [&mut || seconds(|| compiled(&text)), &mut || seconds(|| tonic::generate(&proto, &folder))])?;
    let each = |seconds: f64| shown(seconds / COMMANDS);
    Ok(vec![Figure {
        what: "read to emit, formatted, a command".into(),
        against: "prost-build and tonic's generator, a call",
        measured: format!("{:.2} × ({}, {})", ours / theirs, each(ours), each(theirs)),
        at_most: "1 ×",
        within: ours <= theirs,
    }])
}

/// Ten times as much, from text to generated code.
pub(crate) fn growth() -> Result<Vec<Figure>, Error> {
    let (few, many) = (topology::topology(SERVICES, TYPES), topology::topology(10 * SERVICES, TYPES));
    let [few, many] = medians(7, &mut [&mut || seconds(|| compiled(&few)), &mut || seconds(|| compiled(&many))])?;
    Ok(vec![Figure {
        what: "t(10 N) / t(N), read to emit, N = 100 services with 5 commands each".into(),
        against: "",
        measured: format!("{:.1} × ({}, {})", many / few, shown(many), shown(few)),
        at_most: "12 ×",
        within: many <= 12.0 * few,
    }])
}

/// A topology that is nowhere but in memory.
struct Template<'a>(&'a str);

impl Files for Template<'_> {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_vec())
    }
}

fn compiled(text: &str) -> Result<Compiled, Error> {
    let request = Request::default();
    let input = Input {
        path: "topology.yaml",
        files: &Template(text),
        limits: Limits::default(),
        today: Date::from_unix_seconds(0),
        request: &request,
        code: None,
    };
    let compiled = compile(&input);
    if compiled.files.is_empty() {
        return Err("the synthetic topology is not accepted".into());
    }
    Ok(compiled)
}

/// The first five stages, with all that they make.
fn planned(text: &str) -> Result<(Source, Topology, Graph, Plan), Error> {
    let (mut sources, mut findings) = (Sources::default(), Findings::default());
    let source = read("topology.yaml", &Template(text), Limits::default(), &mut sources, &mut findings);
    let source = source.ok_or("the synthetic topology cannot be read")?;
    let topology = resolve(&source, &mut findings).ok_or("the synthetic topology cannot be resolved")?;
    let graph = Graph::new(&topology);
    let today = Date::from_unix_seconds(0);
    check(&check::Input::new(&topology, &graph, &source.spans, today), &mut findings);
    if !findings.is_empty() {
        return Err(format!("the synthetic topology breaks rules: {findings:?}").into());
    }
    let plan = plan(&topology);
    Ok((source, topology, graph, plan))
}

/// One pass of events, and one typed document: each of them what anybody would need, and no more.
fn parsed(text: &str) -> Result<Document, Error> {
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        std::hint::black_box(event?);
    }
    Ok(serde_yaml::from_str(text)?)
}

//! `cargo pontoon expand`: the code that the build generates for a deployment, a unit of one, or callers from outside.

use crate::arguments::Expand;
use crate::output::{self, Failure};
use crate::{suggest, topology};
use pontoon_compiler::plan::Request;
use pontoon_compiler::topology::Topology;
use std::process::ExitCode;

pub(crate) fn run(arguments: Expand) -> Result<ExitCode, Failure> {
    let what = arguments.what;
    let opened = topology::open(arguments.topology, request(&what), pontoon_compiler::compile)?;
    if let Some(topology) = &opened.compiled.topology {
        known(topology, &what)?;
    }
    let Some(compiled) = opened.sound() else {
        return Ok(ExitCode::FAILURE);
    };
    let files: Vec<_> = compiled.files.iter().filter(|file| file.name.ends_with(".rs")).collect();
    if let Some(name) = &arguments.file {
        suggest::known("generated file", name, files.iter().map(|file| file.name.as_str()))?;
        let wanted = files.iter().filter(|file| file.name == *name);
        output::print(&wanted.map(|file| file.text.as_str()).collect::<String>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let under_its_name = |name: &str, text: &str| format!("// ---- {name}\n\n{text}");
    let shown: Vec<String> = files.iter().map(|file| under_its_name(&file.name, &file.text)).collect();
    output::print(&shown.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// What the typed client is called here. No deployment can have this name.
const CLIENT: &str = "client";

fn request(what: &str) -> Request {
    let deployments = if what == CLIENT { Vec::new() } else { vec![what.to_owned()] };
    Request { contract: true, client: what == CLIENT, deployments, ..Request::default() }
}

/// Refuses what is neither a deployment, a unit of one, nor the client.
fn known(topology: &Topology, what: &str) -> Result<(), Failure> {
    let deployments = topology.deployments.values().map(|it| it.name.value.as_str());
    if !what.contains('.') {
        return suggest::known("deployment", what, deployments.chain([CLIENT]));
    }
    let units = topology.units.values();
    let units = units.map(|it| format!("{}.{}", topology.deployments[it.deployment].name.value, it.name.value));
    let units: Vec<String> = units.collect();
    suggest::known("unit", what, units.iter().map(String::as_str))
}

//! `cargo pontoon graph`: the topology, or one deployment of it, as a drawing.

use crate::arguments::{Graph, GraphFormat};
use crate::output::{self, Failure};
use crate::{suggest, topology};
use pontoon_compiler::draw::Drawing;
use std::process::ExitCode;

pub(crate) fn run(arguments: Graph) -> Result<ExitCode, Failure> {
    let opened = topology::open(arguments.topology, topology::everything(), pontoon_compiler::check)?;
    // What resolves can be drawn, whatever rule it breaks: a picture may be what helps to mend it.
    let Some(topology) = opened.compiled.topology.clone() else {
        opened.sound();
        return Ok(ExitCode::FAILURE);
    };
    let broken = opened.compiled.findings.errors();
    if broken > 0 {
        let rules = if broken == 1 { "1 error" } else { &format!("{broken} errors") };
        output::remark(&format!("drawn as it is, with {rules}: `cargo pontoon check` says which\n"));
    }
    let drawing = match &arguments.deployment {
        None => Drawing::topology(&topology),
        Some(name) => {
            let mut deployments = topology.deployments.iter();
            suggest::known("deployment", name, deployments.clone().map(|(_, it)| it.name.value.as_str()))?;
            let found = deployments.find(|(_, it)| it.name.value == *name);
            found.map_or_else(|| Drawing::topology(&topology), |(id, _)| Drawing::deployment(&topology, id))
        }
    };
    output::print(&match arguments.format {
        GraphFormat::Mermaid => drawing.to_mermaid(),
        GraphFormat::Dot => drawing.to_dot(),
    })?;
    Ok(ExitCode::SUCCESS)
}

//! `cargo pontoon graph`: the topology, or one deployment of it, as a drawing.

use crate::arguments::{Graph, GraphFormat};
use crate::output::{self, Failure};
use crate::{suggest, topology};
use pontoon_compiler::draw::Drawing;
use std::process::ExitCode;

pub(crate) fn run(arguments: Graph) -> Result<ExitCode, Failure> {
    let opened = topology::open(arguments.topology.path, topology::everything())?;
    let Some(topology) = opened.sound().and_then(|compiled| compiled.topology) else {
        return Ok(ExitCode::FAILURE);
    };
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

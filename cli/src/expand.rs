//! `cargo pontoon expand`: the code that the build generates for a deployment.

use crate::arguments::Expand;
use crate::output::{self, Failure};
use crate::{suggest, topology};
use pontoon_compiler::plan::Request;
use std::process::ExitCode;

pub(crate) fn run(arguments: Expand) -> Result<ExitCode, Failure> {
    let deployment = arguments.deployment;
    let request = Request { contract: true, deployments: vec![deployment.clone()], ..Request::default() };
    let opened = topology::open(arguments.topology.path, request)?;
    if let Some(topology) = &opened.compiled.topology {
        suggest::known("deployment", &deployment, topology.deployments.values().map(|it| it.name.value.as_str()))?;
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

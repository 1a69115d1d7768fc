//! `cargo pontoon plan`: what the compiler decided, for all deployments or for one.

use crate::arguments::{Plan, PlanFormat};
use crate::output::{self, Failure};
use crate::{suggest, topology};
use pontoon_compiler::plan::budgets;
use serde::Serialize;
use std::fmt::Display;
use std::process::ExitCode;

pub(crate) fn run(arguments: Plan) -> Result<ExitCode, Failure> {
    let opened = topology::open(arguments.topology, topology::everything(), pontoon_compiler::plan)?;
    if arguments.time {
        // What resolves has times, whatever rule it breaks: the table may be what helps to mend it.
        return match opened.compiled.topology.as_ref().map(budgets) {
            Some(budgets) => print(arguments.format, &budgets),
            None => {
                opened.sound();
                Ok(ExitCode::FAILURE)
            }
        };
    }
    let Some(mut plan) = opened.sound().and_then(|compiled| compiled.plan) else {
        return Ok(ExitCode::FAILURE);
    };
    if let Some(name) = &arguments.deployment {
        suggest::known("deployment", name, plan.deployments.iter().map(|deployment| deployment.name.as_str()))?;
        plan.deployments.retain(|deployment| deployment.name == *name);
    }
    if let Some(name) = &arguments.environment {
        let environments = plan.deployments.iter().flat_map(|deployment| &deployment.environments);
        suggest::known("environment", name, environments.map(|environment| environment.name.as_str()))?;
        for deployment in &mut plan.deployments {
            deployment.environments.retain(|environment| environment.name == *name);
        }
        plan.deployments.retain(|deployment| !deployment.environments.is_empty());
    }
    if arguments.deployment.is_some() || arguments.environment.is_some() {
        let environments = || plan.deployments.iter().flat_map(|deployment| &deployment.environments);
        plan.client.environments.retain(|environment| environments().any(|shown| shown.name == environment.name));
    }
    print(arguments.format, &plan)
}

fn print(format: PlanFormat, what: &(impl Display + Serialize)) -> Result<ExitCode, Failure> {
    match format {
        PlanFormat::Text => output::print(&what.to_string())?,
        PlanFormat::Json => output::print_json(what)?,
    }
    Ok(ExitCode::SUCCESS)
}

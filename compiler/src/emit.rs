//! Last stage: the plan as Rust files. Nothing is looked up, decided or refused here: what is not in the plan is not
//! printed, and how it behaves is the runtime's affair.

mod contract;
mod handover;
mod layout;
mod local;
mod root;
mod scope;
mod tokens;
mod unit;

use crate::plan::{Plan, Selection};

/// A generated file, to be written into the folder `topology`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name: `user.rs`.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// Prints what `selection` takes of the plan.
pub fn emit(plan: &Plan, selection: &Selection) -> Vec<File> {
    let krate = selection.krate.as_deref();
    let head = |what: &str| {
        let (topology, origin) = (&plan.topology, &selection.origin);
        format!(
            "{what} of the topology `{topology}`.\nGenerated from {origin} by pontoon-compiler: change it there and build again."
        )
    };
    let mut files = vec![layout::file("mod", &head("The modules"), &root::print(plan, selection))];
    if selection.contract {
        let modules = contract::modules(krate, &plan.contract);
        files.extend(modules.map(|(name, what, code)| layout::file(name, &head(&what), &code)));
    }
    for (deployment, environments) in selection.deployments(plan) {
        let head = head(&format!("The deployment `{}`", deployment.name));
        // One unit: a deployment with several is not selected.
        let units = deployment.units.iter().map(|unit| unit::print(krate, deployment, unit, &environments));
        files.extend(units.map(|code| layout::file(&deployment.name, &head, &code)));
    }
    files.push(handover::file(plan, krate));
    files
}

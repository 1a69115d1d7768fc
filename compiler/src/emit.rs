//! Last stage: the plan as Rust files. Nothing is looked up, decided or refused here: what is not in the plan is not
//! printed, and how it behaves is the runtime's affair.

mod client;
mod code;
mod contract;
mod custom;
mod environment;
mod handover;
mod layout;
mod local;
mod prose;
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
    let about = plan.description.iter().flat_map(|text| text.trim().split(['\n', '\r']));
    let about: String = about.map(|line| format!("\n{}", line.trim())).collect();
    let title = head("The modules") + &about;
    let mut files = vec![layout::file("mod", &title, &root::print(plan, selection))];
    if selection.contract {
        let modules = contract::modules(krate, &plan.contract);
        files.extend(modules.map(|(name, what, code)| layout::file(name, &head(&what), &code)));
    }
    for (deployment, units, environments) in selection.deployments(plan) {
        for unit in units {
            let (topology, environments) = (&*plan.topology, &*environments);
            let has_events = !plan.contract.events.is_empty();
            let code = unit::print(krate, &unit::Source { topology, deployment, unit, environments, has_events });
            files.push(layout::file(&unit.place.modules.join("."), &head(&unit.title), &code));
        }
    }
    if let Some(environments) = selection.client(plan) {
        files.push(layout::file("client", &head("The client"), &client::print(krate, &plan.topology, &environments)));
    }
    let mut files: Vec<File> = files.into_iter().map(|file| layout::of_runtime(&selection.runtime, file)).collect();
    files.push(handover::file(plan, krate, &selection.runtime));
    files
}

//! What a user would write around a topology: types, handlers that use every edge, and a run of all of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use pontoon_compiler::plan::{May, Operation, Place, Plan, Trigger};
use pontoon_topologies::random::TYPES;

/// The code of one topology, in the module `name`, whose generated files are in `folder`.
pub(crate) fn module(name: &str, folder: &str, plan: &Plan) -> String {
    let mut code = String::new();
    let _ = writeln!(
        code,
        "/// A random topology.\npub mod {name} {{\n    /// What was generated.\n    #[allow(clippy::module_inception)]\n    pub mod topology {{ include!(\"{folder}/mod.rs\"); }}\n{}",
        contract()
    );
    for version in
        plan.contract.services.iter().flat_map(|service| service.versions.iter().map(move |it| (service, it)))
    {
        let (service, version) = version;
        let _ = writeln!(
            code,
            "    /// The handlers of a service.\n    #[allow(clippy::all, unused_imports, unused_variables)]\n    pub mod of_{}_{} {{\n        use pontoon::Context as _;\n        #[derive(Clone, Default, pontoon::Resources)]\n        /// Nothing.\n        pub struct Resources;\n",
            service.name, version.version
        );
        for operation in &version.operations {
            let alias = format!("{name}_{}.v{}", service.name, version.version);
            code.push_str(&handler(name, &alias, operation));
        }
        code.push_str("    }\n");
    }
    code.push_str(&run(name, plan));
    code.push_str("}\n");
    code
}

/// The types. An empty text is no key.
fn contract() -> String {
    let derives = "#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]";
    let types = TYPES.iter().fold(String::new(), |mut types, name| {
        let _ = writeln!(
            types,
            "        /// Data.\n        {derives}\n        pub struct {name} {{\n            /// A number.\n            pub id: u64,\n            \
             /// A text.\n            pub text: String,\n        }}\n        impl Default for {name} {{\n            \
             fn default() -> Self {{ Self {{ id: 1, text: \"some\".to_owned() }} }}\n        }}"
        );
        types
    });
    format!(
        "    /// The types.\n    pub mod contract {{\n        pub use std::collections::BTreeMap;\n{types}        /// No.\n        \
         {derives}\n        pub struct Refused;\n        impl std::fmt::Display for Refused {{\n            \
         fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{ f.write_str(\"no\") }}\n        }}\n        \
         impl std::error::Error for Refused {{}}\n    }}\n"
    )
}

/// A place of the contract, seen from anywhere.
fn path(name: &str, place: &Place) -> String {
    let parts: Vec<String> = place.modules.iter().chain([&place.item]).cloned().collect();
    format!("crate::{name}::topology::{}", parts.join("::"))
}

fn handler(name: &str, alias: &str, operation: &Operation) -> String {
    let item = operation.handler.0.as_str().rsplit("::").next().unwrap_or_default().to_owned();
    let (derive, attribute, input, output) = match &operation.trigger {
        Trigger::Command { input, output, rejection, .. } => {
            let error = rejection.as_ref().map_or(String::new(), |rejection| format!("<{}>", rejection.0));
            (
                "CommandHandler",
                "command",
                input.0.to_string(),
                format!("std::result::Result<{}, pontoon::Error{error}>", output.0),
            )
        }
        Trigger::Subscription { payload, .. } => {
            ("SubscriptionHandler", "subscription", payload.0.to_string(), UNIT.to_owned())
        }
        Trigger::Worker { payload, .. } => ("QueueWorker", "worker", payload.0.to_string(), UNIT.to_owned()),
        Trigger::Schedule { .. } => ("ScheduleHandler", "schedule", "pontoon::Tick".to_owned(), UNIT.to_owned()),
    };
    let (input, output, answer) = match operation.trigger.batch() {
        Some(_) => (
            format!("Vec<pontoon::Item<{input}>>"),
            BATCH.to_owned(),
            "input.into_iter().map(pontoon::Item::done).collect()",
        ),
        None => (input, output, "std::default::Default::default()"),
    };
    let context = operation.marker.modules.join("::");
    let mut body = String::new();
    for edge in &operation.may {
        let target = path(name, &edge.target);
        let take = match edge.may {
            May::Invoke => format!("ctx.invoke({target}, std::default::Default::default()).await"),
            May::Emit => format!("ctx.emit({target}, std::default::Default::default()).await"),
            May::Enqueue => format!("ctx.enqueue({target}, std::default::Default::default()).await"),
            May::Read => format!("ctx.state({target}).get(\"one\").await"),
            May::Update => format!("ctx.state({target}).update(\"one\", |_| std::default::Default::default()).await"),
            May::Write => format!("ctx.state({target}).set(\"one\", &std::default::Default::default()).await"),
            May::Reveal => format!("ctx.secret({target}).await"),
        };
        let _ = writeln!(
            body,
            "                crate::taken({:?}, {take});",
            taken(name, operation, edge.may, &edge.target)
        );
    }
    format!(
        "        /// A handler.\n        #[derive(pontoon::{derive})]\n        #[{attribute}({alias}.{module})]\n        pub struct {item};\n        impl {item} {{\n            async fn handle(&self, ctx: &impl crate::{name}::topology::{context}::{module}::Context, input: {input}) -> {output} {{\n{body}                std::result::Result::Ok({answer})\n            }}\n        }}\n",
        module = operation.module
    )
}

const UNIT: &str = "std::result::Result<(), pontoon::Error>";

const BATCH: &str = "std::result::Result<Vec<pontoon::Outcome>, pontoon::Error>";

fn taken(name: &str, operation: &Operation, may: May, target: &Place) -> String {
    format!("{name}: {} {may:?} {target}", operation.address)
}

/// Calls every command, and waits until every edge of what runs has been taken.
fn run(name: &str, plan: &Plan) -> String {
    let versions =
        || plan.contract.services.iter().flat_map(|service| service.versions.iter().map(move |it| (service, it)));
    let operations = || versions().flat_map(|(_, version)| &version.operations);
    let sent: BTreeSet<String> = operations()
        .flat_map(|operation| operation.may.iter().filter(|edge| matches!(edge.may, May::Emit | May::Enqueue)))
        .map(|edge| edge.target.to_string())
        .collect();
    let workers_of = |queue: &Place| {
        operations().filter(|it| matches!(&it.trigger, Trigger::Worker { queue: of, .. } if of == queue)).count()
    };
    let runs = |operation: &&Operation| match &operation.trigger {
        Trigger::Subscription { event, .. } => sent.contains(&event.to_string()),
        // Of several workers of one queue, one may have all the jobs.
        Trigger::Worker { queue, .. } => sent.contains(&queue.to_string()) && workers_of(queue) == 1,
        _ => true,
    };
    let expected: Vec<String> = operations()
        .filter(runs)
        .flat_map(|operation| {
            operation.may.iter().map(|edge| format!("{:?}", taken(name, operation, edge.may, &edge.target)))
        })
        .collect();
    let calls: String = operations()
        .filter(|operation| matches!(operation.trigger, Trigger::Command { .. }))
        .map(|operation| {
            format!(
                "        let _ = unit.client().invoke({}, std::default::Default::default()).await;\n",
                path(name, &operation.marker)
            )
        })
        .collect();
    let resources: Vec<String> = plan
        .deployments
        .iter()
        .filter(|deployment| deployment.name == "monolith")
        .flat_map(|deployment| &deployment.units)
        .flat_map(|unit| &unit.services)
        .map(|member| format!("{}: std::default::Default::default()", member.field))
        .collect();
    let secrets: String = plan
        .contract
        .secrets
        .iter()
        .map(|secret| format!(".secret({}, \"letmein\")", path(name, &secret.marker)))
        .collect();
    format!(
        "    /// Runs it in memory: what of its edges was not taken.\n    #[allow(clippy::all)]\n    pub async fn run_all() -> Vec<String> {{\n        let resources = topology::monolith::Resources {{ {} }};\n        let unit = match topology::monolith::in_memory(resources){secrets}.start().await {{ Ok(unit) => unit, Err(error) => return vec![format!(\"{name}: {{error:?}}\")] }};\n{calls}        let missing = crate::missing(&[{}]).await;\n        let _ = unit.shutdown().await;\n        missing\n    }}\n",
        resources.join(", "),
        expected.join(", ")
    )
}

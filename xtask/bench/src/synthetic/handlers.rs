//! The users' part of the synthetic topology: payload types, and a handler for everything.

use super::{COMMANDS, Command, Service};

/// The crate that holds the payload types of all services. They are no generated code, so they are not in the crate
/// that is measured.
pub(crate) fn payloads(services: usize) -> String {
    let mut text = String::from("use serde::{Deserialize, Serialize};\n");
    let mut message = |name: &str, fields: &str| {
        text +=
            &format!("\n#[derive(Clone, Debug, Default, Serialize, Deserialize)]\npub struct {name} {{\n{fields}}}\n");
    };
    for service in Service::all(services) {
        let record = service.pascal();
        for command in &COMMANDS {
            let fields: String = command
                .fields()
                .iter()
                .map(|(field, scalar)| format!("    pub {field}: {},\n", scalar.rust()))
                .collect();
            message(&format!("{}{record}", command.pascal()), &fields);
        }
        message(&record, "    pub id: u64,\n    pub name: String,\n    pub amount: u64,\n");
        message(&format!("{record}Page"), &format!("    pub records: Vec<{record}>,\n"));
        message(&format!("{record}Changed"), "    pub id: u64,\n    pub amount: u64,\n");
    }
    text
}

/// The module of one service: its resources and its handlers.
pub(crate) fn module(service: Service) -> String {
    let mut text = format!(
        "use pontoon::{{CommandHandler, Context, Error, Resources, SubscriptionHandler}};\n\n\
         use pontoon_payloads::*;\nuse crate::topology;\n\n\
         #[derive(Resources)]\npub struct Resources {{\n    pub seed: u64,\n}}\n\n\
         #[derive(SubscriptionHandler)]\n#[subscription({service}.follow)]\npub struct Follow;\n\n\
         impl Follow {{\n    async fn handle(&self, _: &impl topology::{service}::follow::Context, event: {}Changed) -> \
         Result<(), Error> {{\n        let _ = event;\n        Ok(())\n    }}\n}}\n",
        service.further(1).pascal()
    );
    for command in &COMMANDS {
        text += &handler(service, command);
    }
    text
}

fn handler(service: Service, command: &Command) -> String {
    let (record, pascal, answer, name) = (service.pascal(), command.pascal(), command.answer(), command.name);
    let mut steps = String::new();
    if let Some((further, callee)) = command.invokes(service.number) {
        let other = service.further(further);
        steps +=
            &format!("        ctx.invoke(topology::{other}::{}, {}).await?;\n", callee.pascal(), input(other, callee));
    }
    if name == "change" {
        steps += &format!(
            "        ctx.emit(topology::event::{record}Changed, {record}Changed {{ id: input.id, amount: input.amount \
             }}).await?;\n"
        );
    }
    let ctx = if steps.is_empty() { "_" } else { "ctx" };
    format!(
        "\n#[derive(CommandHandler)]\n#[command({service}.{name})]\npub struct {pascal} {{\n    seed: u64,\n}}\n\n\
         impl {pascal} {{\n    async fn handle(&self, {ctx}: &impl topology::{service}::{name}::Context, input: \
         {pascal}{record}) -> Result<{record}{answer}, Error> {{\n        let _ = self.seed;\n{steps}        Ok({})\n    \
         }}\n}}\n",
        self::answer(service, command)
    )
}

/// An expression for the input of a command, made from the `input` of its caller.
pub(crate) fn input(service: Service, command: &Command) -> String {
    let fields = match command.name {
        "change" => "id: 7, amount: input.amount",
        // The callers of `find` have no field in common.
        _ => "id: 7",
    };
    format!("{}{} {{ {fields} }}", command.pascal(), service.pascal())
}

/// An expression for what a command answers, made from its `input`.
pub(crate) fn answer(service: Service, command: &Command) -> String {
    let record = service.pascal();
    match command.name {
        "create" => format!("{record} {{ id: 7, name: input.name, amount: input.amount }}"),
        "find" => format!("{record} {{ id: input.id, name: String::new(), amount: 0 }}"),
        "change" => format!("{record} {{ id: input.id, name: String::new(), amount: input.amount }}"),
        "close" => format!("{record} {{ id: input.id, name: input.reason, amount: 0 }}"),
        _ => format!(
            "{record}Page {{ records: vec![{record} {{ id: input.after, ..{record}::default() }}; input.limit as usize] }}"
        ),
    }
}

/// The root of the crate: all services in the generated monolith.
pub(crate) fn root(services: usize) -> String {
    let mut text = String::new();
    for service in Service::all(services) {
        text += &format!("pub mod {service};\n");
    }
    text += "\npontoon::topology!();\n\npub async fn run() -> pontoon::Result<()> {\n    \
             topology::monolith::run(topology::monolith::Resources {\n";
    for service in Service::all(services) {
        text += &format!("        {service}: {service}::Resources {{ seed: {} }},\n", service.number);
    }
    text + "    })\n    .await\n}\n"
}

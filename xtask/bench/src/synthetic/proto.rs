//! The same calls for tonic: a proto file with as many messages, and implementations of the services it generates.

use super::{COMMANDS, Command, Service};

/// The synthetic calls as a proto file.
pub(crate) fn proto(services: usize) -> String {
    let mut text = String::from("// Made for the benchmarks.\nsyntax = \"proto3\";\npackage contract;\n");
    for service in Service::all(services) {
        let record = service.pascal();
        text += &format!("\n// Keeps the records of ledger {}.\nservice {record}Service {{\n", service.number);
        for command in &COMMANDS {
            let (name, answer) = (command.pascal(), command.answer());
            text +=
                &format!("  // {}\n  rpc {name} ({name}{record}) returns ({record}{answer});\n", command.description);
        }
        text += "}\n";
        for command in &COMMANDS {
            text += &format!("\nmessage {}{record} {{\n", command.pascal());
            for (number, (field, scalar)) in (1..).zip(command.fields()) {
                text += &format!("  {} {field} = {number};\n", scalar.proto());
            }
            text += "}\n";
        }
        text += &format!(
            "\nmessage {record} {{\n  uint64 id = 1;\n  string name = 2;\n  uint64 amount = 3;\n}}\n\
             \nmessage {record}Page {{\n  repeated {record} records = 1;\n}}\n\
             \n// A record of ledger {} has another amount.\nmessage {record}Changed {{\n  uint64 id = 1;\n  uint64 amount \
             = 2;\n}}\n",
            service.number
        );
    }
    text
}

/// The module of one service: its implementation, which calls others through the generated clients.
pub(crate) fn implementation(service: Service) -> String {
    let (record, module) = (service.pascal(), format!("ledger{:04}_service", service.number));
    let mut text = format!(
        "use tonic::transport::Channel;\nuse tonic::{{Request, Response, Status}};\n\nuse crate::contract::*;\n\n\
         #[derive(Clone)]\npub struct Handlers {{\n    pub channel: Channel,\n}}\n\n\
         #[tonic::async_trait]\nimpl {module}_server::{record}Service for Handlers {{\n"
    );
    for command in &COMMANDS {
        text += &method(service, command);
    }
    text + "}\n"
}

fn method(service: Service, command: &Command) -> String {
    let (record, pascal, answer) = (service.pascal(), command.pascal(), command.answer());
    let call = match command.invokes(service.number) {
        None => String::new(),
        Some((steps, callee)) => {
            let other = service.further(steps);
            let client = format!("ledger{:04}_service_client::{}ServiceClient", other.number, other.pascal());
            let input = super::handlers::input(other, callee);
            format!(
                "        let mut other = {client}::new(self.channel.clone());\n        \
                 other.{}({input}).await?;\n",
                callee.name
            )
        }
    };
    let body = super::handlers::answer(service, command);
    format!(
        "    async fn {}(&self, request: Request<{pascal}{record}>) -> Result<Response<{record}{answer}>, Status> {{\n\
         \x20       let input = request.into_inner();\n{call}        Ok(Response::new({body}))\n    }}\n",
        command.name
    )
}

/// The root of the crate: all services on one server.
pub(crate) fn root(services: usize) -> String {
    let mut text = String::from("pub mod contract;\n");
    for service in Service::all(services) {
        text += &format!("mod {service};\n");
    }
    text += "\npub async fn run(channel: tonic::transport::Channel, address: std::net::SocketAddr) -> \
             Result<(), tonic::transport::Error> {\n    tonic::transport::Server::builder()\n";
    for service in Service::all(services) {
        let (number, record) = (service.number, service.pascal());
        text += &format!(
            "        .add_service(contract::ledger{number:04}_service_server::{record}ServiceServer::new(\
             {service}::Handlers {{ channel: channel.clone() }}))\n"
        );
    }
    text + "        .serve(address)\n        .await\n}\n"
}

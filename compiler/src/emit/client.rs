//! The typed client: where callers outside reach the system, and what connects them.

use quote::quote;

use super::code::{Literal, code};
use super::environment;
use super::layout::Printer;
use super::scope::Scope;
use crate::plan::Environment;

pub(super) fn print(krate: Option<&str>, topology: &str, environments: &[&Environment]) -> Printer {
    let scope = Scope::new(krate, ["Client"]);
    let environment = scope.runtime("Environment");
    let environments = environments.iter().map(|environment| environment::print(&scope, environment));
    let environments = quote! {
        /// Where callers outside can reach this system.
        const ENVIRONMENTS: &[#environment] = &[#(#environments),*];
    };
    let future = scope.future();

    let mut printer = Printer::default();
    printer.uses(scope.uses());
    printer.item();
    printer.verbatim_doc(&["Calls exposed commands over the event bridge of an environment."]);
    printer.line(&code!("pub type Client = pontoon::Client<pontoon::client::Remote>;"));
    printer.quoted(&environments);
    printer.item();
    printer.verbatim_doc(&[
        "Connects to an environment's event bridge, for calls from outside. Refuses one that stays in its process.",
    ]);
    let output = code!("impl ", future, "<Output = pontoon::Result<Client>> + Send + '_");
    printer.block(&code!("pub fn connect(environment: &str) -> ", output), |printer| {
        let arguments = code!(Literal(topology), ", ENVIRONMENTS, environment");
        printer.line(&code!("pontoon::generated::connect(", arguments, ")"));
    });
    printer
}

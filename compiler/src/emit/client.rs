//! The typed client: where callers outside reach the system, and what connects them.

use proc_macro2::TokenStream;
use quote::quote;

use super::environment;
use super::scope::Scope;
use crate::plan::Environment;

pub(super) fn print(krate: Option<&str>, topology: &str, environments: &[&Environment]) -> TokenStream {
    let scope = Scope::new(krate, ["Client"]);
    let environment_type = scope.runtime("Environment");
    let environments = environments.iter().map(|environment| environment::print(&scope, environment));
    let environments: Vec<TokenStream> = environments.collect();
    let (future, uses) = (scope.future(), scope.uses());
    quote! {
        #uses

        /// Calls exposed commands over the event bridge of an environment.
        pub type Client = pontoon::Client<pontoon::client::Remote>;

        /// Where callers outside can reach this system.
        const ENVIRONMENTS: &[#environment_type] = &[#(#environments),*];

        /// Connects to an environment's event bridge, for calls from outside. Refuses one that stays in its process.
        pub fn connect(environment: &str) -> impl #future<Output = pontoon::Result<Client>> + Send + '_ {
            pontoon::generated::connect(#topology, ENVIRONMENTS, environment)
        }
    }
}

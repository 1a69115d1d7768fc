//! An environment that a unit can run in: the adapters behind its ports.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::scope::Scope;
use crate::plan::Environment;

pub(super) fn print(scope: &Scope<'_>, environment: &Environment) -> TokenStream {
    let environment_type = scope.runtime("Environment");
    let name = &environment.name;
    let ephemeral = environment.ephemeral.then(|| quote!(.ephemeral()));
    quote!(#environment_type::new(#name)#ephemeral)
}

//! A unit: the struct of its handlers and ports, the routes to the handlers, and what makes, runs and starts it.

mod assembly;
mod ports;
mod remote;
mod services;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::scope::Scope;
use super::tokens::{doc, ident};
use crate::plan::{Deployment, Environment, Kept, Place, Unit};

/// What a unit is printed from.
pub(super) struct Source<'a> {
    /// The name of the topology.
    pub(super) topology: &'a str,
    pub(super) deployment: &'a Deployment,
    pub(super) unit: &'a Unit,
    /// Where it runs.
    pub(super) environments: &'a [&'a Environment],
    /// Whether the contract has the module `event`.
    pub(super) has_events: bool,
}

pub(super) fn print(krate: Option<&str>, source: &Source<'_>) -> TokenStream {
    let unit = source.unit;
    let defined = unit.services.iter().map(|member| member.structure.as_str());
    let scope = Scope::new(krate, defined.chain(["Resources", unit.place.item.as_str()]));
    let code = [
        resources(&scope, unit),
        structure(&scope, unit),
        services::print(&scope, unit),
        remote::print(&scope, unit),
        ports::print(&scope, unit),
        assembly::print(&scope, source),
        functions(&scope, unit),
    ];
    let (markers, uses) = (markers(source), scope.uses());
    quote!(#markers #uses #(#code)*)
}

/// The struct of the unit.
fn name(unit: &Unit) -> Ident {
    ident(&unit.place.item)
}

/// The modules of the contract that the unit refers to. They lie beside the outermost of its own.
fn markers(source: &Source<'_>) -> TokenStream {
    let unit = source.unit;
    let handlers = unit.services.iter().flat_map(|member| &member.handlers).map(|handler| &handler.marker);
    let ports =
        [&unit.emits, &unit.enqueues, &unit.keeps, &unit.reveals].into_iter().flatten().map(|port| &port.marker);
    let reached = unit.reaches.iter().map(|reached| &reached.marker);
    let kept = unit.keeps_for.iter().flat_map(Kept::named);
    let markers = handlers.chain(ports).chain(reached).chain(kept);
    let event = source.has_events.then_some("event");
    let roots: std::collections::BTreeSet<&str> = markers.map(Place::root).chain(event).collect();
    let roots: Vec<Ident> = roots.into_iter().map(ident).collect();
    let up = std::iter::repeat_n(quote!(super), unit.place.modules.len());
    match roots.as_slice() {
        [] => TokenStream::new(),
        [root] => quote!(use #(#up::)*#root;),
        roots => quote!(use #(#up::)*{#(#roots),*};),
    }
}

/// The struct that the user makes the unit from.
fn resources(scope: &Scope<'_>, unit: &Unit) -> TokenStream {
    let fields = unit.services.iter().map(|member| {
        let doc = format!(" For the handlers of `{}`.", member.service);
        let (field, resources) = (ident(&member.field), scope.named(&member.resources));
        quote!(#[doc = #doc] pub #field: #resources)
    });
    quote! {
        /// What the services of this unit are made from.
        pub struct Resources {
            #(#fields),*
        }
    }
}

/// The unit itself.
fn structure(scope: &Scope<'_>, unit: &Unit) -> TokenStream {
    let services = unit.services.iter().map(|member| {
        let (field, structure) = (ident(&member.field), ident(&member.structure));
        quote!(#field: #structure)
    });
    let ports = ports::fields(scope, unit);
    let (doc, name) = (doc(&unit.description), name(unit));
    quote! {
        #doc
        pub struct #name {
            #(#services,)*
            #(#ports),*
        }
    }
}

/// How the user runs it.
fn functions(scope: &Scope<'_>, unit: &Unit) -> TokenStream {
    let (name, started, future) = (name(unit), scope.runtime("Started"), scope.future());
    let launch = scope.runtime("Launch");
    let (send, once) = (scope.prelude("Send"), scope.prelude("AsyncFnOnce"));
    quote! {
        /// Runs this unit until a signal, then stops it.
        pub fn run(resources: Resources) -> impl #future<Output = pontoon::Result<()>> + #send {
            pontoon::generated::run::<#name>(resources)
        }

        /// The same, with something that runs beside it from when it is ready until the signal.
        pub fn run_with(
            resources: Resources,
            beside: impl #once(&#started<#name>) -> pontoon::Result<()>,
        ) -> impl #future<Output = pontoon::Result<()>> {
            pontoon::generated::run_with::<#name>(resources, beside)
        }

        /// Starts this unit; what comes back has its client, and stops it.
        pub fn start(resources: Resources) -> impl #future<Output = pontoon::Result<#started<#name>>> + #send {
            pontoon::generated::start::<#name>(resources)
        }

        /// This unit with everything in memory, whatever the environment: for tests. `.await` starts it.
        pub fn in_memory(resources: Resources) -> #launch<#name> {
            pontoon::generated::in_memory::<#name>(resources)
        }
    }
}

//! The contract: a file for each service, and one each for events, queues, state collections and secrets.

mod context;
mod event;
mod operation;
mod queue;
mod secret;
mod state;

use proc_macro2::TokenStream;
use quote::quote;

use super::scope::Scope;
use super::tokens::{doc, ident};
use crate::plan::{Contract, Event, Place, Queue, Secret, ServiceModule, ServiceVersion, State};

/// The modules of the contract, each with its name, what it holds in words, and its code. One without items is left
/// out.
pub(super) fn modules<'a>(
    krate: Option<&'a str>,
    contract: &'a Contract,
) -> impl Iterator<Item = (&'a str, String, TokenStream)> {
    let Contract { services, events, queues, states, secrets, .. } = contract;
    let services = services
        .iter()
        .map(move |service| (&*service.name, format!("The service `{}`", service.name), self::service(krate, service)));
    let others = [
        (!events.is_empty()).then(|| ("event", "The events".to_owned(), self::events(krate, events))),
        (!queues.is_empty()).then(|| ("queue", "The queues".to_owned(), self::queues(krate, queues))),
        (!states.is_empty()).then(|| ("state", "The state".to_owned(), self::states(krate, states))),
        (!secrets.is_empty()).then(|| ("secret", "The secrets".to_owned(), self::secrets(krate, secrets))),
    ];
    services.chain(others.into_iter().flatten())
}

/// All versions of a service. A single one is not set apart.
fn service(krate: Option<&str>, service: &ServiceModule) -> TokenStream {
    let versions = service.versions.iter().map(|version| self::version(krate, version));
    quote!(#(#versions)*)
}

fn version(krate: Option<&str>, version: &ServiceVersion) -> TokenStream {
    let scope = Scope::new(krate, version.operations.iter().map(|operation| operation.marker.item.as_str()));
    let operations = version.operations.iter().map(|operation| operation::print(&scope, operation));
    let operations: Vec<TokenStream> = operations.collect();
    let uses = scope.uses();
    let items = quote!(#uses #(#operations)*);
    let Some(module) = &version.module else { return items };
    let (doc, module) = (doc(&version.description), ident(module));
    quote! {
        #doc
        pub mod #module {
            #items
        }
    }
}

/// The module `event`.
fn events(krate: Option<&str>, events: &[Event]) -> TokenStream {
    let scope = Scope::new(krate, events.iter().map(|event| event.marker.item.as_str()));
    let printed: Vec<TokenStream> = events.iter().map(|event| event::print(&scope, event)).collect();
    let (subscriptions, uses) = (event::all_subscriptions(&scope, events), scope.uses());
    quote!(#uses #(#printed)* #subscriptions)
}

/// The module `queue`.
fn queues(krate: Option<&str>, queues: &[Queue]) -> TokenStream {
    let scope = Scope::new(krate, queues.iter().map(|queue| queue.marker.item.as_str()));
    module(&scope, queues, queue::print)
}

/// The module `state`.
fn states(krate: Option<&str>, states: &[State]) -> TokenStream {
    let scope = Scope::new(krate, states.iter().map(|state| state.marker.item.as_str()));
    module(&scope, states, state::print)
}

/// The module `secret`.
fn secrets(krate: Option<&str>, secrets: &[Secret]) -> TokenStream {
    let scope = Scope::new(krate, secrets.iter().map(|secret| secret.marker.item.as_str()));
    module(&scope, secrets, secret::print)
}

fn module<T>(scope: &Scope<'_>, items: &[T], print: fn(&Scope<'_>, &T) -> TokenStream) -> TokenStream {
    let printed: Vec<TokenStream> = items.iter().map(|item| print(scope, item)).collect();
    let uses = scope.uses();
    quote!(#uses #(#printed)*)
}

/// A type without values of interest: its name is the address.
fn marker(description: &str, marker: &Place) -> TokenStream {
    let (doc, name) = (doc(description), ident(&marker.item));
    quote! {
        #doc
        #[derive(Clone, Copy, Debug)]
        pub struct #name;
    }
}

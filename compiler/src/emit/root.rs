//! The file that `pontoon::topology!()` includes: a module for each of the others.

use proc_macro2::TokenStream;
use quote::quote;

use super::local;
use super::tokens::{doc, ident};
use crate::plan::{Contract, Plan, Selection};

pub(super) fn print(plan: &Plan, selection: &Selection) -> TokenStream {
    let contract = match selection.contract {
        true => modules(&plan.contract),
        false => imported(&plan.contract, selection),
    };
    let units = selection
        .deployments(plan)
        .flat_map(|(deployment, _)| deployment.units.iter().map(|unit| module(&deployment.name, &unit.description)));
    quote!(#contract #(#units)*)
}

fn modules(contract: &Contract) -> TokenStream {
    let services = contract.services.iter().map(|service| module(&service.name, &service.description));
    let events = (!contract.events.is_empty()).then(|| module("event", "Facts that are published."));
    let queues = (!contract.queues.is_empty()).then(|| module("queue", "Jobs for workers."));
    let states = (!contract.states.is_empty()).then(|| module("state", "What handlers keep."));
    let secrets =
        (!contract.secrets.is_empty()).then(|| module("secret", "What handlers may read of the secret store."));
    quote!(#(#services)* #events #queues #states #secrets)
}

/// The contract where another crate holds it.
fn imported(contract: &Contract, selection: &Selection) -> TokenStream {
    let path = local::seen_from(selection.krate.as_deref(), &contract.path);
    quote!(pub use #path::*;)
}

fn module(name: &str, description: &str) -> TokenStream {
    let file = [name, ".rs"].concat();
    let (doc, name) = (doc(description), ident(name));
    quote! {
        #doc
        pub mod #name {
            include!(#file);
        }
    }
}

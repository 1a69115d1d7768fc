//! The file that `pontoon::topology!()` includes: a module for each of the others.

use proc_macro2::TokenStream;
use quote::quote;

use super::tokens::{doc, ident};
use super::{custom, local};
use crate::plan::{Contract, Deployment, Plan, Selection, Unit};

pub(super) fn print(plan: &Plan, selection: &Selection) -> TokenStream {
    let contract = match selection.contract {
        true => modules(&plan.contract),
        false => imported(&plan.contract, selection),
    };
    let deployments = selection.deployments(plan).map(|(deployment, units, _)| self::deployment(deployment, &units));
    let client = selection.client(plan).map(|_| module("client", "client", "The way in for callers from outside."));
    let custom = custom::print(plan, selection);
    quote!(#contract #(#deployments)* #client #custom)
}

/// The units of a deployment: one alone is the module of its own deployment, others are modules below it.
fn deployment(deployment: &Deployment, units: &[&Unit]) -> TokenStream {
    let of_unit = |unit: &&Unit| {
        let modules = &unit.place.modules;
        module(modules.last().unwrap_or(&deployment.name), &modules.join("."), &unit.description)
    };
    if let [unit] = units
        && unit.place.modules.len() == 1
    {
        return of_unit(unit);
    }
    let (doc, name, units) = (doc(&deployment.description), ident(&deployment.name), units.iter().map(of_unit));
    quote! {
        #doc
        pub mod #name {
            #(#units)*
        }
    }
}

fn modules(contract: &Contract) -> TokenStream {
    let services = contract.services.iter().map(|service| module(&service.name, &service.name, &service.description));
    let events = (!contract.events.is_empty()).then(|| module("event", "event", "Facts that are published."));
    let queues = (!contract.queues.is_empty()).then(|| module("queue", "queue", "Jobs for workers."));
    let states = (!contract.states.is_empty()).then(|| module("state", "state", "What handlers keep."));
    let secrets = (!contract.secrets.is_empty())
        .then(|| module("secret", "secret", "What handlers may read of the secret store."));
    quote!(#(#services)* #events #queues #states #secrets)
}

/// The contract where another crate holds it.
fn imported(contract: &Contract, selection: &Selection) -> TokenStream {
    let path = local::seen_from(selection.krate.as_deref(), &contract.path);
    quote!(pub use #path::*;)
}

/// A module whose code is in `file`.
fn module(name: &str, file: &str, description: &str) -> TokenStream {
    let file = [file, ".rs"].concat();
    let (doc, name) = (doc(description), ident(name));
    quote! {
        #doc
        pub mod #name {
            include!(#file);
        }
    }
}

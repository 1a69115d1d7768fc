//! A state collection: what a value is, and how long it lives.

use proc_macro2::TokenStream;
use quote::quote;

use super::marker;
use crate::emit::scope::Scope;
use crate::emit::tokens::ident;
use crate::plan::{State, Time};

pub(super) fn print(scope: &Scope<'_>, state: &State) -> TokenStream {
    let marker = marker(&state.description, &state.marker);
    let (item, name, value) = (ident(&state.marker.item), &state.name, scope.named(&state.value));
    let ttl = state.ttl.map(|ttl| time_to_live(scope, ttl));
    let state = scope.runtime("State");
    quote! {
        #marker

        impl #state for #item {
            type Value = #value;
            const NAME: &'static str = #name;
            #ttl
        }
    }
}

fn time_to_live(scope: &Scope<'_>, ttl: Time) -> TokenStream {
    let (duration, ttl) = (scope.duration_type(), scope.duration(ttl));
    let some = scope.prelude("Some");
    quote!(const TTL: Option<#duration> = #some(#ttl);)
}

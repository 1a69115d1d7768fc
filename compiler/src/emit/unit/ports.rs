//! What connects a unit's handlers to events, queues, state and secrets: a field each, and the way to it.

use proc_macro2::TokenStream;
use quote::quote;

use super::name;
use crate::emit::scope::Scope;
use crate::emit::tokens::ident;
use crate::plan::{Port, Unit};

/// A kind of port in the runtime's words.
struct Kind {
    /// The trait of a unit that has it.
    has: &'static str,
    /// The method of that trait.
    method: &'static str,
    /// The type of the field.
    field: &'static str,
}

const EVENT: Kind = Kind { has: "Emits", method: "publisher", field: "Publisher" };
const QUEUE: Kind = Kind { has: "Enqueues", method: "enqueuer", field: "Enqueuer" };
const STATE: Kind = Kind { has: "Keeps", method: "collection", field: "Collection" };
const SECRET: Kind = Kind { has: "Reveals", method: "secret", field: "SecretSource" };

fn all(unit: &Unit) -> impl Iterator<Item = (&Kind, &Port)> {
    let kinds = [(&EVENT, &unit.emits), (&QUEUE, &unit.enqueues), (&STATE, &unit.keeps), (&SECRET, &unit.reveals)];
    kinds.into_iter().flat_map(|(kind, ports)| ports.iter().map(move |port| (kind, port)))
}

/// The fields of the unit's struct.
pub(super) fn fields(scope: &Scope<'_>, unit: &Unit) -> Vec<TokenStream> {
    let field = |(kind, port): (&Kind, &Port)| {
        let (field, field_type, marker) = (ident(&port.field), scope.runtime(kind.field), &port.marker);
        quote!(#field: #field_type<#marker>)
    };
    all(unit).map(field).collect()
}

/// What the fields are filled with.
pub(super) fn made(unit: &Unit) -> Vec<TokenStream> {
    let made = |(kind, port): (&Kind, &Port)| {
        let (field, method) = (ident(&port.field), ident(kind.method));
        quote!(#field: ports.#method())
    };
    all(unit).map(made).collect()
}

pub(super) fn print(scope: &Scope<'_>, unit: &Unit) -> TokenStream {
    let name = name(unit);
    let ways = all(unit).map(|(kind, port)| {
        let (has, field_type) = (scope.runtime(kind.has), scope.runtime(kind.field));
        let (field, method, marker) = (ident(&port.field), ident(kind.method), &port.marker);
        quote! {
            impl #has<#marker> for #name {
                fn #method(&self) -> &#field_type<#marker> {
                    &self.#field
                }
            }
        }
    });
    quote!(#(#ways)*)
}

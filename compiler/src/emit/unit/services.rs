//! The handlers of a unit, a table for each service: which operation each of them handles, and what they are made from.

use proc_macro2::TokenStream;
use quote::quote;

use super::name;
use crate::emit::scope::Scope;
use crate::emit::tokens::ident;
use crate::plan::{Member, Unit};

pub(super) fn print(scope: &Scope<'_>, unit: &Unit) -> TokenStream {
    let tables = unit.services.iter().map(|member| table(scope, unit, member));
    quote!(#(#tables)*)
}

fn table(scope: &Scope<'_>, unit: &Unit, member: &Member) -> TokenStream {
    let doc = format!(" The handlers of `{}`.", member.service);
    let (structure, unit, service) = (ident(&member.structure), name(unit), ident(&member.field));
    let resources = scope.named(&member.resources);
    let handlers = member.handlers.iter().map(|handler| {
        let (field, marker, handler) = (ident(&handler.field), &handler.marker, scope.named(&handler.handler));
        quote!(#field: #marker => #handler)
    });
    quote! {
        pontoon::generated::handlers! {
            #[doc = #doc]
            struct #structure in #unit.#service from #resources {
                #(#handlers),*
            }
        }
    }
}

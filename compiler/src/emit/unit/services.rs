//! The handlers of a unit, by service, and the route that leads to each.

use proc_macro2::TokenStream;
use quote::quote;

use super::name;
use crate::emit::scope::Scope;
use crate::emit::tokens::ident;
use crate::plan::{Member, MemberHandler, Unit};

pub(super) fn print(scope: &Scope<'_>, unit: &Unit) -> TokenStream {
    let (route_trait, name) = (scope.runtime("Route"), name(unit));
    let structures = unit.services.iter().map(structure);
    let routes = unit
        .services
        .iter()
        .flat_map(|member| member.handlers.iter().map(move |handler| route(scope, unit, member, handler)));
    quote! {
        #(#structures)*

        /// The type that handles an operation here.
        type Handler<M> = <M as #route_trait<#name>>::Handler;

        #(#routes)*
    }
}

/// The handlers of one service. Their types stand at their routes and nowhere else, so that rustc reports a missing one
/// once.
fn structure(member: &Member) -> TokenStream {
    let doc = format!(" The handlers of `{}`.", member.service);
    let structure = ident(&member.structure);
    let fields = member.handlers.iter().map(|handler| {
        let (field, marker) = (ident(&handler.field), &handler.marker);
        quote!(#field: Handler<#marker>)
    });
    quote! {
        #[doc = #doc]
        struct #structure {
            #(#fields),*
        }
    }
}

fn route(scope: &Scope<'_>, unit: &Unit, member: &Member, handler: &MemberHandler) -> TokenStream {
    let route = scope.runtime("Route");
    let (marker, handler_type) = (&handler.marker, scope.named(&handler.handler));
    let resources = scope.named(&member.resources);
    let (unit, service, field) = (name(unit), ident(&member.field), ident(&handler.field));
    quote! {
        impl #route<#unit> for #marker {
            type Resources = #resources;
            type Handler = #handler_type;
            fn handler(unit: &#unit) -> &Self::Handler {
                &unit.#service.#field
            }
        }
    }
}

//! The context of a handler: a name for exactly the edges that it declares.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::scope::Scope;
use crate::emit::tokens::ident;
use crate::plan::{Edge, May, Operation};

pub(super) fn print(operation: &Operation) -> TokenStream {
    let scope = Scope::new(None, ["Context"]);
    let bounds: Vec<TokenStream> = operation.may.iter().map(|edge| bound(&scope, edge)).collect();
    let module = ident(&operation.module);
    let markers = markers(operation);
    let (uses, implementation) = (scope.uses(), implementation(&bounds));
    let module_doc = format!(" The context of `{}`.", operation.reference);
    let doc = format!(" What the handler of `{}` may do.", operation.reference);
    let unmet = unmet(operation);
    quote! {
        #[doc = #module_doc]
        pub mod #module {
            #markers
            #uses

            #[doc = #doc]
            #unmet
            pub trait Context: pontoon::Context #(+ #bounds)* {}

            #implementation
        }
    }
}

/// Whoever has the edges has the context. A short list of them fits into the line.
fn implementation(bounds: &[TokenStream]) -> TokenStream {
    match bounds {
        [] => quote!(
            impl<C: pontoon::Context> Context for C {}
        ),
        [bound] => quote!(#[diagnostic::do_not_recommend] impl<C: pontoon::Context + #bound> Context for C {}),
        _ => quote!(#[diagnostic::do_not_recommend] impl<C> Context for C where C: pontoon::Context #(+ #bounds)* {}),
    }
}

/// What rustc says where another context is handed over: whose is asked for, and not each edge of it once. Nobody lacks
/// one that has none.
fn unmet(operation: &Operation) -> Option<TokenStream> {
    let message = format!("this is not the context of `{}`", operation.reference);
    (!operation.may.is_empty()).then(|| quote!(#[diagnostic::on_unimplemented(message = #message)]))
}

fn bound(scope: &Scope<'_>, Edge { may, target }: &Edge) -> TokenStream {
    let may = scope.runtime(match may {
        May::Invoke => "MayInvoke",
        May::Emit => "MayEmit",
        May::Enqueue => "MayEnqueue",
        May::Read => "MayRead",
        May::Update => "MayUpdate",
        May::Write => "MayWrite",
        May::Reveal => "MayReveal",
    });
    quote!(#may<#target>)
}

/// The modules of the contract that the edges lead to. This module lies as deep below theirs as its marker's path is.
fn markers(operation: &Operation) -> Option<TokenStream> {
    let roots: BTreeSet<&str> = operation.may.iter().map(|edge| edge.target.root()).collect();
    let roots: Vec<_> = roots.into_iter().map(ident).collect();
    let up = std::iter::repeat_n(quote!(super), operation.marker.modules.len() + 1);
    match roots.as_slice() {
        [] => None,
        [root] => Some(quote!(use #(#up::)*#root;)),
        roots => Some(quote!(use #(#up::)*{#(#roots),*};)),
    }
}

//! A secret: its name in the environment's secret store.

use proc_macro2::TokenStream;
use quote::quote;

use super::marker;
use crate::emit::scope::Scope;
use crate::emit::tokens::ident;
use crate::plan::Secret;

pub(super) fn print(scope: &Scope<'_>, secret: &Secret) -> TokenStream {
    let marker = marker(&secret.description, &secret.marker);
    let (item, name) = (ident(&secret.marker.item), &secret.name);
    let secret = scope.runtime("Secret");
    quote! {
        #marker

        impl #secret for #item {
            const NAME: &'static str = #name;
        }
    }
}

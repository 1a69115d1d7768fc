//! An event: what it carries, and where it is published.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::marker;
use crate::emit::scope::Scope;
use crate::emit::tokens::{ident, listeners};
use crate::plan::Event;

pub(super) fn print(scope: &Scope<'_>, event: &Event) -> TokenStream {
    let marker = marker(&event.description, &event.marker);
    let (name, payload, subject) = (ident(&event.marker.item), scope.named(&event.payload), &event.subject);
    let max_hops = event.max_hops.map(Literal::u32_unsuffixed);
    let max_hops = max_hops.map(|hops| quote!(const MAX_HOPS: Option<u32> = Some(#hops);));
    let listeners = listeners(scope, event.listeners);
    let event = scope.runtime("Event");
    quote! {
        #marker

        impl #event for #name {
            type Payload = #payload;
            const SUBJECT: &'static str = #subject;
            #max_hops
            #listeners
        }
    }
}

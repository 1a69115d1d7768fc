//! An event: what it carries, and where it is published.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::marker;
use crate::emit::scope::Scope;
use crate::emit::tokens::{environments, ident, listeners};
use crate::plan::{Event, Subscribed};

pub(super) fn print(scope: &Scope<'_>, event: &Event) -> TokenStream {
    let marker = marker(&event.description, &event.marker);
    let (name, payload, subject) = (ident(&event.marker.item), scope.named(&event.payload), &event.subject);
    let max_hops = event.max_hops.map(Literal::u32_unsuffixed);
    let some = scope.prelude("Some");
    let max_hops = max_hops.map(|hops| quote!(const MAX_HOPS: Option<u32> = #some(#hops);));
    let environments = environments(scope, event.environments.as_deref());
    let listeners = listeners(scope, event.listeners);
    let event = scope.runtime("Event");
    quote! {
        #marker

        impl #event for #name {
            type Payload = #payload;
            const SUBJECT: &'static str = #subject;
            #max_hops
            #environments
            #listeners
        }
    }
}

/// All who hear one of them.
pub(super) fn subscriptions(scope: &Scope<'_>, events: &[Event]) -> TokenStream {
    let subscribed = scope.runtime("Subscribed");
    let subscriptions = events.iter().flat_map(|event| {
        event.subscriptions.iter().map(|Subscribed { address, at_most_once, environments }| {
            let (subject, delivery) = (&event.subject, if *at_most_once { "at_most_once" } else { "at_least_once" });
            let delivery = ident(delivery);
            let only = environments.as_ref().map(|names| quote!(.only_in(&[#(#names),*])));
            quote!(#subscribed::#delivery(#subject, #address)#only)
        })
    });
    quote! {
        /// All subscriptions to them, of every service: what a broker keeps for another is left of an earlier version.
        pub const SUBSCRIPTIONS: &[#subscribed] = &[#(#subscriptions),*];
    }
}

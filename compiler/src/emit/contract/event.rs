//! An event: what it carries, and where it is published.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::marker;
use crate::emit::scope::Scope;
use crate::emit::tokens::{environments, ident, listeners};
use crate::plan::Event;

pub(super) fn print(scope: &Scope<'_>, event: &Event) -> TokenStream {
    let marker = marker(&event.description, &event.marker);
    let (name, payload, subject) = (ident(&event.marker.item), scope.named(&event.payload), &event.subject);
    let max_hops = event.max_hops.map(Literal::u32_unsuffixed);
    let some = scope.prelude("Some");
    let max_hops = max_hops.map(|hops| quote!(const MAX_HOPS: Option<u32> = #some(#hops);));
    let environments = environments(scope, event.environments.as_deref());
    let listeners = listeners(scope, event.listeners);
    let subscriptions = subscriptions(scope, event);
    let event = scope.runtime("Event");
    quote! {
        #marker

        impl #event for #name {
            type Payload = #payload;
            const SUBJECT: &'static str = #subject;
            #max_hops
            #environments
            #listeners
            #subscriptions
        }
    }
}

/// All who hear it. Their markers are in the modules beside that of the events.
fn subscriptions(scope: &Scope<'_>, event: &Event) -> Option<TokenStream> {
    let markers = event.subscriptions.iter().map(|subscription| &subscription.marker);
    let subscribed = scope.runtime("KnownSubscription");
    let subscriptions = quote!(&[#(#subscribed::of::<super::#markers>()),*]);
    (!event.subscriptions.is_empty()).then(|| quote!(const SUBSCRIPTIONS: &'static [#subscribed] = #subscriptions;))
}

/// All who hear one of them.
pub(super) fn all_subscriptions(scope: &Scope<'_>, events: &[Event]) -> TokenStream {
    let (subscribed, event) = (scope.runtime("KnownSubscription"), scope.runtime("Event"));
    let heard = events.iter().filter(|event| !event.subscriptions.is_empty());
    let markers = heard.map(|event| ident(&event.marker.item));
    quote! {
        /// All subscriptions to them, of every service: what a broker keeps for another is left of an earlier version.
        pub const SUBSCRIPTIONS: &[&[#subscribed]] = &[#(<#markers as #event>::SUBSCRIPTIONS),*];
    }
}

//! A queue: what a job is, where it is put, and what is promised about it.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::marker;
use crate::emit::scope::Scope;
use crate::emit::tokens::{ident, listeners, when_full};
use crate::plan::Queue;

pub(super) fn print(scope: &Scope<'_>, queue: &Queue) -> TokenStream {
    let marker = marker(&queue.description, &queue.marker);
    let (name, payload, subject) = (ident(&queue.marker.item), scope.named(&queue.payload), &queue.subject);
    let (rules, listeners) = (rules(scope, queue), listeners(scope, queue.listeners));
    let (queue, queue_policy) = (scope.runtime("Queue"), scope.runtime("QueuePolicy"));
    quote! {
        #marker

        impl #queue for #name {
            type Payload = #payload;
            const SUBJECT: &'static str = #subject;
            const POLICY: #queue_policy = #rules;
            #listeners
        }
    }
}

fn rules(scope: &Scope<'_>, queue: &Queue) -> TokenStream {
    let rules = scope.runtime("QueuePolicy");
    let lease = scope.duration(queue.lease);
    let attempts = Literal::u32_unsuffixed(queue.attempts);
    let backoff = scope.backoff(queue.backoff);
    let dead_letter = queue.dead_letter.then(|| quote!(.dead_letter()));
    let remember = queue.deduplicate.map(|window| scope.duration(window)).map(|window| quote!(.remember(#window)));
    let bound = queue.bound.map(Literal::u32_unsuffixed).map(|bound| quote!(.bound(#bound)));
    let when_full = queue.when_full.map(|policy| when_full(scope, policy)).map(|policy| quote!(.when_full(#policy)));
    quote!(#rules::new().lease(#lease).attempts(#attempts).backoff(#backoff)#dead_letter #remember #bound #when_full)
}

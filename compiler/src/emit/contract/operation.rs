//! A handler's marker type, with what rustc and the runtime have to know about it.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{context, marker};
use crate::emit::scope::Scope;
use crate::emit::tokens::{environments, field, ident, when_full};
use crate::plan::{Delivery, Idempotency, Operation, Place, Policy, Timetable, Trigger};

pub(super) fn print(scope: &Scope<'_>, operation: &Operation) -> TokenStream {
    let marker = marker(&operation.description, &operation.marker);
    let general = general(scope, operation);
    let special = special(scope, operation);
    let context = context::print(operation);
    quote!(#marker #general #special #context)
}

/// What every handler has.
fn general(scope: &Scope<'_>, operation: &Operation) -> TokenStream {
    let name = ident(&operation.marker.item);
    let (trait_name, kind_type) = (scope.runtime("Operation"), scope.runtime("Kind"));
    let (kind, input, output, rejection) = types(scope, &operation.trigger);
    let address = &operation.address;
    let policy = policy(scope, &operation.policy);
    let key = operation.policy.idempotency.as_ref().map(|idempotency| idempotency_key(scope, idempotency));
    quote! {
        impl #trait_name for #name {
            type Input = #input;
            type Output = #output;
            type Rejection = #rejection;
            const KIND: #kind_type = #kind_type::#kind;
            const ADDRESS: &'static str = #address;
            #policy
            #key
        }
    }
}

/// Kind, input, output and rejection.
fn types(scope: &Scope<'_>, trigger: &Trigger) -> (TokenStream, TokenStream, TokenStream, TokenStream) {
    let never = || scope.runtime("Never");
    match trigger {
        Trigger::Command { input, output, rejection, .. } => {
            let rejection = rejection.as_ref().map_or_else(never, |rejection| scope.named(rejection));
            (quote!(Command), scope.named(input), scope.named(output), rejection)
        }
        Trigger::Subscription { payload, .. } => (quote!(Subscription), scope.named(payload), quote!(()), never()),
        Trigger::Worker { payload, .. } => (quote!(Worker), scope.named(payload), quote!(()), never()),
        Trigger::Schedule { .. } => (quote!(Schedule), scope.runtime("Tick"), quote!(()), never()),
    }
}

/// What holds for every run, where the topology promises something.
fn policy(scope: &Scope<'_>, policy: &Policy) -> Option<TokenStream> {
    let timeout = policy.timeout.map(|timeout| scope.duration(timeout)).map(|timeout| quote!(.timeout(#timeout)));
    let retry = policy.retry.map(|(attempts, backoff)| {
        let (attempts, backoff) = (Literal::u32_unsuffixed(attempts), scope.backoff(backoff));
        quote!(.retry(#attempts).backoff(#backoff))
    });
    let idempotency = policy.idempotency.as_ref().map(|idempotency| {
        let keep = scope.duration(idempotency.keep);
        quote!(.idempotency(#keep))
    });
    let outbox = policy.outbox.then(|| quote!(.outbox()));
    let repeatable = policy.repeatable.then(|| quote!(.repeatable()));
    let promises = quote!(#timeout #retry #idempotency #outbox #repeatable);
    (!promises.is_empty()).then(|| {
        let policy = scope.runtime("Policy");
        quote!(const POLICY: #policy = #policy::new()#promises;)
    })
}

/// What tells one input from another. Whether a field that may be absent is a key, rustc says: it knows the field's
/// type.
fn idempotency_key(scope: &Scope<'_>, idempotency: &Idempotency) -> TokenStream {
    let (field, key) = (field(&idempotency.key), scope.runtime("Key"));
    let found = quote!(#key::field(&input #field));
    let some = scope.prelude("Some");
    let found = if idempotency.optional { quote!(#found.optional()) } else { quote!(#some(#found.required())) };
    quote! {
        fn key(input: &Self::Input) -> Option<#key> {
            #found
        }
    }
}

/// What stays in order.
fn order(scope: &Scope<'_>, path: &str) -> TokenStream {
    let (field, key, some) = (field(path), scope.runtime("Key"), scope.prelude("Some"));
    quote! {
        fn order(payload: &Self::Input) -> Option<#key> {
            #some(#key::of(&payload #field))
        }
    }
}

/// What only handlers of one kind have.
fn special(scope: &Scope<'_>, operation: &Operation) -> TokenStream {
    let name = ident(&operation.marker.item);
    match &operation.trigger {
        Trigger::Command { subject, exposed, .. } => {
            let command = scope.runtime("Command");
            let exposed = exposed.then(|| scope.runtime("Exposed")).map(|exposed| quote!(impl #exposed for #name {}));
            quote! {
                impl #command for #name {
                    const SUBJECT: &'static str = #subject;
                }
                #exposed
            }
        }
        Trigger::Subscription { event, delivery, environments, .. } => {
            let subscription = scope.runtime("Subscription");
            let policy_type = scope.runtime("SubscriptionPolicy");
            let order = delivery.ordered.as_ref().and_then(Option::as_ref);
            let order = order.map(|path| self::order(scope, path));
            let (event, delivery) = (from_service(operation, event), self::delivery(scope, delivery));
            let environments = self::environments(scope, environments.as_deref());
            quote! {
                impl #subscription for #name {
                    type Event = #event;
                    const DELIVERY: #policy_type = #delivery;
                    #environments
                    #order
                }
            }
        }
        Trigger::Worker { queue, concurrency, backoff, .. } => {
            let worker = scope.runtime("Worker");
            let (queue, concurrency) = (from_service(operation, queue), Literal::u32_unsuffixed(*concurrency));
            let backoff = backoff.map(|backoff| {
                let (item, backoff) = (scope.runtime("Backoff"), scope.backoff(backoff));
                quote!(const BACKOFF: Option<#item> = Some(#item::new(#backoff));)
            });
            quote! {
                impl #worker for #name {
                    type Queue = #queue;
                    const CONCURRENCY: u32 = #concurrency;
                    #backoff
                }
            }
        }
        Trigger::Schedule { timetable } => {
            let schedule = scope.runtime("Schedule");
            let timetable_type = scope.runtime("Timetable");
            let timetable = self::timetable(scope, timetable);
            quote! {
                impl #schedule for #name {
                    const TIMETABLE: #timetable_type = #timetable;
                }
            }
        }
    }
}

/// Another place of the contract, seen from the module of this handler's service. It is not imported there: the
/// service may have a handler whose module is called the same.
fn from_service(operation: &Operation, place: &Place) -> TokenStream {
    let up = operation.marker.modules.iter().map(|_| quote!(super));
    quote!(#(#up::)*#place)
}

fn delivery(scope: &Scope<'_>, delivery: &Delivery) -> TokenStream {
    let policy_type = scope.runtime("SubscriptionPolicy");
    let promise = ident(if delivery.at_least_once { "at_least_once" } else { "at_most_once" });
    let again = delivery.at_least_once.then(|| {
        let (attempts, backoff) = (Literal::u32_unsuffixed(delivery.attempts), scope.backoff(delivery.backoff));
        quote!(.attempts(#attempts).backoff(#backoff))
    });
    let dead_letter = delivery.dead_letter.then(|| quote!(.dead_letter()));
    let ordered = delivery.ordered.is_some().then(|| quote!(.ordered()));
    let concurrency = Literal::u32_unsuffixed(delivery.concurrency);
    let bound = delivery.bound.map(Literal::u32_unsuffixed).map(|bound| quote!(.bound(#bound)));
    let when_full = delivery.when_full.map(|policy| when_full(scope, policy)).map(|policy| quote!(.when_full(#policy)));
    quote!(#policy_type::#promise()#again #dead_letter #ordered.concurrency(#concurrency)#bound #when_full)
}

fn timetable(scope: &Scope<'_>, timetable: &Timetable) -> TokenStream {
    let timetable_type = scope.runtime("Timetable");
    match timetable {
        Timetable::Every(time) => {
            let time = scope.duration(*time);
            quote!(#timetable_type::every(#time))
        }
        Timetable::Cron(cron) => quote!(#timetable_type::cron(#cron)),
    }
}

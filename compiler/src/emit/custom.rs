//! Adapters from elsewhere: what the topology says that they can do is compared with what they say themselves, when the
//! crate is compiled.

use pontoon_schema::capability::{Bound, Bridge, Ordering};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::scope::Scope;
use super::tokens::ident;
use crate::plan::{Custom, Plan, Selection, Time};

pub(super) fn print(plan: &Plan, selection: &Selection) -> Option<TokenStream> {
    let scope = Scope::new(selection.krate.as_deref(), []);
    let compared = selection.adapters_from_elsewhere(plan).into_iter().map(|(environment, adapter)| {
        let place = format!("environments.{environment}.event_bridge in {}", selection.origin);
        compared(&scope, &place, adapter)
    });
    let compared: Vec<TokenStream> = compared.collect();
    let uses = scope.use_tokens();
    (!compared.is_empty()).then(|| {
        quote! {
            /// What the topology says of adapters from elsewhere, and what they say of themselves.
            const _: () = {
                #uses
                #(#compared)*
            };
        }
    })
}

fn compared(scope: &Scope<'_>, place: &str, Custom { path, capabilities }: &Custom) -> TokenStream {
    let (agree, bridge) = (scope.runtime("agree"), scope.runtime("Bridge"));
    let (adapter, said) = (scope.path(path), said(scope, capabilities));
    let name = path.0.as_str();
    quote!(#agree::<#adapter>(#name, #place, &#bridge { #(#said,)* ..#bridge::CUSTOM });)
}

/// The fields that are not as they are where nothing is said.
fn said(scope: &Scope<'_>, capabilities: &Bridge) -> Vec<TokenStream> {
    let Bridge {
        adapter: _,
        durable,
        request_reply,
        competing_consumers,
        ordering,
        ordering_at_most_once,
        bound,
        bound_at_most_once,
        delay,
        deduplication,
        dead_letter,
        largest_payload,
        longest_hold,
        longest_name,
        crosses_processes,
    } = *capabilities;
    let fields = [
        ("durable", yes(durable)),
        ("request_reply", yes(request_reply)),
        ("competing_consumers", yes(competing_consumers)),
        ("ordering", order(scope, ordering)),
        ("ordering_at_most_once", order(scope, ordering_at_most_once)),
        ("bound", bounds(scope, bound)),
        ("bound_at_most_once", bounds(scope, bound_at_most_once)),
        ("delay", yes(delay)),
        ("deduplication", yes(deduplication)),
        ("dead_letter", yes(dead_letter)),
        ("largest_payload", number(largest_payload)),
        ("longest_hold", longest_hold.map(|hold| scope.duration(Time(hold))).map(|hold| quote!(Some(#hold)))),
        ("longest_name", number(longest_name)),
        ("crosses_processes", yes(crosses_processes)),
    ];
    let fields = fields.into_iter().filter_map(|(name, value)| Some((ident(name), value?)));
    fields.map(|(name, value)| quote!(#name: #value)).collect()
}

fn yes(can: bool) -> Option<TokenStream> {
    can.then(|| quote!(true))
}

fn order(scope: &Scope<'_>, ordering: Ordering) -> Option<TokenStream> {
    (ordering == Ordering::ByKey).then(|| {
        let ordering = scope.runtime("Ordering");
        quote!(#ordering::ByKey)
    })
}

fn bounds(scope: &Scope<'_>, bound: Bound) -> Option<TokenStream> {
    let variant = ident(match bound {
        Bound::Broker => return None,
        Bound::DropOldest => "DropOldest",
        Bound::AsSaid => "AsSaid",
    });
    let bound = scope.runtime("Bound");
    Some(quote!(#bound::#variant))
}

/// A limit in bytes, if there is one.
fn number(limit: u64) -> Option<TokenStream> {
    (limit != u64::MAX).then(|| {
        let limit = Literal::u64_unsuffixed(limit);
        quote!(#limit)
    })
}

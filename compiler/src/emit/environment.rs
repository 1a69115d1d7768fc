//! An environment: the adapters behind the ports of whoever runs in it, each as it is made.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::scope::Scope;
use super::tokens::ident;
use crate::plan::{Connection, Environment, Opening, Text};
use crate::topology::{Origin, Provision, Purpose, TextPart};

pub(super) fn print(scope: &Scope<'_>, environment: &Environment) -> TokenStream {
    let environment_type = scope.runtime("Environment");
    let name = &environment.name;
    let ephemeral = environment.ephemeral.then(|| quote!(.ephemeral()));
    let verify = (environment.provision == Provision::Verify).then(|| quote!(.verify()));
    let connections = environment.connections.iter().filter_map(|it| connection(scope, it));
    quote!(#environment_type::new(#name)#ephemeral #verify #(#connections)*)
}

/// A bridge or store. Config stores have no port: what adapters read from them, they read when they are made.
fn connection(scope: &Scope<'_>, Connection { purpose, opening, .. }: &Connection) -> Option<TokenStream> {
    let method = ident(purpose.key());
    let adapter = adapter(scope, opening.as_ref().filter(|_| *purpose != Purpose::ConfigStore)?);
    Some(quote!(.#method(&#adapter)))
}

/// An adapter with all that is said about it. One that needs nothing is its own name.
fn adapter(scope: &Scope<'_>, Opening { item, arguments, options, times, counts, tls }: &Opening) -> TokenStream {
    let item = scope.runtime(item);
    let arguments: Vec<TokenStream> = arguments.iter().map(|argument| text(scope, argument)).collect();
    let options = said(scope, options);
    let times = times.iter().map(|(method, time)| {
        let (method, time) = (ident(method), scope.duration(*time));
        quote!(.#method(#time))
    });
    let times: TokenStream = times.collect();
    let counts = counts.iter().map(|(method, count)| {
        let (method, count) = (ident(method), Literal::usize_unsuffixed(*count));
        quote!(.#method(#count))
    });
    let counts: TokenStream = counts.collect();
    let tls = tls.as_ref().map(|how| {
        let (tls, how) = (scope.runtime("Tls"), said(scope, how));
        quote!(.tls(#tls::new()#how))
    });
    let new = (!arguments.is_empty()).then(|| quote!(::new(#(#arguments),*)));
    quote!(#item #new #options #times #counts #tls)
}

fn said(scope: &Scope<'_>, options: &[(&'static str, Text)]) -> TokenStream {
    let options = options.iter().map(|(method, value)| (ident(method), text(scope, value)));
    options.map(|(method, value)| quote!(.#method(#value))).collect()
}

/// A setting, whose variables and secrets are put in when the process starts. Settings of a config store are not selected.
fn text(scope: &Scope<'_>, Text(parts): &Text) -> TokenStream {
    let (text, part_type) = (scope.runtime("Text"), scope.runtime("Part"));
    let parts = parts.iter().filter_map(|part| match part {
        TextPart::Literal(literal) => Some(quote!(#part_type::Literal(#literal))),
        TextPart::Reference(reference) => {
            let name = &reference.name;
            match (reference.origin, &reference.default) {
                (Origin::Variable, None) => Some(quote!(#part_type::Variable(#name))),
                (Origin::Variable, Some(default)) => Some(quote!(#part_type::VariableOr(#name, #default))),
                (Origin::Secret, _) => Some(quote!(#part_type::Secret(#name))),
                (Origin::Config, _) => None,
            }
        }
    });
    quote!(#text(&[#(#parts),*]))
}

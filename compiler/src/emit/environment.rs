//! An environment: the adapters behind the ports of whoever runs in it, each as it is made.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens as _, quote};

use super::scope::Scope;
use super::tokens::ident;
use crate::plan::{Connection, Environment, Item, Opening, Text};
use crate::topology::{Origin, Provision, Purpose, Reference, TextPart};

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
    let custom = matches!(item, Item::Custom(_));
    let item = match item {
        Item::Runtime(name) => scope.runtime(name).into_token_stream(),
        Item::Custom(custom) => scope.path(&custom.path),
    };
    let arguments: Vec<TokenStream> = arguments.iter().map(|argument| text(scope, argument)).collect();
    let options = said(scope, options);
    let times = times.iter().map(|(method, time)| {
        let (method, time) = (ident(method), scope.duration(*time));
        quote!(.#method(#time))
    });
    let times: TokenStream = times.collect();
    let counts = counts.iter().map(|(method, count)| {
        let (method, count) = (ident(method), Literal::u64_unsuffixed(*count));
        quote!(.#method(#count))
    });
    let counts: TokenStream = counts.collect();
    let tls = tls.as_ref().map(|how| {
        if custom {
            return quote!(.tls());
        }
        let (tls, how) = (scope.runtime("Tls"), said(scope, how));
        quote!(.tls(#tls::new()#how))
    });
    let new = (custom || !arguments.is_empty()).then(|| quote!(::new(#(#arguments),*)));
    quote!(#item #new #options #times #counts #tls)
}

fn said(scope: &Scope<'_>, options: &[(String, Text)]) -> TokenStream {
    let options = options.iter().map(|(method, value)| (ident(method), text(scope, value)));
    options.map(|(method, value)| quote!(.#method(#value))).collect()
}

/// A setting, whose variables and secrets are put in when the process starts.
fn text(scope: &Scope<'_>, Text(parts): &Text) -> TokenStream {
    let template = scope.runtime("Template");
    let parts: Vec<Part<'_>> = parts.iter().filter_map(part).collect();
    if let [Part { method, arguments, .. }] = parts.as_slice() {
        let method = ident(method);
        return quote!(#template::#method(#(#arguments),*));
    }
    let part_type = scope.runtime("TemplatePart");
    let parts = parts.iter().map(|Part { variant, arguments, .. }| {
        let variant = ident(variant);
        quote!(#part_type::#variant(#(#arguments),*))
    });
    quote!(#template::joined(&[#(#parts),*]))
}

/// A part of a setting: alone it is a method of `Template`, among others a variant of `TemplatePart`.
struct Part<'t> {
    method: &'static str,
    variant: &'static str,
    arguments: Vec<&'t str>,
}

/// A part as it is printed. Settings of a config store are not selected.
fn part(part: &TextPart) -> Option<Part<'_>> {
    let (method, variant, arguments) = match part {
        TextPart::Literal(literal) => ("literal", "Literal", vec![literal.as_str()]),
        TextPart::Reference(Reference { origin, name, default }) => match (origin, default) {
            (Origin::Variable, None) => ("variable", "Variable", vec![name.as_str()]),
            (Origin::Variable, Some(default)) => ("variable_or", "VariableOr", vec![name.as_str(), default.as_str()]),
            (Origin::Secret, _) => ("secret", "Secret", vec![name.as_str()]),
            (Origin::Config, _) => return None,
        },
    };
    Some(Part { method, variant, arguments })
}

//! An environment that a unit can run in: the adapters behind its ports.

use pontoon_schema::capability::Adapter;
use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::scope::Scope;
use crate::emit::tokens::ident;
use crate::plan::{Connection, Environment, Text};
use crate::topology::{Purpose, TextPart};

pub(super) fn print(scope: &Scope<'_>, environment: &Environment) -> TokenStream {
    let environment_type = scope.runtime("Environment");
    let name = &environment.name;
    let ephemeral = environment.ephemeral.then(|| quote!(.ephemeral()));
    let connections = environment.connections.iter().filter_map(|it| connection(scope, it));
    quote!(#environment_type::new(#name)#ephemeral #(#connections)*)
}

/// A bridge or store. Config stores have no port: what adapters read from them, they read when they are made.
fn connection(scope: &Scope<'_>, connection: &Connection) -> Option<TokenStream> {
    let kind = scope.runtime(match connection.purpose {
        Purpose::EventBridge => "EventBridge",
        Purpose::QueueBridge => "QueueBridge",
        Purpose::StateStore => "StateStore",
        Purpose::SecretStore => "SecretStore",
        Purpose::ConfigStore => return None,
    });
    let method = ident(connection.purpose.key());
    let adapter = match connection.adapter {
        Adapter::File => {
            let fields = connection.settings.iter().map(|setting| {
                let (field, value) = (ident(&setting.name), text(scope, &setting.value));
                quote!(#field: #value)
            });
            quote!(File { #(#fields),* })
        }
        adapter => {
            let variant = ident(&pontoon_schema::name::pascal(adapter.name()));
            quote!(#variant)
        }
    };
    Some(quote!(.#method(#kind::#adapter)))
}

/// A setting, whose variables are put in when the unit starts.
fn text(scope: &Scope<'_>, Text(parts): &Text) -> TokenStream {
    let (text, part_type) = (scope.runtime("Text"), scope.runtime("Part"));
    let parts = parts.iter().map(|part| match part {
        TextPart::Literal(literal) => quote!(#part_type::Literal(#literal)),
        TextPart::Reference(reference) => {
            let name = &reference.name;
            match &reference.default {
                None => quote!(#part_type::Variable(#name)),
                Some(default) => quote!(#part_type::VariableOr(#name, #default)),
            }
        }
    });
    quote!(#text(&[#(#parts),*]))
}

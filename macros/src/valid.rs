//! What syn cannot see: the struct has to be one that generated code can name, and the address one that exists.

use std::collections::HashMap;

use pontoon_schema::handover::{Entry, Handover};
use quote::{ToTokens, quote};
use syn::{DeriveInput, Error, Fields, Result};

use crate::ast::Handler;
use crate::symbol::Symbol;
use crate::unknown;

/// Generated code names the struct without arguments, so it can't have parameters.
pub(crate) fn no_parameters(derive: &str, input: &DeriveInput) -> Result<()> {
    if input.generics.params.is_empty() {
        return Ok(());
    }
    let name = &input.ident;
    let message = format!(
        "{derive} is for a struct without parameters: the generated code names it `{name}`. What differs from one deployment \
         or test to the next is a field of its own, `Arc<dyn …>`"
    );
    Err(Error::new_spanned(&input.generics.params, message))
}

/// Resources are told apart by their types alone.
pub(crate) fn distinct_types(fields: &Fields) -> Result<()> {
    let mut found = HashMap::new();
    let mut errors: Option<Error> = None;
    for (field, member) in fields.iter().zip(fields.members()) {
        let written = field.ty.to_token_stream().to_string();
        let Some((first, of_first)) = found.insert(written.clone(), (field, member.clone())) else {
            continue;
        };
        let message = format!(
            "`{}` and `{}` are both `{written}`, and handlers take their resources by type: \
             give one of them a type of its own",
            of_first.to_token_stream(),
            member.to_token_stream(),
        );
        // From the first field to the second, so that both are underlined.
        let error = Error::new_spanned(quote!(#first #field), message);
        match &mut errors {
            Some(errors) => errors.combine(error),
            None => errors = Some(error),
        }
    }
    errors.map_or(Ok(()), Err)
}

/// The operation that the address names, if it is one and of the derive's kind.
pub(crate) fn entry<'a>(handover: &'a Handover, handler: &Handler<'_>) -> Result<&'a Entry> {
    let address = &handler.address;
    let named: Vec<_> = handover.entries.iter().filter(|entry| address.names(entry)).collect();

    match named[..] {
        [] => Err(address.error(unknown::operation(&handover.entries, handler))),
        [entry] if entry.kind == handler.symbol.kind => name_of_the_topology(entry, handler).map(|()| entry),
        [entry] => {
            let symbol = Symbol::of_kind(entry.kind);
            Err(address.error(format!(
                "`{address}` is a {}, not a {}: it takes `#[derive({})]` with `{}`",
                symbol.word,
                handler.symbol.word,
                symbol.derive,
                symbol.written(address),
            )))
        }
        [..] => Err(address.error(unknown::version(&named, handler))),
    }
}

/// The handler has the name that the topology gives it, by `handler:` or by the name of the operation.
fn name_of_the_topology(entry: &Entry, handler: &Handler<'_>) -> Result<()> {
    let (name, address) = (handler.name, &handler.address);
    let expected = entry.handler.rsplit("::").next().unwrap_or_default();
    if *name == expected {
        return Ok(());
    }
    let message = format!(
        "the handler of `{address}` is `{}`, and this is `{name}`: call it `{expected}`, \
         or write `handler: {name}` for `{address}` in topology.yaml",
        entry.handler
    );
    Err(Error::new(name.span(), message))
}

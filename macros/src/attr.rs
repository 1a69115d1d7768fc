//! The attribute of a handler: which operation of the topology it is.

use std::fmt::{self, Display};

use pontoon_schema::handover::Entry;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{DeriveInput, Error, Ident, LitStr, Meta, Result, Token};

use crate::symbol::Symbol;

/// `user.sign_up`, or `email.v2.send_welcome` where a service has several versions.
pub(crate) struct Address {
    pub(crate) service: Ident,
    pub(crate) version: Option<Ident>,
    pub(crate) operation: Ident,
}

impl Address {
    /// The operation's own name: one token, which is what rustc underlines best.
    pub(crate) fn span(&self) -> Span {
        self.operation.span()
    }

    /// Whether the operation is the one, or one of the several, that the address names.
    pub(crate) fn names(&self, entry: &Entry) -> bool {
        self.service == entry.service && self.operation == entry.operation && self.names_version_of(entry)
    }

    /// Whether the entry's version is the address's; without one in the address, every version is.
    pub(crate) fn names_version_of(&self, entry: &Entry) -> bool {
        self.version.as_ref().is_none_or(|version| *version == format!("v{}", entry.version))
    }

    /// An error that underlines the whole address.
    pub(crate) fn error(&self, message: impl Display) -> Error {
        let (service, operation) = (&self.service, &self.operation);
        Error::new_spanned(quote::quote!(#service #operation), message)
    }
}

impl Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.service)?;
        if let Some(version) = &self.version {
            write!(f, "{version}.")?;
        }
        write!(f, "{}", self.operation)
    }
}

impl Parse for Address {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let service = name(input)?;
        dot(input)?;
        let second = name(input)?;
        if input.is_empty() {
            return Ok(Self { service, version: None, operation: second });
        }
        dot(input)?;
        let operation = name(input)?;
        if !input.is_empty() {
            return Err(input.error("an address ends here: `service.operation`, or `service.v2.operation`"));
        }
        Ok(Self { service, version: Some(second), operation })
    }
}

fn name(input: ParseStream<'_>) -> Result<Ident> {
    if let Some(text) = input.parse::<Option<LitStr>>()? {
        return Err(Error::new(text.span(), "an address is written without quotes: `user.sign_up`"));
    }
    if input.peek(syn::Lit) {
        return Err(input.error("a version is written with its letter: `user.v1.sign_up`"));
    }
    Ident::parse_any(input).map_err(|error| Error::new(error.span(), "expected a name, as in `user.sign_up`"))
}

fn dot(input: ParseStream<'_>) -> Result<()> {
    if input.peek(Token![.]) {
        return input.parse::<Token![.]>().map(drop);
    }
    Err(Error::new(input.span(), "expected a dot: an address is written as in topology.yaml, `user.sign_up`"))
}

/// The address in the one attribute that belongs to the derive.
pub(crate) fn address(expected: Symbol, input: &DeriveInput) -> Result<Address> {
    let mut places = input
        .attrs
        .iter()
        .filter_map(|attribute| Symbol::of_attribute(attribute.path()).map(|symbol| (symbol, attribute)));

    let Some((symbol, attribute)) = places.next() else {
        let message = format!("{} needs its place in the topology: `{}`", expected.derive, expected.example());
        return Err(Error::new(input.ident.span(), message));
    };

    if let Some((_, second)) = places.next() {
        return Err(Error::new_spanned(second, "a handler has one place in the topology, and this is a second one"));
    }
    if symbol.kind != expected.kind {
        let message = format!(
            "`#[{}]` belongs to `#[derive({})]`, and this is `#[derive({})]`",
            symbol.attribute, symbol.derive, expected.derive
        );
        return Err(Error::new_spanned(attribute, message));
    }
    match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => list.parse_args(),
        _ => {
            Err(Error::new_spanned(attribute, format!("say which {} this is: `{}`", expected.word, expected.example())))
        }
    }
}

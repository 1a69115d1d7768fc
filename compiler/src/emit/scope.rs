//! The names that one generated module imports. Where it defines a name of its own that is the same, the imported one
//! is written with its path instead.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::local::{self, Named};
use super::tokens::ident;
use crate::plan::{Backoff, Time};

/// What a generated module defines, and what it imports so far.
#[derive(Default)]
pub(super) struct Scope<'a> {
    krate: Option<&'a str>,
    defined: BTreeSet<String>,
    imported: RefCell<BTreeSet<&'static str>>,
    standard: RefCell<BTreeSet<&'static str>>,
}

impl<'a> Scope<'a> {
    /// A module in the crate `krate` that defines the types `defined`.
    pub(super) fn new<'b>(krate: Option<&'a str>, defined: impl IntoIterator<Item = &'b str>) -> Self {
        Self { krate, defined: defined.into_iter().map(str::to_owned).collect(), ..Self::default() }
    }

    /// A type or path of the user's.
    pub(super) fn named(&self, named: &impl Named) -> TokenStream {
        local::seen_from(self.krate, named)
    }

    /// An item of the runtime.
    pub(super) fn runtime(&self, name: &'static str) -> TokenStream {
        let item = ident(name);
        if self.defined.contains(name) {
            return quote!(pontoon::generated::#item);
        }
        self.imported.borrow_mut().insert(name);
        quote!(#item)
    }

    /// A length of time.
    pub(super) fn duration(&self, time: Time) -> TokenStream {
        let name = self.duration_type();
        let (count, make) = match time.parts() {
            (count, "ms") => (count, "from_millis"),
            (count, "s") => (count, "from_secs"),
            (count, "m") => (count, "from_mins"),
            (count, "h") => (count, "from_hours"),
            (days, _) => (days * 24, "from_hours"),
        };
        let count = proc_macro2::Literal::u64_unsuffixed(count);
        let make = ident(make);
        quote!(#name::#make(#count))
    }

    /// The type of a length of time.
    pub(super) fn duration_type(&self) -> TokenStream {
        self.standard("Duration", quote!(std::time::Duration))
    }

    /// What a function returns that is still to be awaited. Not in the prelude of all editions.
    pub(super) fn future(&self) -> TokenStream {
        self.standard("Future", quote!(std::future::Future))
    }

    /// A name that all Rust code knows, with its path where the module has a type of this name.
    pub(super) fn prelude(&self, name: &'static str) -> TokenStream {
        let item = ident(name);
        if !self.defined.contains(name) {
            return quote!(#item);
        }
        match name {
            "Send" => quote!(std::marker::Send),
            "Some" => quote!(Option::Some),
            _ => quote!(std::ops::#item),
        }
    }

    fn standard(&self, name: &'static str, path: TokenStream) -> TokenStream {
        if self.defined.contains(name) {
            return path;
        }
        self.standard.borrow_mut().insert(name);
        ident(name).into_token_stream()
    }

    /// The first wait and the longest one, as two arguments.
    pub(super) fn backoff(&self, backoff: Backoff) -> TokenStream {
        let (first, longest) = (self.duration(backoff.first), self.duration(backoff.longest));
        quote!(#first, #longest)
    }

    /// The `use` lines for all that was asked for.
    pub(super) fn uses(&self) -> TokenStream {
        let imported = self.imported.borrow();
        let names: Vec<_> = imported.iter().map(|name| ident(name)).collect();
        let runtime = match names.as_slice() {
            [] => None,
            [name] => Some(quote!(use pontoon::generated::#name;)),
            names => Some(quote!(use pontoon::generated::{#(#names),*};)),
        };
        let standard = self.standard.borrow();
        let future = standard.contains("Future").then(|| {
            quote!(
                use std::future::Future;
            )
        });
        let duration = standard.contains("Duration").then(|| {
            quote!(
                use std::time::Duration;
            )
        });
        quote!(#runtime #future #duration)
    }
}

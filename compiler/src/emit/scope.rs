//! The names that one generated module imports. Where it defines a name of its own that is the same, the imported one
//! is written with its path instead.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, TokenStreamExt, quote};

use super::code::{Code, Named, Piece, code};
use super::tokens::ident;
use crate::plan::{Backoff, Rust, Time};
use crate::topology::RustPath;

/// What a generated module defines, and what it imports so far.
#[derive(Default)]
pub(super) struct Scope<'a> {
    krate: Option<&'a str>,
    defined: BTreeSet<&'a str>,
    imported: RefCell<BTreeSet<&'static str>>,
    standard: RefCell<BTreeSet<&'static str>>,
}

/// An item of the runtime or of std: its name alone where it is imported, with its path where it cannot be.
#[derive(Clone, Copy)]
pub(super) struct Item {
    path: &'static [&'static str],
    name: &'static str,
}

/// A length of time, as the call that makes it.
pub(super) struct Length {
    duration: Item,
    make: &'static str,
    count: u64,
}

impl<'a> Scope<'a> {
    /// A module in the crate `krate` that defines the types `defined`.
    pub(super) fn new(krate: Option<&'a str>, defined: impl IntoIterator<Item = &'a str>) -> Self {
        Self { krate, defined: defined.into_iter().collect(), ..Self::default() }
    }

    /// A type or path of the user's.
    pub(super) fn named(&self, named: &impl Named) -> Code {
        Code::of_user(named.text(), self.krate)
    }

    /// A path of the user's as syntax.
    pub(super) fn path(&self, Rust(path): &Rust<RustPath>) -> TokenStream {
        let mut path = path.syntax().clone();
        let is_longer = path.segments.len() > 1;
        if let Some(first) = path.segments.first_mut().filter(|_| is_longer)
            && self.krate.is_some_and(|krate| first.ident == krate)
        {
            first.ident = ident("crate");
        }
        path.into_token_stream()
    }

    /// An item of the runtime.
    pub(super) fn runtime(&self, name: &'static str) -> Item {
        if self.defined.contains(name) {
            return Item { path: &["pontoon", "generated"], name };
        }
        self.imported.borrow_mut().insert(name);
        Item { path: &[], name }
    }

    /// A length of time.
    pub(super) fn duration(&self, time: Time) -> Length {
        let (count, make) = match time.parts() {
            (count, "ms") => (count, "from_millis"),
            (count, "s") => (count, "from_secs"),
            (count, "m") => (count, "from_mins"),
            (count, "h") => (count, "from_hours"),
            (days, _) => (days * 24, "from_hours"),
        };
        Length { duration: self.duration_type(), make, count }
    }

    /// The type of a length of time.
    pub(super) fn duration_type(&self) -> Item {
        self.standard(Item { path: &["std", "time"], name: "Duration" })
    }

    /// What a function returns that is still to be awaited. Not in the prelude of all editions.
    pub(super) fn future(&self) -> Item {
        self.standard(Item { path: &["std", "future"], name: "Future" })
    }

    /// A name that all Rust code knows, with its path where the module has a type of this name.
    pub(super) fn prelude(&self, name: &'static str) -> Item {
        let path: &[&str] = match name {
            _ if !self.defined.contains(name) => &[],
            "Send" => &["std", "marker"],
            "Some" => &["Option"],
            _ => &["std", "ops"],
        };
        Item { path, name }
    }

    fn standard(&self, item: Item) -> Item {
        if self.defined.contains(item.name) {
            return item;
        }
        self.standard.borrow_mut().insert(item.name);
        Item { path: &[], ..item }
    }

    /// The first wait and the longest one, as two arguments.
    pub(super) fn backoff(&self, backoff: Backoff) -> Code {
        code!(self.duration(backoff.first), ", ", self.duration(backoff.longest))
    }

    /// The `use` lines for all that was asked for.
    pub(super) fn uses(&self) -> Vec<Code> {
        let imported = self.imported.borrow();
        let standard = self.standard.borrow();
        let runtime = used(&code!("pontoon::generated::"), imported.iter().copied());
        let future = standard.contains("Future").then(|| code!("use std::future::Future;"));
        let duration = standard.contains("Duration").then(|| code!("use std::time::Duration;"));
        [runtime, future, duration].into_iter().flatten().collect()
    }

    /// The same as syntax.
    pub(super) fn use_tokens(&self) -> TokenStream {
        let imported = self.imported.borrow();
        let names: Vec<_> = imported.iter().map(|name| ident(name)).collect();
        let runtime = match names.as_slice() {
            [] => None,
            [name] => Some(quote!(use pontoon::generated::#name;)),
            names => Some(quote!(use pontoon::generated::{#(#names),*};)),
        };
        let standard = self.standard.borrow();
        let duration = standard.contains("Duration").then(|| {
            quote!(
                use std::time::Duration;
            )
        });
        quote!(#runtime #duration)
    }
}

/// The line that imports `names`, if there are any, from below `path`.
pub(super) fn used<P: Piece>(path: &Code, names: impl IntoIterator<Item = P>) -> Option<Code> {
    let names: Vec<P> = names.into_iter().collect();
    match names.as_slice() {
        [] => None,
        [name] => Some(code!("use ", path, name, ";")),
        names => Some(code!("use ", path, "{", Code::joined(names, ", "), "};")),
    }
}

impl Piece for Item {
    fn add_to(&self, code: &mut Code) {
        for module in self.path {
            module.add_to(code);
            "::".add_to(code);
        }
        self.name.add_to(code);
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for module in self.path {
            tokens.append(ident(module));
            tokens.extend(quote!(::));
        }
        tokens.append(ident(self.name));
    }
}

impl Piece for Length {
    fn add_to(&self, code: &mut Code) {
        self.duration.add_to(code);
        "::".add_to(code);
        self.make.add_to(code);
        "(".add_to(code);
        self.count.add_to(code);
        ")".add_to(code);
    }
}

impl ToTokens for Length {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let (duration, make, count) = (self.duration, ident(self.make), Literal::u64_unsuffixed(self.count));
        tokens.extend(quote!(#duration::#make(#count)));
    }
}

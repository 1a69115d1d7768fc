//! Names, places and literals as tokens. Whatever comes from the file becomes a checked identifier or a literal here.

use pontoon_schema::name::is_keyword;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, TokenStreamExt, quote};

use super::prose::escaped;
use super::scope::Scope;
use crate::plan::{Listeners, Place};
use crate::topology::WhenFull;

/// A name of the topology, or one made from it. Names were checked when they were read.
pub(super) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A field of a type of the user's, or a field of a field. Unlike names of the topology it may be a word of Rust's.
pub(super) fn field(path: &str) -> TokenStream {
    let fields = path.split('.').map(|name| match is_keyword(name) {
        true => Ident::new_raw(name, Span::call_site()),
        false => ident(name),
    });
    quote!(#(.#fields)*)
}

/// A doc comment that shows a text as it is, a line for each of its lines.
pub(super) fn doc(text: &str) -> TokenStream {
    let lines = text.trim().split(['\n', '\r']).map(str::trim).map(|line| match line {
        "" => String::new(),
        line => [" ", &escaped(line)].concat(),
    });
    quote!(#(#[doc = #lines])*)
}

impl ToTokens for Place {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for module in &self.modules {
            tokens.append(ident(module));
            tokens.extend(quote!(::));
        }
        tokens.append(ident(&self.item));
    }
}

/// What those need who hear an event or work on a queue, where that is anything.
pub(super) fn listeners(scope: &Scope<'_>, listeners: Listeners) -> Option<TokenStream> {
    let Listeners { remembered, in_order } = listeners;
    let keep = remembered.map(|time| scope.duration(time)).map(|time| quote!(.keep(#time)));
    let ordered = in_order.then(|| quote!(.ordered()));
    (keep.is_some() || in_order).then(|| {
        let listeners = scope.runtime("Listeners");
        quote!(const LISTENERS: #listeners = #listeners::new()#keep #ordered;)
    })
}

/// Where something exists, where that is not everywhere.
pub(super) fn environments(scope: &Scope<'_>, names: Option<&[String]>) -> Option<TokenStream> {
    let names = names?;
    let environments = scope.runtime("Environments");
    Some(quote!(const ENVIRONMENTS: #environments = #environments::only(&[#(#names),*]);))
}

/// What happens to a message when there is no room for it.
pub(super) fn when_full(scope: &Scope<'_>, policy: WhenFull) -> TokenStream {
    let when_full = scope.runtime("WhenFull");
    let policy = ident(match policy {
        WhenFull::Wait => "Wait",
        WhenFull::Refuse => "Refuse",
        WhenFull::DropOldest => "DropOldest",
    });
    quote!(#when_full::#policy)
}

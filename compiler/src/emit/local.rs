//! Paths of the user's crates as they are seen from the crate that is being built: its own name there is `crate`.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;

use crate::plan::Rust;
use crate::topology::{RustPath, RustType};

/// A type or path that the topology names.
pub(super) trait Named {
    /// As text.
    fn text(&self) -> &str;
    /// As syntax.
    fn syntax(&self) -> TokenStream;
}

impl Named for Rust<RustType> {
    fn text(&self) -> &str {
        self.0.as_str()
    }

    fn syntax(&self) -> TokenStream {
        self.0.syntax().to_token_stream()
    }
}

impl Named for Rust<RustPath> {
    fn text(&self) -> &str {
        self.0.as_str()
    }

    fn syntax(&self) -> TokenStream {
        self.0.syntax().to_token_stream()
    }
}

/// `named` in the crate `krate`.
pub(super) fn seen_from(krate: Option<&str>, named: &impl Named) -> TokenStream {
    match krate.filter(|krate| named.text().contains(krate)) {
        Some(krate) => localized(krate, named.syntax()),
        None => named.syntax(),
    }
}

/// The text of a path in the crate `krate`.
pub(super) fn text_seen_from(krate: Option<&str>, path: &str) -> String {
    let below =
        krate.and_then(|krate| path.strip_prefix(krate)).filter(|rest| rest.is_empty() || rest.starts_with("::"));
    below.map_or_else(|| path.to_owned(), |below| ["crate", below].concat())
}

/// Replaces `krate` where a path begins with it, in generic arguments too.
fn localized(krate: &str, tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    let replaced = tokens.iter().enumerate().map(|(index, token)| match token {
        TokenTree::Ident(name) if name == krate => {
            let begins = index == 0 || !colon(tokens.get(index - 1));
            match begins && colon(tokens.get(index + 1)) {
                true => Ident::new("crate", name.span()).into(),
                false => token.clone(),
            }
        }
        TokenTree::Group(group) => Group::new(group.delimiter(), localized(krate, group.stream())).into(),
        other => other.clone(),
    });
    replaced.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_crate_becomes_crate() {
        let seen = |text: &str| localized("shop", text.parse().expect("tokens")).to_string().replace(' ', "");
        assert_eq!(seen("shop::user::Find"), "crate::user::Find");
        assert_eq!(seen("Vec<(shop::A, other::shop::B, shops::C)>"), "Vec<(crate::A,other::shop::B,shops::C)>");
        assert_eq!(seen("shop"), "shop");
        assert_eq!(text_seen_from(Some("shop"), "shop::topology"), "crate::topology");
        assert_eq!(text_seen_from(Some("shop"), "shops::topology"), "shops::topology");
        assert_eq!(text_seen_from(None, "shop::topology"), "shop::topology");
    }
}

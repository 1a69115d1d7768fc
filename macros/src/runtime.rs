//! The path of the crate `pontoon`, where the crate that is compiled calls it otherwise.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::Path;
use syn::parse::Parser;

/// What the crate is called unless the build script says otherwise.
pub(crate) const NAME: &str = "pontoon";

/// The tokens with `path` in the place of each `::pontoon`.
pub(crate) fn at(path: &str, tokens: TokenStream) -> TokenStream {
    if path == NAME {
        return tokens;
    }
    let Ok(parsed) = Path::parse_mod_style.parse_str(path) else { return tokens };
    let here = ["crate", "self", "super"].iter().any(|word| parsed.segments[0].ident == word);
    let path = if here { parsed.into_token_stream() } else { quote!(::#parsed) };
    replaced(&path, tokens)
}

fn replaced(path: &TokenStream, tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let colon = |index: usize| matches!(tokens.get(index), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
        let begins = at
            .checked_sub(1)
            .is_none_or(|before| !matches!(tokens[before], TokenTree::Ident(_)) || is_word(&tokens[before]));
        match &tokens[at] {
            TokenTree::Punct(_)
                if begins
                    && colon(at)
                    && colon(at + 1)
                    && matches!(tokens.get(at + 2), Some(TokenTree::Ident(name)) if name == NAME) =>
            {
                out.extend(at_span(path, tokens[at + 2].span()));
                at += 3;
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), replaced(path, group.stream()));
                inner.set_span(group.span());
                out.push(inner.into());
                at += 1;
            }
            token => {
                out.push(token.clone());
                at += 1;
            }
        }
    }
    out.into_iter().collect()
}

/// Whether a path may begin behind this word, and does not go on.
fn is_word(token: &TokenTree) -> bool {
    let words = ["as", "dyn", "for", "impl", "in", "mut", "use", "where"];
    matches!(token, TokenTree::Ident(name) if words.iter().any(|word| name == word))
}

/// The path, where rustc is to say what it has to say about it.
fn at_span(path: &TokenStream, span: Span) -> Vec<TokenTree> {
    let located = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    path.clone().into_iter().map(located).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_path_stands_where_the_crate_was_named() {
        let written = quote!(
            impl<T> ::pontoon::Provides<::pontoon::Key> for a::pontoon::B where T: ::pontoon::Payload {}
        );
        let there = at("pt", written.clone()).to_string();
        let expected = quote!(
            impl<T> ::pt::Provides<::pt::Key> for a::pontoon::B where T: ::pt::Payload {}
        );
        assert_eq!(there, expected.to_string());
        let within = at(
            "crate::company",
            quote!(
                fn f() -> ::pontoon::Result<()> {
                    ::pontoon::run()
                }
            ),
        )
        .to_string();
        assert_eq!(
            within,
            quote!(
                fn f() -> crate::company::Result<()> {
                    crate::company::run()
                }
            )
            .to_string()
        );
        assert_eq!(at(NAME, written.clone()).to_string(), written.to_string());
    }
}

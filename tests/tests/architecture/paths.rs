//! The paths that a Rust file names, read from its tokens, so that neither comments nor strings count.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path as it stands in a file; `use std::{fs, io}` are two.
pub(crate) struct Named {
    /// Its words, from the left: `std`, `fs`, `read`.
    pub(crate) segments: Vec<String>,
    /// Whether it stands inside `quote!` and is therefore printed, not used.
    pub(crate) quoted: bool,
}

/// Whether the path leads to a thing of this name, or to something inside it.
pub(crate) fn ends(path: &Named, name: &str) -> bool {
    path.segments.iter().any(|segment| segment == name)
}

/// Every path of the text, tests inside the file left out.
pub(crate) fn paths_of(text: &str) -> Vec<Named> {
    let tokens: TokenStream = text.parse().expect("sources of this repository are Rust");
    let mut found = Vec::new();
    walk(tokens, false, &mut found);
    found
}

fn walk(tokens: TokenStream, quoted: bool, found: &mut Vec<Named>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' && is_test(tokens.get(at + 1)) => {
                at = item_end(&tokens, at);
            }
            TokenTree::Ident(_) => at = path(&tokens, at, &mut Vec::new(), quoted, found),
            TokenTree::Group(group) => {
                let quotes = at >= 2 && is_quote(&tokens[at - 2], &tokens[at - 1]);
                walk(group.stream(), quoted || quotes, found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Reads the path that begins at an identifier, and returns where the tokens go on.
fn path(tokens: &[TokenTree], mut at: usize, before: &mut Vec<String>, quoted: bool, found: &mut Vec<Named>) -> usize {
    let depth = before.len();
    while let Some(TokenTree::Ident(word)) = tokens.get(at) {
        before.push(word.to_string());
        at += 1;
        if !is_colons(tokens, at) {
            break;
        }
        at += 2;
        if let Some(TokenTree::Group(group)) = tokens.get(at)
            && group.delimiter() == Delimiter::Brace
        {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            let mut next = 0;
            while let Some(token) = inner.get(next) {
                let ident = matches!(token, TokenTree::Ident(_));
                next = if ident { path(&inner, next, before, quoted, found) } else { next + 1 };
            }
            before.truncate(depth);
            return at + 1;
        }
    }
    found.push(Named { segments: before.clone(), quoted });
    before.truncate(depth);
    at
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    colon(tokens.get(at)) && colon(tokens.get(at + 1))
}

fn is_quote(name: &TokenTree, bang: &TokenTree) -> bool {
    let macros = ["quote", "quote_spanned", "parse_quote"];
    matches!(name, TokenTree::Ident(name) if macros.contains(&name.to_string().as_str()))
        && matches!(bang, TokenTree::Punct(bang) if bang.as_char() == '!')
}

fn is_test(attribute: Option<&TokenTree>) -> bool {
    matches!(attribute, Some(TokenTree::Group(group)) if group.stream().to_string().replace(' ', "") == "cfg(test)")
}

/// Where the item ends whose attributes begin here: after its braces or its semicolon.
fn item_end(tokens: &[TokenTree], at: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    };
    tokens[at..].iter().position(ends).map_or(tokens.len(), |offset| at + offset + 1)
}

#[test]
fn paths_are_read_through_groups_and_around_tests() {
    let text = r##"
        use std::{fs::{self, File}, io};
        // std::net
        fn f() { let _ = quote!(tokio::spawn); "std::env"; miette::Report::new(1) }
        #[cfg(test)]
        mod tests { use std::process; }
    "##;
    let paths = paths_of(text);
    let find = |wanted: &str| paths.iter().find(|path| path.segments.join("::") == wanted);
    assert_eq!(find("std::fs::File").map(|path| path.quoted), Some(false));
    assert!(find("std::fs::self").is_some() && find("std::io").is_some());
    assert_eq!(find("tokio::spawn").map(|path| path.quoted), Some(true));
    assert!(find("miette::Report::new").is_some());
    assert!(!paths.iter().any(|path| ends(path, "net") || ends(path, "env") || ends(path, "process")));
}

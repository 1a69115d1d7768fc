//! What comes as syntax: formatted by prettyplease, and spaced out.

use proc_macro2::TokenStream;
use quote::quote;

use super::settings;

/// Items as text.
pub(super) fn items(items: &TokenStream) -> String {
    match syn::parse2(items.clone()) {
        Ok(file) => spaced(&prettyplease::unparse(&file)),
        // Only what rustc would refuse as well; it says where and why, and we cannot.
        Err(_) => items.to_string(),
    }
}

/// Members of an impl as text.
pub(super) fn members(members: &TokenStream) -> String {
    let text = items(&quote!(impl Members { #members }));
    let inside = text.split_once('\n').and_then(|(_, rest)| rest.strip_suffix("}\n"));
    inside.unwrap_or_default().to_owned()
}

/// What the lines of a block are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    /// Items of a file or module: a blank line between them.
    Items,
    /// Members of an impl: a blank line before a function.
    Members,
    /// Anything else: left alone.
    Other,
}

/// The last whole line at an indentation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// None yet: the block has just begun.
    Opened,
    /// A doc comment or attribute, to which the next line belongs.
    Attached,
    /// A `use`.
    Use,
    /// Something else.
    Item,
}

/// Puts a blank line between items and before functions, in one pass over the lines. Doc comments and attributes stay
/// with what they belong to, `use` lines with each other.
fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + text.len() / 8);
    let mut blocks = vec![(Block::Items, Last::Opened)];
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let code = line.trim_start();
        let depth = (line.len() - code.len()) / 4;
        blocks.truncate(depth + 1);
        if depth + 1 == blocks.len() {
            let (block, last) = &mut blocks[depth];
            if let Some(next) = Last::of(code) {
                if block.separates(*last, next, code) {
                    spaced.push('\n');
                }
                *last = next;
            }
            if code.ends_with('{') {
                blocks.push((Block::opened_by(code), Last::Opened));
            }
        }
        let mut through = |end: fn(&str) -> bool| {
            let mut taken = vec![line];
            while !taken.last().is_some_and(|line| end(line)) {
                let Some(line) = lines.next() else { break };
                taken.push(line);
            }
            taken
        };
        if code.starts_with(settings::BEGINS) {
            settings::push_constant(&mut spaced, &through(|line| line.ends_with(';')), depth);
        } else {
            push(&mut spaced, line);
        }
    }
    spaced
}

impl Block {
    fn opened_by(code: &str) -> Self {
        let code = code.strip_prefix("pub ").unwrap_or(code);
        match code.split_once([' ', '<']).map_or(code, |(first, _)| first) {
            "mod" => Self::Items,
            "impl" | "trait" => Self::Members,
            _ => Self::Other,
        }
    }

    /// Whether a blank line belongs between what was last and what is next.
    fn separates(self, last: Last, next: Last, code: &str) -> bool {
        match (self, last) {
            (Self::Other, _) | (_, Last::Opened | Last::Attached) => false,
            (Self::Items, Last::Use) => next != Last::Use,
            (Self::Items, Last::Item) => true,
            (Self::Members, _) => code.starts_with("fn ") || next == Last::Attached,
        }
    }
}

impl Last {
    /// What begins with this line; nothing where it goes on with what began before.
    fn of(code: &str) -> Option<Self> {
        match code.as_bytes().first()? {
            b'}' | b')' | b']' | b'{' | b'>' => None,
            b'#' | b'/' => Some(Self::Attached),
            _ if code == "where" => None,
            _ if code.starts_with("use ") || code.starts_with("pub use ") => Some(Self::Use),
            _ => Some(Self::Item),
        }
    }
}

/// Adds a line.
fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_spaced_out_and_keep_what_belongs_to_them() {
        let tight = "\
use a::B;
use c::D;
/// One.
#[derive(Debug)]
pub struct One;
impl B for One {
    type C = D;
    const E: u32 = D::new()
        .f();
    fn g(&self) -> u32 {
        let h = 1;
        h
    }
    fn i() {}
}
/// Inner.
pub mod inner {
    use super::One;
    /// Two.
    pub struct Two {
        /// Three.
        pub three: One,
        four: One,
    }
    impl<C> Two for C
    where
        C: One,
    {}
}
";
        let spaced_out = "\
use a::B;
use c::D;

/// One.
#[derive(Debug)]
pub struct One;

impl B for One {
    type C = D;
    const E: u32 = D::new()
        .f();

    fn g(&self) -> u32 {
        let h = 1;
        h
    }

    fn i() {}
}

/// Inner.
pub mod inner {
    use super::One;

    /// Two.
    pub struct Two {
        /// Three.
        pub three: One,
        four: One,
    }

    impl<C> Two for C
    where
        C: One,
    {}
}
";
        assert_eq!(spaced(tight), spaced_out);
        assert_eq!(spaced(spaced_out).replace("\n\n\n", "\n\n"), spaced_out);
    }
}

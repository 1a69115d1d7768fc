//! From tokens to the text of a file: formatted, spaced out, with a head that says where it comes from.

use proc_macro2::TokenStream;

use super::File;

/// The widest line that bounds may take before they are broken.
const WIDTH: usize = 100;

/// Formats `code` below the comment lines `head`.
pub(super) fn file(name: &str, head: &str, code: TokenStream) -> File {
    let text = match syn::parse2(code.clone()) {
        Ok(file) => spaced(&prettyplease::unparse(&file)),
        // Only what rustc would refuse as well; it says where and why, and we cannot.
        Err(_) => code.to_string(),
    };
    let head: String = head.lines().map(|line| ["// ", line, "\n"].concat()).collect();
    File { name: [name, ".rs"].concat(), text: [&head, "\n", &text].concat() }
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
    for line in text.lines() {
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
        push(&mut spaced, line, depth);
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
            b'}' | b')' | b']' | b'{' => None,
            b'#' | b'/' => Some(Self::Attached),
            _ if code == "where" => None,
            _ if code.starts_with("use ") || code.starts_with("pub use ") => Some(Self::Use),
            _ => Some(Self::Item),
        }
    }
}

/// Adds a line. The bounds of a trait, which prettyplease leaves in one line however long, are filled into several.
fn push(text: &mut String, line: &str, depth: usize) {
    let bounds = line.strip_suffix(" {}").filter(|line| line.len() > WIDTH && line.trim_start().starts_with("pub trait "));
    let Some((head, bounds)) = bounds.and_then(|line| line.split_once(": ")) else {
        text.push_str(line);
        text.push('\n');
        return;
    };
    let indent = " ".repeat(4 * depth);
    text.push_str(head);
    text.push_str(":\n");
    let mut filled = [&indent, "    "].concat();
    for (index, bound) in bounds.split(" + ").enumerate() {
        if index > 0 && filled.len() + bound.len() + 3 > WIDTH {
            text.push_str(&filled);
            text.push('\n');
            filled = [&indent, "    + ", bound].concat();
        } else {
            filled.push_str(if index > 0 { " + " } else { "" });
            filled.push_str(bound);
        }
    }
    text.push_str(&filled);
    text.push('\n');
    text.push_str(&indent);
    text.push_str("{}\n");
}

//! Rust paths and types as they stand in the file. Only their alphabet is checked here: the compiler parses them with
//! `syn` before it uses them.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Malformed, scalar};
use crate::name::shown;

/// The longest path or type, in characters.
const LONGEST: usize = 512;

/// The path of a Rust item: identifiers with `::` between them.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct RustPath(Box<str>);

impl RustPath {
    /// The path as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identifiers of the path; at least one.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split("::")
    }
}

impl FromStr for RustPath {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text.len() <= LONGEST && text.split("::").all(is_identifier) {
            return Ok(Self(text.into()));
        }
        Err(Malformed(format!(
            "`{}` is not a Rust path: identifiers with `::` between them were expected, such as `crate::user` or \
             `shop_user`",
            shown(text)
        )))
    }
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text != "_"
}

impl fmt::Display for RustPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(
    RustPath,
    expected: "a Rust path: identifiers with `::` between them, such as `crate::user` or `shop_user`",
    pattern: "^[A-Za-z_][A-Za-z0-9_]*(::[A-Za-z_][A-Za-z0-9_]*)*$",
    examples: ["crate::user", "shop_user", "crate::user::SignUp"]
);

/// A Rust type.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct RustType(Box<str>);

impl RustType {
    /// The type as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RustType {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let allowed = |letter: u8| letter.is_ascii_alphanumeric() || b"_:<>,()[]; ".contains(&letter);
        let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || "_([:".contains(first));
        if begins && text.len() <= LONGEST && text.bytes().all(allowed) {
            return Ok(Self(text.into()));
        }
        Err(Malformed(format!(
            "`{}` is not a Rust type that owns what it holds: a type such as `NewUser`, `Option<User>`, `Vec<u8>` or `()` \
             was expected",
            shown(text)
        )))
    }
}

impl fmt::Display for RustType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(
    RustType,
    expected: "a Rust type, relative to `types:`, or `()`; quoted inside `{ }` if it has commas",
    pattern: r"^[A-Za-z_(\[:][A-Za-z0-9_:<>,()\[\]; ]*$",
    examples: ["NewUser", "Option<User>", "crate::contract::User", "()"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_types_hold_their_alphabet() {
        for text in ["crate", "crate::user", "shop_user::SignUp"] {
            assert!(text.parse::<RustPath>().is_ok(), "{text}");
        }
        for text in ["", "::", "a::", "a:b", "a b", "a<b>", "../x", "_", "a;b"] {
            assert!(text.parse::<RustPath>().is_err(), "{text}");
        }
        for text in ["()", "Option<User>", "HashMap<String, [u8; 4]>", "(A, B)"] {
            assert!(text.parse::<RustType>().is_ok(), "{text}");
        }
        for text in ["", "&str", "x\"; panic!()", "{ }", "a\nb", "dyn Fn() -> u8", "u8=3"] {
            assert!(text.parse::<RustType>().is_err(), "{text}");
        }
    }
}

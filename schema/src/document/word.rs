//! Names, and the paths of fields inside a payload.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use super::scalar::{Malformed, scalar};
use crate::name;

/// The name of anything in a topology: lower case, digits and `_`, at most 63 characters.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Name(Box<str>);

impl Name {
    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match name::check(text) {
            Ok(()) => Ok(Self(text.into())),
            Err(reason) => Err(Malformed(format!("`{}` is not a name: {reason}", name::shown(text)))),
        }
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::ops::Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(
    Name,
    expected: "a name: a lower-case letter, then lower-case letters, digits and `_`, at most 63 in all, such as `sign_up`",
    pattern: "^[a-z][a-z0-9_]{0,62}$",
    examples: ["shop", "sign_up"]
);

/// A field of a payload: the names of the fields on the way to it, with dots between them.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct FieldPath(Box<str>);

impl FieldPath {
    /// The path as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The fields on the way, from the outside in; at least one.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }
}

impl FromStr for FieldPath {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let field = |field: &str| {
            field.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
                && field.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        if text.len() <= 255 && text.split('.').all(field) {
            return Ok(Self(text.into()));
        }
        Err(Malformed(format!(
            "`{}` is not a field of a payload: letters, digits and `_`, with dots between fields, were expected, such as \
             `email` or `customer.id`",
            name::shown(text)
        )))
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(
    FieldPath,
    expected: "a field of the payload, such as `email` or `customer.id`",
    pattern: r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$",
    examples: ["email", "customer.id"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_their_alphabet() {
        assert_eq!("sign_up".parse::<Name>().unwrap().as_str(), "sign_up");
        for text in ["", "Sign", "1st", "_x", "a-b", "x\"; panic!()", "ü", &"a".repeat(64)] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }

    #[test]
    fn fields_are_identifiers_with_dots() {
        assert!("customer.id".parse::<FieldPath>().is_ok());
        for text in ["", ".", "a.", ".a", "a b", "a-b", "1a"] {
            assert!(text.parse::<FieldPath>().is_err(), "{text}");
        }
    }
}

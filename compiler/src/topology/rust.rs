//! Rust types and paths of the topology, parsed and joined to the module they are relative to.

use std::fmt;
use std::rc::Rc;

/// A Rust type as generated code may name it: `crate::contract::NewUser`, `Option<crate::contract::User>`, `()`.
///
/// Cheap to clone. Two types are equal if they read the same once joined.
#[derive(Clone)]
pub struct RustType(Rc<(syn::Type, String)>);

/// A Rust path as generated code may name it: `crate::user::SignUp`.
///
/// Cheap to clone. Two paths are equal if they read the same once joined.
#[derive(Clone)]
pub struct RustPath(Rc<(syn::Path, String)>);

impl RustType {
    /// A type with the text by which it is compared and shown.
    pub fn new(syntax: syn::Type, text: String) -> Self {
        Self(Rc::new((syntax, text)))
    }

    /// The parsed type.
    pub fn syntax(&self) -> &syn::Type {
        &self.0.0
    }

    /// The type as text: `Option<crate::contract::User>`.
    pub fn as_str(&self) -> &str {
        &self.0.1
    }
}

impl RustPath {
    /// A path with the text by which it is compared and shown.
    pub fn new(syntax: syn::Path, text: String) -> Self {
        Self(Rc::new((syntax, text)))
    }

    /// `crate`.
    pub fn of_crate() -> Self {
        Self::new(syn::Path::from(<syn::Token![crate]>::default()), "crate".to_owned())
    }

    /// The parsed path.
    pub fn syntax(&self) -> &syn::Path {
        &self.0.0
    }

    /// The path as text: `crate::user::SignUp`.
    pub fn as_str(&self) -> &str {
        &self.0.1
    }
}

macro_rules! compared_as_text {
    ($($name:ident)*) => {$(
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                Rc::ptr_eq(&self.0, &other.0) || self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}

compared_as_text!(RustType RustPath);

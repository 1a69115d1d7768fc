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

/// What names of types mean without a path, wherever they stand.
const PRELUDE: [&str; 22] = [
    "Box", "Option", "Result", "String", "Vec", "bool", "char", "f32", "f64", "i128", "i16", "i32", "i64", "i8",
    "isize", "str", "u128", "u16", "u32", "u64", "u8", "usize",
];

/// Whether Rust knows a type of this name without a path.
pub fn is_prelude(name: &str) -> bool {
    PRELUDE.contains(&name)
}

impl RustType {
    /// Whether its values certainly have no fields with names: numbers, texts, lists, options, tuples.
    pub fn has_no_fields(&self) -> bool {
        match self.syntax() {
            syn::Type::Tuple(_) | syn::Type::Array(_) => true,
            syn::Type::Path(path) if path.path.segments.len() == 1 => {
                let name = path.path.segments.first().map(|segment| segment.ident.to_string());
                // A box has the fields of what is in it.
                name.is_some_and(|name| is_prelude(&name) && name != "Box")
            }
            _ => false,
        }
    }

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

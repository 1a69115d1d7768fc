//! Rust types and paths: checked, and joined to the module that they are relative to.
//!
//! - A **type** that is one name (`NewUser`) is found below `types:`, unless the standard prelude brings it (`String`,
//!   `u64`, `Option<User>`); what stands between `<` and `>`, in tuples and in arrays follows the same rule.
//! - A type of several segments (`crate::contract::User`, `uuid::Uuid`) begins with `crate` or a crate's name and stays
//!   as it is.
//! - A **path** stays as it is: `crate::user`, `shop_user`. Only `handler:` and `resources:` may be one name, which is
//!   then found below `module:`.

use std::collections::HashMap;

use pontoon_schema::name::{is_keyword, shown};
use proc_macro2::{Ident, Span as TokenSpan};
use syn::punctuated::Punctuated;
use syn::{PathArguments, PathSegment};

use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Located, RustPath, RustType, is_prelude};

/// How many types stand between `<` and `>` of those that have some.
const ARITY: [(&str, usize); 4] = [("Box", 1), ("Option", 1), ("Result", 2), ("Vec", 1)];

/// How long an array can be that serde reads and writes, and how many parts a tuple has.
const LONGEST_ARRAY: usize = 32;
const WIDEST_TUPLE: usize = 16;

/// Nested brackets of a type; more is no type that somebody wrote.
const DEEPEST: usize = 32;

/// Types and paths as they were asked for, each parsed once.
#[derive(Default)]
pub(super) struct Rust<'s> {
    types: Option<RustPath>,
    known: HashMap<&'s str, Result<RustType, Problem>>,
    /// The crates that types and paths name, each where it is named first.
    crates: HashMap<String, Span>,
}

#[derive(Clone)]
struct Problem {
    reason: String,
    help: String,
}

impl<'s> Rust<'s> {
    /// Types that are one name are found below `types`.
    pub(super) fn below(self, types: Option<RustPath>) -> Self {
        Self { types, ..self }
    }

    /// Where a crate is named first, if it is.
    pub(super) fn crate_named(&self, name: &str) -> Option<Span> {
        self.crates.get(name).copied()
    }

    /// The type that is written at `span`.
    pub(super) fn ty(&mut self, written: &'s str, span: Span, findings: &mut Findings) -> Option<Located<RustType>> {
        let known = match self.known.get(written) {
            Some(known) => known.clone(),
            None => {
                let read = self.read(written, span);
                self.known.insert(written, read.clone());
                read
            }
        };
        let problem = match known {
            Ok(ty) => return Some(Located::new(ty, span)),
            Err(problem) => problem,
        };
        findings.add(
            Diagnostic::error("invalid_path", format!("`{}` is not a type that can be used here", shown(written)))
                .label(span, problem.reason)
                .help(problem.help),
        );
        None
    }

    fn read(&mut self, written: &str, span: Span) -> Result<RustType, Problem> {
        if is_plain(written) {
            let (path, text) = self.single(written, PathArguments::None, written)?;
            arity(written, &PathArguments::None)?;
            return Ok(RustType::new(type_of(path), text));
        }
        let mut open = 0_usize;
        for byte in written.bytes() {
            match byte {
                b'<' | b'(' | b'[' => open += 1,
                b'>' | b')' | b']' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > DEEPEST {
                return Err(Problem::new(format!("it has more than {DEEPEST} brackets in each other")));
            }
        }
        let parsed = syn::parse_str::<syn::Type>(written).map_err(|error| Problem {
            reason: format!("Rust reads it and says: {error}"),
            help: "write it as in Rust code, such as `Option<User>` or `Vec<u8>`".to_owned(),
        })?;
        let mut text = String::new();
        let ty = self.join(parsed, span, &mut text)?;
        Ok(RustType::new(ty, text))
    }

    /// A name alone: from the prelude, or below `types:`.
    fn single(&self, name: &str, arguments: PathArguments, written: &str) -> Result<(syn::Path, String), Problem> {
        if name == "Self" || is_keyword(name) {
            return Err(Problem::new(format!("`{name}` is a word that Rust keeps for itself")));
        }
        let last = PathSegment { ident: ident(name), arguments };
        if is_prelude(name) {
            return Ok((syn::Path { leading_colon: None, segments: Punctuated::from_iter([last]) }, name.to_owned()));
        }
        let Some(types) = &self.types else {
            return Err(Problem {
                reason: format!("this topology does not say where `{name}` is found"),
                help: format!(
                    "write `types: crate::contract` (the module that holds the types) beside `name:`, or the full path of \
                     this type, such as `crate::contract::{written}`"
                ),
            });
        };
        let mut path = types.syntax().clone();
        path.segments.push(last);
        Ok((path, format!("{types}::{name}")))
    }

    /// A parsed type with all its names joined; its text is added to `text`.
    fn join(&mut self, ty: syn::Type, span: Span, text: &mut String) -> Result<syn::Type, Problem> {
        match ty {
            syn::Type::Path(syn::TypePath { qself: None, path, .. }) => {
                let path = self.join_path(path, span, text)?;
                Ok(type_of(path))
            }
            syn::Type::Paren(paren) => self.join(*paren.elem, span, text),
            syn::Type::Tuple(mut tuple) => {
                text.push('(');
                let mut joined = Punctuated::new();
                let count = tuple.elems.len();
                if count > WIDEST_TUPLE {
                    return Err(Problem {
                        reason: format!(
                            "serde reads and writes tuples of up to {WIDEST_TUPLE} parts, and this has {count}"
                        ),
                        help: "give the parts names, in a struct".to_owned(),
                    });
                }
                for (index, elem) in tuple.elems.into_iter().enumerate() {
                    if index > 0 {
                        text.push_str(", ");
                    }
                    joined.push(self.join(elem, span, text)?);
                }
                if count == 1 {
                    text.push(',');
                    joined.push_punct(<syn::Token![,]>::default());
                }
                text.push(')');
                tuple.elems = joined;
                Ok(syn::Type::Tuple(tuple))
            }
            syn::Type::Array(mut array) => {
                let Some(length) = number(&array.len) else {
                    return Err(Problem::new("the length of an array is a number here".to_owned()));
                };
                if length.parse::<usize>().map_or(true, |length| length > LONGEST_ARRAY) {
                    return Err(Problem {
                        reason: format!("serde reads and writes arrays of up to {LONGEST_ARRAY} elements"),
                        help: "write `Vec<…>`, or a type of your own around the array that says how it is written"
                            .to_owned(),
                    });
                }
                text.push('[');
                *array.elem = self.join(*array.elem, span, text)?;
                text.push_str("; ");
                text.push_str(&length);
                text.push(']');
                Ok(syn::Type::Array(array))
            }
            _ => Err(Problem {
                reason: "payloads are types with a name, tuples and arrays".to_owned(),
                help: "give it a name in Rust (`pub type Batch = …;`) and write that name".to_owned(),
            }),
        }
    }

    fn join_path(&mut self, mut path: syn::Path, span: Span, text: &mut String) -> Result<syn::Path, Problem> {
        if path.leading_colon.is_none() && path.segments.len() == 1 {
            let Some(segment) = path.segments.pop() else {
                return Ok(path);
            };
            let name = segment.ident.to_string();
            arity(&name, &segment.arguments)?;
            let (mut path, joined) = self.single(&name, PathArguments::None, &name)?;
            text.push_str(&joined);
            let arguments = match (name.as_str(), &segment.arguments) {
                ("Box", PathArguments::AngleBracketed(inner)) if is_str(inner) => {
                    text.push_str("<str>");
                    segment.arguments
                }
                _ => self.join_arguments(segment.arguments, span, text)?,
            };
            if let Some(last) = path.segments.last_mut() {
                last.arguments = arguments;
            }
            return Ok(path);
        }
        if path.leading_colon.take().is_some() && path.segments.first().is_some_and(|first| first.ident == "crate") {
            return Err(Problem::new("`::crate` leads nowhere".to_owned()));
        }
        let mut joined = Punctuated::new();
        for (index, mut segment) in path.segments.into_iter().enumerate() {
            let name = segment.ident.to_string();
            check_segment(index, &name)?;
            if index == 0 {
                self.note_crate(&name, span);
            } else {
                text.push_str("::");
            }
            text.push_str(&name);
            segment.arguments = self.join_arguments(segment.arguments, span, text)?;
            joined.push(segment);
        }
        path.segments = joined;
        Ok(path)
    }

    fn join_arguments(
        &mut self,
        arguments: PathArguments,
        span: Span,
        text: &mut String,
    ) -> Result<PathArguments, Problem> {
        let mut between = match arguments {
            PathArguments::None => return Ok(PathArguments::None),
            PathArguments::AngleBracketed(between) => between,
            _ => return Err(Problem::new("functions are no payload".to_owned())),
        };
        text.push('<');
        let mut joined = Punctuated::new();
        for (index, argument) in between.args.into_iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            joined.push(match argument {
                syn::GenericArgument::Type(ty) => syn::GenericArgument::Type(self.join(ty, span, text)?),
                syn::GenericArgument::Const(value) => {
                    let Some(number) = number(&value) else {
                        return Err(Problem::new("a constant is a number here".to_owned()));
                    };
                    text.push_str(&number);
                    syn::GenericArgument::Const(value)
                }
                _ => {
                    return Err(Problem::new("between `<` and `>` stand types and numbers here".to_owned()));
                }
            });
        }
        text.push('>');
        between.args = joined;
        between.colon2_token = None;
        Ok(PathArguments::AngleBracketed(between))
    }

    fn note_crate(&mut self, name: &str, span: Span) {
        if name != "crate" && !self.crates.contains_key(name) {
            self.crates.insert(name.to_owned(), span);
        }
    }

    /// The path that is written at `span`. A name alone is found below `base`, if there is one.
    pub(super) fn path(
        &mut self,
        written: &str,
        span: Span,
        base: Option<&RustPath>,
        findings: &mut Findings,
    ) -> Option<Located<RustPath>> {
        let count = written.split("::").count();
        let problem = written.split("::").enumerate().find_map(|(index, name)| {
            let index = if count == 1 && base.is_some() { 1 } else { index };
            check_segment(index, name).err()
        });
        if let Some(problem) = problem {
            findings.add(
                Diagnostic::error("invalid_path", format!("`{}` is not a path that can be used here", shown(written)))
                    .label(span, problem.reason)
                    .help(problem.help),
            );
            return None;
        }
        if let (1, Some(base)) = (count, base) {
            return Some(Located::new(extend(base, written), span));
        }
        if let Some(first) = written.split("::").next() {
            self.note_crate(first, span);
        }
        let segments = written.split("::").map(|name| PathSegment::from(ident(name)));
        let path = syn::Path { leading_colon: None, segments: segments.collect() };
        Some(Located::new(RustPath::new(path, written.to_owned()), span))
    }
}

/// Whether a type of the prelude has as many types between `<` and `>` as Rust wants. Types of the user's are the
/// user's to know.
fn arity(name: &str, arguments: &PathArguments) -> Result<(), Problem> {
    if !is_prelude(name) {
        return Ok(());
    }
    if name == "str" {
        return Err(Problem {
            reason: "a `str` has no size of its own, and can only be looked at".to_owned(),
            help: "write `String`".to_owned(),
        });
    }
    let wants = ARITY.iter().find(|(known, _)| *known == name).map_or(0, |(_, count)| *count);
    let has = match arguments {
        PathArguments::AngleBracketed(between) => between.args.len(),
        _ => 0,
    };
    if wants == has {
        return Ok(());
    }
    let shape = match wants {
        0 => format!("`{name}`"),
        1 => format!("`{name}<…>`"),
        _ => format!("`{name}<…, …>`"),
    };
    let count = |count: usize| match count {
        0 => "nothing".to_owned(),
        1 => "one type".to_owned(),
        count => format!("{count} types"),
    };
    Err(Problem {
        reason: format!("`{name}` has {} between `<` and `>`, and here it has {}", count(wants), count(has)),
        help: format!("write {shape}"),
    })
}

/// Whether this is `<str>`.
fn is_str(between: &syn::AngleBracketedGenericArguments) -> bool {
    match between.args.first() {
        Some(syn::GenericArgument::Type(syn::Type::Path(path))) if between.args.len() == 1 => path.path.is_ident("str"),
        _ => false,
    }
}

/// An item below a path. The name is an identifier that was checked.
pub(super) fn extend(base: &RustPath, name: &str) -> RustPath {
    let mut path = base.syntax().clone();
    path.segments.push(PathSegment::from(ident(name)));
    RustPath::new(path, format!("{base}::{name}"))
}

/// Why a segment can't stand there.
fn check_segment(index: usize, name: &str) -> Result<(), Problem> {
    match name {
        "crate" if index == 0 => Ok(()),
        "alloc" if index == 0 => Err(Problem {
            reason: format!("the crate of the user need not know `{name}`"),
            help: "write `std::…`, where it is, too".to_owned(),
        }),
        "self" | "super" | "Self" => Err(Problem {
            reason: format!("`{name}` means another place in generated code than it seems to mean here"),
            help: "begin the path with `crate::`, or with the name of a crate".to_owned(),
        }),
        _ if is_keyword(name) => Err(Problem::new(format!("`{name}` is a word that Rust keeps for itself"))),
        _ => Ok(()),
    }
}

fn is_plain(written: &str) -> bool {
    written.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && written.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && written != "_"
}

fn type_of(path: syn::Path) -> syn::Type {
    syn::Type::Path(syn::TypePath { attrs: Vec::new(), qself: None, path })
}

fn ident(name: &str) -> Ident {
    Ident::new(name, TokenSpan::call_site())
}

/// A number as it is written, without its suffix.
fn number(value: &syn::Expr) -> Option<String> {
    match value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) => Some(number.base10_digits().to_owned()),
        _ => None,
    }
}

impl Problem {
    fn new(reason: String) -> Self {
        Self { reason, help: "write a type or path that Rust code outside of any function could name".to_owned() }
    }
}

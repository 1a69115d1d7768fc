//! Code as it is put together, piece by piece: what stands in the source of this compiler, checked names, and literals.
//! Nothing else gets in, and nothing is read back.

use crate::plan::{Place, Rust};
use crate::topology::{RustPath, RustType};

/// A piece of code in one line, without what comes before and after it.
#[derive(Clone, Debug, Default)]
pub(super) struct Code(String);

/// A line of code from its pieces, in their order.
macro_rules! code {
    ($($piece:expr),* $(,)?) => {{
        let mut code = $crate::emit::code::Code::default();
        $($crate::emit::code::Piece::add_to(&$piece, &mut code);)*
        code
    }};
}

pub(super) use code;

/// What a line can be put together from.
pub(super) trait Piece {
    /// Adds the piece at the end of a line.
    fn add_to(&self, code: &mut Code);
}

impl Code {
    /// The line as text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Pieces with something between them.
    pub(super) fn joined<P: Piece>(pieces: impl IntoIterator<Item = P>, between: &'static str) -> Self {
        let mut code = Self::default();
        for piece in pieces {
            if !code.is_empty() {
                code.0.push_str(between);
            }
            piece.add_to(&mut code);
        }
        code
    }

    /// A type or path of the user's, with another name for the crate that it is seen from.
    pub(super) fn of_user(text: &str, krate: Option<&str>) -> Self {
        match krate.filter(|krate| text.contains(krate)) {
            Some(krate) => Self(super::local::localized(krate, text)),
            None => Self(text.to_owned()),
        }
    }
}

/// A piece that stands in the source of this compiler.
impl Piece for &'static str {
    fn add_to(&self, code: &mut Code) {
        code.0.push_str(self);
    }
}

impl Piece for Code {
    fn add_to(&self, code: &mut Code) {
        code.0.push_str(&self.0);
    }
}

impl<P: Piece> Piece for &P {
    fn add_to(&self, code: &mut Code) {
        (*self).add_to(code);
    }
}

impl<P: Piece> Piece for Option<P> {
    fn add_to(&self, code: &mut Code) {
        if let Some(piece) = self {
            piece.add_to(code);
        }
    }
}

/// A name of the topology, or one made from it. Names were checked when they were read.
pub(super) struct Name<'a>(pub(super) &'a str);

impl Piece for Name<'_> {
    fn add_to(&self, code: &mut Code) {
        code.0.push_str(self.0);
    }
}

/// A text as a literal.
pub(super) struct Literal<'a>(pub(super) &'a str);

impl Piece for Literal<'_> {
    fn add_to(&self, code: &mut Code) {
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
        if self.0.as_bytes().iter().all(is_plain) {
            code.0.push('"');
            code.0.push_str(self.0);
            code.0.push('"');
        } else {
            code.0.push_str(&proc_macro2::Literal::string(self.0).to_string());
        }
    }
}

impl Piece for u64 {
    fn add_to(&self, code: &mut Code) {
        code.0.push_str(&self.to_string());
    }
}

impl Piece for u32 {
    fn add_to(&self, code: &mut Code) {
        u64::from(*self).add_to(code);
    }
}

impl Piece for Place {
    fn add_to(&self, code: &mut Code) {
        for module in &self.modules {
            code.0.push_str(module);
            code.0.push_str("::");
        }
        code.0.push_str(&self.item);
    }
}

/// What the topology names in the user's crates.
pub(super) trait Named {
    /// As text.
    fn text(&self) -> &str;
}

impl Named for Rust<RustType> {
    fn text(&self) -> &str {
        self.0.as_str()
    }
}

impl Named for Rust<RustPath> {
    fn text(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_escaped_where_they_have_to_be() {
        for text in ["", "plain, as it is: '${A}' %", "say \"a\\b\"", "über\n\tall\0\u{202e}", "\u{7f}"] {
            let code = code!("x(", Literal(text), ")");
            let read: syn::ExprCall = syn::parse_str(code.as_str()).expect("an expression");
            let Some(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(literal), .. })) = read.args.first() else {
                panic!("{code:?} has no literal");
            };
            assert_eq!(literal.value(), text);
        }
    }

    #[test]
    fn pieces_are_joined_without_what_is_not_there() {
        let some = Some(code!(".b(", 3_u32, ")"));
        assert_eq!(code!("a()", some, None::<Code>).as_str(), "a().b(3)");
        assert_eq!(Code::joined([Name("a"), Name("b")], ", ").as_str(), "a, b");
    }
}

//! Names as tokens, and what several kinds of definitions say in the same way.

use pontoon_schema::name::is_keyword;
use proc_macro2::{Ident, Span};

use super::code::{Code, Literal, Name, Piece, code};
use super::scope::{Item, Scope};
use crate::plan::Listeners;
use crate::topology::WhenFull;

/// A name of the topology, or one made from it. Names were checked when they were read.
pub(super) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A field of a type of the user's, or a field of a field. Unlike names of the topology it may be a word of Rust's.
pub(super) fn field(path: &str) -> Code {
    let mut code = Code::default();
    for name in path.split('.') {
        let raw = if is_keyword(name) { "r#" } else { "" };
        code!(".", raw, Name(name)).add_to(&mut code);
    }
    code
}

/// What those need who hear an event or work on a queue, where that is anything.
pub(super) fn listeners(scope: &Scope<'_>, listeners: Listeners) -> Option<Code> {
    let Listeners { remembered, in_order } = listeners;
    let keep = remembered.map(|time| code!(".keep(", scope.duration(time), ")"));
    let ordered = in_order.then_some(".ordered()");
    (keep.is_some() || in_order).then(|| {
        let listeners = scope.runtime("Listeners");
        code!("const LISTENERS: ", listeners, " = ", listeners, "::new()", keep, ordered, ";")
    })
}

/// Where something exists, where that is not everywhere.
pub(super) fn environments(scope: &Scope<'_>, names: Option<&[String]>) -> Option<Code> {
    let names = Code::joined(names?.iter().map(|name| Literal(name)), ", ");
    let environments = scope.runtime("Environments");
    Some(code!("const ENVIRONMENTS: ", environments, " = ", environments, "::only(&[", names, "]);"))
}

/// What happens to a message when there is no room for it.
pub(super) fn when_full(scope: &Scope<'_>, policy: WhenFull) -> Code {
    let when_full: Item = scope.runtime("WhenFull");
    let policy = match policy {
        WhenFull::Wait => "Wait",
        WhenFull::Refuse => "Refuse",
        WhenFull::DropOldest => "DropOldest",
    };
    code!(when_full, "::", policy)
}

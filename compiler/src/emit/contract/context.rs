//! The context of a handler: a name for exactly the edges that it declares.

use std::collections::BTreeSet;

use crate::emit::code::{Code, Literal, Name, Piece as _, code};
use crate::emit::layout::Printer;
use crate::emit::scope::{Scope, used};
use crate::plan::{Edge, May, Operation};

pub(super) fn print(printer: &mut Printer, operation: &Operation) {
    let scope = Scope::new(None, ["Context"]);
    let mut bounds = vec![code!("pontoon::Context")];
    bounds.extend(operation.may.iter().map(|edge| bound(&scope, edge)));
    let reference = &operation.reference;
    printer.item();
    printer.verbatim_doc(&["The context of `", reference, "`."]);
    printer.block(&code!("pub mod ", Name(&operation.module)), |printer| {
        printer.uses(markers(operation).into_iter().chain(scope.uses()));
        printer.item();
        printer.verbatim_doc(&["What the handler of `", reference, "` may do."]);
        // What rustc says where another context is handed over: whose is asked for, and not each edge of it once.
        // Nobody lacks one that has no edges.
        if !operation.may.is_empty() {
            let message = ["this is not the context of `", reference, "`"].concat();
            printer.attribute("diagnostic::on_unimplemented", &code!("message = ", Literal(&message)));
        }
        printer.bare_trait("pub trait Context", &bounds);
        printer.item();
        if !operation.may.is_empty() {
            printer.line(&code!("#[diagnostic::do_not_recommend]"));
        }
        printer.blanket_impl("Context", &bounds);
    });
}

fn bound(scope: &Scope<'_>, Edge { may, target }: &Edge) -> Code {
    let may = scope.runtime(match may {
        May::Invoke => "MayInvoke",
        May::Emit => "MayEmit",
        May::Enqueue => "MayEnqueue",
        May::Read => "MayRead",
        May::Update => "MayUpdate",
        May::Write => "MayWrite",
        May::Reveal => "MayReveal",
    });
    code!(may, "<", target, ">")
}

/// The modules of the contract that the edges lead to. This module lies as deep below theirs as its marker's path is.
fn markers(operation: &Operation) -> Option<Code> {
    let roots: BTreeSet<&str> = operation.may.iter().map(|edge| edge.target.root()).collect();
    let mut up = code!("super::");
    operation.marker.modules.iter().for_each(|_| "super::".add_to(&mut up));
    used(&up, roots.into_iter().map(Name))
}

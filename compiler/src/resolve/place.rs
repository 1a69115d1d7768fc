//! The typed document and the tree of places, walked in step: a value together with where it is written.

use crate::read::Node;
use crate::source::Span;
use crate::topology::Located;

/// Where the value of `key` stands; the key of `node` itself where it is left out.
pub(super) fn span(node: Node<'_>, key: &str) -> Span {
    node.get(key).map_or_else(|| node.key_span(), Node::value_span)
}

/// A value that may be left out.
pub(super) fn given<T>(node: Node<'_>, key: &str, value: Option<T>) -> Option<Located<T>> {
    value.map(|value| Located::new(value, span(node, key)))
}

/// A value that has a default, or that is always there.
pub(super) fn filled<T>(node: Node<'_>, key: &str, value: T) -> Located<T> {
    Located::new(value, span(node, key))
}

/// The children of a mapping or list below `node`, in the order of the document.
pub(super) fn children<'t>(node: Node<'t>, key: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
    node.get(key).into_iter().flat_map(Node::children)
}

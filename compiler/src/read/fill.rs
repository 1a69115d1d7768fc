//! The typed document, filled from the tree. What is wrong is reported and left out, and the rest is read on, so that
//! one run finds nearly all there is to find.

use std::cell::RefCell;
use std::collections::HashSet;

use pontoon_schema::document::Document;
use serde::de::Deserialize;

use super::fault::{Fault, What};
use super::tree::{Id, Kind, Node, Tree};
use super::value::Value;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Sources;

/// After so many findings the rest would not help.
const ENOUGH: usize = 100;

/// A value that is wrong hides what else is wrong in the struct that holds it, until the next pass leaves it out.
const PASSES: usize = 64;

/// In a large topology there are fewer passes: so many nodes are visited in all.
const WORK: usize = 500_000;

/// Fills the document. `skip` names nodes that have been reported already.
pub(super) fn fill(tree: &Tree, skip: Vec<Id>, sources: &Sources, findings: &mut Findings) -> Option<Document> {
    let page =
        Page { tree, sources, notes: RefCell::new(Notes { skip: skip.into_iter().collect(), ..Notes::default() }) };
    let mut document = None;
    for _ in 0..(WORK / tree.entries.len().max(1)).clamp(2, PASSES) {
        let before = page.notes.borrow().progress();
        document = match Document::deserialize(page.value(tree.root())) {
            Ok(document) => Some(document),
            Err(fault) => {
                page.report(fault, tree.root(), false);
                None
            }
        };
        let mut notes = page.notes.borrow_mut();
        let stuck = notes.progress() == before;
        if notes.found.len() >= ENOUGH || stuck && (notes.stuck || notes.found.is_empty()) {
            break;
        }
        notes.stuck = stuck;
        notes.left_out = None;
    }
    let found = page.notes.into_inner().found;
    let document = document.filter(|_| found.is_empty());
    findings.extend(found);
    document
}

/// What all values of a document share while it is filled.
pub(super) struct Page<'t> {
    pub(super) tree: &'t Tree,
    pub(super) sources: &'t Sources,
    pub(super) notes: RefCell<Notes>,
}

#[derive(Default)]
pub(super) struct Notes {
    /// Nodes that are taken as if they were not there.
    skip: HashSet<Id>,
    /// What is wrong with nodes as a whole: keys that they lack, or nothing for other things.
    wholes: HashSet<(Id, &'static str)>,
    /// Whether the last pass found nothing new.
    stuck: bool,
    /// The last whole that this pass left out. Nodes are numbered from the inside out.
    left_out: Option<Id>,
    pub(super) found: Vec<Diagnostic>,
}

impl Notes {
    fn progress(&self) -> (usize, usize, usize) {
        (self.found.len(), self.skip.len(), self.wholes.len())
    }
}

impl<'t> Page<'t> {
    pub(super) fn value<'p>(&'p self, node: Node<'t>) -> Value<'p, 't> {
        Value { page: self, node }
    }

    pub(super) fn skips(&self, id: Id) -> bool {
        let notes = self.notes.borrow();
        !notes.skip.is_empty() && notes.skip.contains(&id)
    }

    pub(super) fn skip(&self, id: Id) {
        self.notes.borrow_mut().skip.insert(id);
    }

    /// Adds a finding, until there are enough.
    pub(super) fn add(&self, finding: impl FnOnce() -> Diagnostic) {
        if self.notes.borrow().found.len() < ENOUGH {
            let finding = finding();
            self.notes.borrow_mut().found.push(finding);
        }
    }

    /// Notes what is wrong with a whole, and whether it is to be reported. The whole is read again in the next pass, as
    /// there may be more to find in its parts; only when nothing else is found it is left out.
    fn of_whole(&self, node: Node<'t>, what: &'static str, left_out: bool) -> bool {
        let mut notes = self.notes.borrow_mut();
        let new = notes.wholes.insert((node.id, what));
        // From the inside out: what was left out in this pass may let more be found in what holds it.
        let inside = std::iter::successors(Some(node), |node| node.index(0)).last().map(|first| first.id);
        if notes.stuck && !new && notes.left_out.is_none_or(|last| Some(last) < inside) {
            notes.skip.insert(node.id);
            notes.left_out = Some(node.id);
        }
        new && !left_out
    }

    /// Adds a fault to the findings, once, and takes its node out of the next pass.
    pub(super) fn report(&self, fault: Fault, node: Node<'t>, on_key: bool) -> Fault {
        let fault = fault.at(node.id, on_key);
        let node = fault.place().map_or(node, |(id, _)| Node::new(self.tree, id));
        let new = match fault.what() {
            What::Reported => false,
            What::Missing { key } => self.of_whole(node, key, node.get(key).is_some()),
            What::Said(_) if fault.is_of_whole() && matches!(node.entry().kind, Kind::Mapping) => {
                // What a whole says of its parts is of no use while one of them is left out.
                let parts = node.children().flat_map(|child| std::iter::once(child).chain(child.children()));
                self.of_whole(node, "", parts.into_iter().any(|part| self.skips(part.id)))
            }
            _ => self.notes.borrow_mut().skip.insert(node.id),
        };
        if new {
            self.add(|| fault.explain(node, self.sources));
        }
        Fault::reported()
    }
}

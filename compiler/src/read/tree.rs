//! The files of a topology as a tree of nodes, each with the place it stands at. Every later diagnostic points by it.

use crate::source::Span;

/// The tree. Nodes that an alias refers to stand in it once, under each of the aliases.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    pub(super) entries: Vec<Entry>,
    /// The children of every node, side by side.
    pub(super) children: Vec<Id>,
    /// The same ranges, with the children of large mappings sorted by their keys.
    pub(super) sorted: Vec<Id>,
    /// The words of all files, side by side: keys and scalars.
    pub(super) words: String,
    pub(super) root: Id,
}

/// A node's number in its tree.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Id(pub(super) u32);

/// What the tree keeps of a node.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    pub(super) key: Option<Key>,
    pub(super) span: Span,
    /// The range of its children.
    pub(super) first: u32,
    pub(super) last: u32,
    /// How many nodes there are in it, aliases expanded, and how deep it goes.
    pub(super) weight: u32,
    pub(super) height: u32,
}

/// A range of `words`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) start: u32,
    pub(super) end: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) word: Word,
    pub(super) span: Span,
}

/// What a node is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// A word without quotes, which may mean a number, a truth value or nothing.
    Plain(Word),
    /// A word in quotes or a block of text.
    Quoted(Word),
    Sequence,
    Mapping,
}

/// Mappings with more keys than this are looked up by halves.
pub(super) const LARGE: u32 = 8;

impl Tree {
    /// The topology as a whole.
    pub fn root(&self) -> Node<'_> {
        Node { tree: self, id: self.root }
    }

    pub(super) fn word(&self, word: Word) -> &str {
        &self.words[word.start as usize..word.end as usize]
    }

    pub(super) fn key(&self, id: Id) -> &str {
        self.entries[id.0 as usize].key.map_or("", |key| self.word(key.word))
    }
}

/// A node of the tree: a value, with its key if it stands in a mapping.
#[derive(Clone, Copy, Debug)]
pub struct Node<'t> {
    tree: &'t Tree,
    pub(super) id: Id,
}

impl<'t> Node<'t> {
    pub(super) fn entry(self) -> &'t Entry {
        &self.tree.entries[self.id.0 as usize]
    }

    fn ids(self) -> &'t [Id] {
        let Entry { first, last, .. } = *self.entry();
        &self.tree.children[first as usize..last as usize]
    }

    /// The value under a key of a mapping.
    pub fn get(self, key: &str) -> Option<Self> {
        let entry = self.entry();
        if !matches!(entry.kind, Kind::Mapping) {
            return None;
        }
        let id = if entry.last - entry.first > LARGE {
            let sorted = &self.tree.sorted[entry.first as usize..entry.last as usize];
            let at = sorted.binary_search_by(|id| self.tree.key(*id).cmp(key)).ok()?;
            sorted[at]
        } else {
            *self.ids().iter().find(|id| self.tree.key(**id) == key)?
        };
        Some(Self { id, ..self })
    }

    /// The value of this number in a list, or in a mapping in the order of the file.
    pub fn index(self, index: usize) -> Option<Self> {
        self.ids().get(index).map(|id| Self { id: *id, ..self })
    }

    /// The values of a list or a mapping, in the order of the file.
    pub fn children(self) -> impl ExactSizeIterator<Item = Self> + use<'t> {
        self.ids().iter().map(move |id| Self { id: *id, ..self })
    }

    /// The key, if it stands in a mapping.
    pub fn key(self) -> Option<&'t str> {
        self.entry().key.map(|key| self.tree.word(key.word))
    }

    /// The word, if it is one.
    pub fn text(self) -> Option<&'t str> {
        match self.entry().kind {
            Kind::Plain(word) | Kind::Quoted(word) => Some(self.tree.word(word)),
            Kind::Sequence | Kind::Mapping => None,
        }
    }

    /// Where the key stands; in a list, where the value does.
    pub fn key_span(self) -> Span {
        self.entry().key.map_or(self.entry().span, |key| key.span)
    }

    /// Where the value stands, without the space and the comments behind it.
    pub fn value_span(self) -> Span {
        self.entry().span
    }

    /// From the beginning of the key to the end of the value.
    pub fn span(self) -> Span {
        let (key, value) = (self.key_span(), self.value_span());
        if key.file == value.file && key.start <= value.end { Span { end: value.end, ..key } } else { value }
    }
}

impl<'t> Node<'t> {
    pub(super) fn new(tree: &'t Tree, id: Id) -> Self {
        Self { tree, id }
    }
}

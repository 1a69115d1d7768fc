//! The typed document, filled from the tree. What is wrong is reported and left out, and the rest is read on, so that one
//! run finds nearly all there is to find.

use std::cell::RefCell;
use std::collections::HashSet;

use pontoon_schema::document::Document;
use serde::de::value::{MapDeserializer, UnitDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected, VariantAccess,
    Visitor,
};

use super::fault::{Fault, What};
use super::keys::unknown;
use super::tree::{Id, Kind, Node, Tree};
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
    let page = Page {
        tree,
        sources,
        notes: RefCell::new(Notes {
            skip: skip.into_iter().collect(),
            ..Notes::default()
        }),
    };
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
struct Page<'t> {
    tree: &'t Tree,
    sources: &'t Sources,
    notes: RefCell<Notes>,
}

#[derive(Default)]
struct Notes {
    /// Nodes that are taken as if they were not there.
    skip: HashSet<Id>,
    /// What is wrong with nodes as a whole: keys that they lack, or nothing for other things.
    wholes: HashSet<(Id, &'static str)>,
    /// Whether the last pass found nothing new.
    stuck: bool,
    /// The last whole that this pass left out. Nodes are numbered from the inside out.
    left_out: Option<Id>,
    found: Vec<Diagnostic>,
}

impl Notes {
    fn progress(&self) -> (usize, usize, usize) {
        (self.found.len(), self.skip.len(), self.wholes.len())
    }
}

impl<'t> Page<'t> {
    fn value<'p>(&'p self, node: Node<'t>) -> Value<'p, 't> {
        Value { page: self, node }
    }

    fn skips(&self, id: Id) -> bool {
        let notes = self.notes.borrow();
        !notes.skip.is_empty() && notes.skip.contains(&id)
    }

    fn skip(&self, id: Id) {
        self.notes.borrow_mut().skip.insert(id);
    }

    /// Adds a finding, until there are enough.
    fn add(&self, finding: impl FnOnce() -> Diagnostic) {
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
        let inside = std::iter::successors(Some(node), |node| node.index(0))
            .last()
            .map(|first| first.id);
        if notes.stuck && !new && notes.left_out.is_none_or(|last| Some(last) < inside) {
            notes.skip.insert(node.id);
            notes.left_out = Some(node.id);
        }
        new && !left_out
    }

    /// Adds a fault to the findings, once, and takes its node out of the next pass.
    fn report(&self, fault: Fault, node: Node<'t>, on_key: bool) -> Fault {
        let fault = fault.at(node.id, on_key);
        let node = fault.place().map_or(node, |(id, _)| Node::new(self.tree, id));
        let new = match fault.what() {
            What::Reported => false,
            What::Missing { key } => self.of_whole(node, key, node.get(key).is_some()),
            What::Said(_) if fault.is_of_whole() && matches!(node.entry().kind, Kind::Mapping) => {
                // What a whole says of its parts is of no use while one of them is left out.
                let parts = node
                    .children()
                    .flat_map(|child| std::iter::once(child).chain(child.children()));
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

/// A value that is to be read.
#[derive(Clone, Copy)]
struct Value<'p, 't> {
    page: &'p Page<'t>,
    node: Node<'t>,
}

/// What a word without quotes means where its type does not say.
fn visit_plain<'t, V: Visitor<'t>>(text: &'t str, visitor: V) -> Result<V::Value, Fault> {
    match text {
        "" | "~" | "null" => return visitor.visit_unit(),
        "true" => return visitor.visit_bool(true),
        "false" => return visitor.visit_bool(false),
        _ => {}
    }
    let number = text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    if number && let Ok(number) = text.parse::<u64>() {
        visitor.visit_u64(number)
    } else if number && let Ok(number) = text.parse::<i64>() {
        visitor.visit_i64(number)
    } else if number && let Ok(number) = text.parse::<f64>() {
        visitor.visit_f64(number)
    } else {
        visitor.visit_borrowed_str(text)
    }
}

impl<'p, 't> Value<'p, 't> {
    /// Puts a fault that happens in reading this value at its node.
    fn here<T>(self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| fault.at(self.node.id, false))
    }

    fn entries(self, keys: Option<(&'static str, &'static [&'static str])>) -> Entries<'p, 't> {
        Entries {
            page: self.page,
            node: self.node,
            next: 0,
            keys,
            current: None,
        }
    }

    fn found(self) -> Unexpected<'t> {
        match self.node.entry().kind {
            Kind::Sequence => Unexpected::Seq,
            Kind::Mapping => Unexpected::Map,
            Kind::Plain(_) => match self.node.text().unwrap_or_default() {
                "" | "~" | "null" => Unexpected::Unit,
                text => Unexpected::Str(text),
            },
            Kind::Quoted(_) => Unexpected::Str(self.node.text().unwrap_or_default()),
        }
    }
}

impl<'t> Deserializer<'t> for Value<'_, 't> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.here(match self.node.entry().kind {
            Kind::Plain(_) => visit_plain(self.node.text().unwrap_or_default(), visitor),
            Kind::Quoted(_) => visitor.visit_borrowed_str(self.node.text().unwrap_or_default()),
            Kind::Sequence => visitor.visit_seq(Elements {
                page: self.page,
                node: self.node,
                next: 0,
            }),
            Kind::Mapping => visitor.visit_map(self.entries(None)),
        })
    }

    fn deserialize_str<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.here(match self.found() {
            Unexpected::Str(text) => visitor.visit_str(text),
            found => Err(Fault::invalid_type(found, &visitor)),
        })
    }

    fn deserialize_string<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.here(match (self.node.entry().kind, self.node.text()) {
            (Kind::Plain(_), Some("true")) => visitor.visit_bool(true),
            (Kind::Plain(_), Some("false")) => visitor.visit_bool(false),
            _ => Err(Fault::invalid_type(self.found(), &visitor)),
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'t>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor
            .visit_newtype_struct(self)
            .map_err(|fault| fault.at(self.node.id, false).in_word(name))
    }

    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.here(match self.node.entry().kind {
            Kind::Sequence => visitor.visit_seq(Elements {
                page: self.page,
                node: self.node,
                next: 0,
            }),
            _ => Err(Fault::invalid_type(self.found(), &visitor)),
        })
    }

    fn deserialize_map<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.here(match self.node.entry().kind {
            Kind::Mapping => visitor.visit_map(self.entries(None)),
            _ => Err(Fault::invalid_type(self.found(), &visitor)),
        })
    }

    fn deserialize_struct<V: Visitor<'t>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.here(match self.node.entry().kind {
            Kind::Mapping => visitor.visit_map(self.entries(Some((name, fields)))),
            _ => Err(Fault::invalid_type(self.found(), &visitor)),
        })
    }

    fn deserialize_enum<V: Visitor<'t>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let one_of = || super::keys::listed(variants);
        self.here(match self.node.entry().kind {
            Kind::Plain(_) | Kind::Quoted(_) => match self.found() {
                Unexpected::Str(word) => visitor.visit_enum(Choice {
                    value: self,
                    word,
                    settings: None,
                }),
                _ => Err(Fault::choice(format!("a value is missing here: one of {}", one_of()))),
            },
            Kind::Mapping if self.node.children().len() == 1 => {
                let settings = self.node.index(0);
                let word = settings.and_then(Node::key).unwrap_or_default();
                visitor.visit_enum(Choice {
                    value: self,
                    word,
                    settings,
                })
            }
            Kind::Mapping => Err(Fault::choice(format!("exactly one of {} was expected here", one_of()))),
            Kind::Sequence => Err(Fault::choice(format!(
                "one of {} was expected here, not a list",
                one_of()
            ))),
        })
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'t>>
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
        identifier ignored_any
    }
}

/// The entries of a list.
struct Elements<'p, 't> {
    page: &'p Page<'t>,
    node: Node<'t>,
    next: usize,
}

impl<'p, 't> Elements<'p, 't> {
    fn advance(&mut self) -> Option<Value<'p, 't>> {
        loop {
            let node = self.node.index(self.next)?;
            self.next += 1;
            if !self.page.skips(node.id) {
                return Some(self.page.value(node));
            }
        }
    }
}

impl<'t> SeqAccess<'t> for Elements<'_, 't> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'t>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some(value) = self.advance() else { return Ok(None) };
        seed.deserialize(value)
            .map(Some)
            .map_err(|fault| self.page.report(fault, value.node, false))
    }

    fn next_element<T: Deserialize<'t>>(&mut self) -> Result<Option<T>, Fault> {
        while let Some(value) = self.advance() {
            match T::deserialize(value) {
                Ok(element) => return Ok(Some(element)),
                Err(fault) => self.page.report(fault, value.node, false),
            };
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.node.children().len().saturating_sub(self.next))
    }
}

/// The entries of a mapping.
struct Entries<'p, 't> {
    page: &'p Page<'t>,
    node: Node<'t>,
    next: usize,
    /// The type that is read and its keys, if it has a fixed set of them.
    keys: Option<(&'static str, &'static [&'static str])>,
    current: Option<Node<'t>>,
}

impl<'t> Entries<'_, 't> {
    fn advance(&mut self) -> Option<Node<'t>> {
        loop {
            let node = self.node.index(self.next)?;
            self.next += 1;
            if self.page.skips(node.id) {
                continue;
            }
            let key = node.key().unwrap_or_default();
            match self.keys {
                Some((owner, keys)) if !keys.contains(&key) => {
                    self.page.skip(node.id);
                    self.page.add(|| unknown(node.key_span(), key, owner, keys));
                }
                _ => return Some(node),
            }
        }
    }
}

impl<'t> MapAccess<'t> for Entries<'_, 't> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'t>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let Some(node) = self.advance() else { return Ok(None) };
        self.current = Some(node);
        let key = Word {
            text: node.key().unwrap_or_default(),
            node,
            on_key: true,
        };
        seed.deserialize(key)
            .map(Some)
            .map_err(|fault| self.page.report(fault, node, true))
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some(node) = self.current.take() else {
            return Err(Fault::custom("a value was read before its key"));
        };
        seed.deserialize(self.page.value(node))
            .map_err(|fault| self.page.report(fault, node, false))
    }

    fn next_entry<K: Deserialize<'t>, V: Deserialize<'t>>(&mut self) -> Result<Option<(K, V)>, Fault> {
        while let Some(node) = self.advance() {
            let key = Word {
                text: node.key().unwrap_or_default(),
                node,
                on_key: true,
            };
            let read = K::deserialize(key)
                .map_err(|fault| self.page.report(fault, node, true))
                .and_then(|key| {
                    let value =
                        V::deserialize(self.page.value(node)).map_err(|fault| self.page.report(fault, node, false))?;
                    Ok((key, value))
                });
            if let Ok(entry) = read {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.node.children().len().saturating_sub(self.next))
    }
}

/// A key, or the word that chooses between variants.
struct Word<'t> {
    text: &'t str,
    node: Node<'t>,
    on_key: bool,
}

impl<'t> Deserializer<'t> for Word<'t> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor
            .visit_borrowed_str(self.text)
            .map_err(|fault: Fault| fault.at(self.node.id, self.on_key))
    }

    fn deserialize_u64<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        let (id, on_key) = (self.node.id, self.on_key);
        visit_plain(self.text, visitor).map_err(|fault| fault.at(id, on_key).in_word("Key"))
    }

    fn deserialize_newtype_struct<V: Visitor<'t>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self).map_err(|fault| fault.in_word(name))
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'t>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

/// One of several words, alone or with settings below it.
struct Choice<'p, 't> {
    value: Value<'p, 't>,
    word: &'t str,
    settings: Option<Node<'t>>,
}

impl<'p, 't> EnumAccess<'t> for Choice<'p, 't> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'t>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        let (node, on_key) = self
            .settings
            .map_or((self.value.node, false), |settings| (settings, true));
        let variant = seed.deserialize(Word {
            text: self.word,
            node,
            on_key,
        })?;
        Ok((variant, self))
    }
}

impl<'t> Choice<'_, 't> {
    /// Settings that were left out: what they lack is said of the word itself.
    fn bare(&self, fault: Fault) -> Fault {
        match fault.what() {
            What::Missing { key } => Fault::choice(format!(
                "`{0}` needs settings: write `{0}: {{ {key}: … }}`",
                pontoon_schema::name::shown(self.word)
            )),
            _ => fault,
        }
    }
}

impl<'t> VariantAccess<'t> for Choice<'_, 't> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.settings {
            None => Ok(()),
            Some(_) => Err(Fault::choice(format!(
                "`{0}` takes no settings: write `{0}` alone",
                self.word
            ))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'t>>(self, seed: T) -> Result<T::Value, Fault> {
        match self.settings {
            Some(settings) if !self.value.page.skips(settings.id) => seed
                .deserialize(self.value.page.value(settings))
                .map_err(|fault| self.value.page.report(fault, settings, false)),
            Some(_) => Err(Fault::reported()),
            None => {
                let nothing = MapDeserializer::new(std::iter::empty::<(&str, UnitDeserializer<Fault>)>());
                seed.deserialize(nothing).map_err(|fault| self.bare(fault))
            }
        }
    }

    fn tuple_variant<V: Visitor<'t>>(self, _length: usize, visitor: V) -> Result<V::Value, Fault> {
        Err(Fault::invalid_type(Unexpected::TupleVariant, &visitor))
    }

    fn struct_variant<V: Visitor<'t>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        let page = self.value.page;
        match self.settings {
            Some(settings) if !page.skips(settings.id) => page
                .value(settings)
                .deserialize_struct("", fields, visitor)
                .map_err(|fault| page.report(fault, settings, false)),
            Some(_) => Err(Fault::reported()),
            None => {
                let nothing = MapDeserializer::new(std::iter::empty::<(&str, UnitDeserializer<Fault>)>());
                visitor.visit_map(nothing).map_err(|fault| self.bare(fault))
            }
        }
    }
}

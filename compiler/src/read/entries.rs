//! The entries of lists and mappings as serde sees them. One that is wrong is reported and left out, and the next is
//! read.

use serde::de::{Deserialize, DeserializeSeed, Error, MapAccess, SeqAccess};

use super::choice::Word;
use super::fault::Fault;
use super::fill::Page;
use super::keys::unknown;
use super::tree::Node;
use super::value::Value;

/// The entries of a list.
pub(super) struct Elements<'p, 't> {
    pub(super) page: &'p Page<'t>,
    pub(super) node: Node<'t>,
    pub(super) next: usize,
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
        seed.deserialize(value).map(Some).map_err(|fault| self.page.report(fault, value.node, false))
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
pub(super) struct Entries<'p, 't> {
    pub(super) page: &'p Page<'t>,
    pub(super) node: Node<'t>,
    pub(super) next: usize,
    /// The type that is read and its keys, if it has a fixed set of them.
    pub(super) keys: Option<(&'static str, &'static [&'static str])>,
    pub(super) current: Option<Node<'t>>,
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
        let key = Word { text: node.key().unwrap_or_default(), node, on_key: true };
        seed.deserialize(key).map(Some).map_err(|fault| self.page.report(fault, node, true))
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some(node) = self.current.take() else {
            return Err(Fault::custom("a value was read before its key"));
        };
        seed.deserialize(self.page.value(node)).map_err(|fault| self.page.report(fault, node, false))
    }

    fn next_entry<K: Deserialize<'t>, V: Deserialize<'t>>(&mut self) -> Result<Option<(K, V)>, Fault> {
        while let Some(node) = self.advance() {
            let key = Word { text: node.key().unwrap_or_default(), node, on_key: true };
            let read = K::deserialize(key).map_err(|fault| self.page.report(fault, node, true)).and_then(|key| {
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

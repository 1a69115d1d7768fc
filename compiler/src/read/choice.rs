//! Keys, and words that choose between variants, as serde sees them.

use serde::de::value::{MapDeserializer, UnitDeserializer};
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, Unexpected, VariantAccess, Visitor};

use super::fault::{Fault, What};
use super::tree::Node;
use super::value::{Value, visit_plain};

/// A key, or the word that chooses between variants.
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    pub(super) node: Node<'t>,
    pub(super) on_key: bool,
}

impl<'t> Deserializer<'t> for Word<'t> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.text).map_err(|fault: Fault| fault.at(self.node.id, self.on_key))
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
pub(super) struct Choice<'p, 't> {
    pub(super) value: Value<'p, 't>,
    pub(super) word: &'t str,
    pub(super) settings: Option<Node<'t>>,
}

impl<'p, 't> EnumAccess<'t> for Choice<'p, 't> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'t>>(self, seed: V) -> Result<(V::Value, Self), Fault> {
        let (node, on_key) = self.settings.map_or((self.value.node, false), |settings| (settings, true));
        let variant = seed.deserialize(Word { text: self.word, node, on_key })?;
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
            Some(_) => Err(Fault::choice(format!("`{0}` takes no settings: write `{0}` alone", self.word))),
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

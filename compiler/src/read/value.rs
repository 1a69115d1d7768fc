//! A node of the tree as serde sees it: what it may mean where its type says what it should be.

use pontoon_schema::name::shown;
use serde::de::{Deserializer, Error, Unexpected, Visitor};

use super::choice::Choice;
use super::entries::{Elements, Entries};
use super::fault::Fault;
use super::fill::Page;
use super::keys::listed;
use super::tree::{Kind, Node};

/// A value that is to be read.
#[derive(Clone, Copy)]
pub(super) struct Value<'p, 't> {
    pub(super) page: &'p Page<'t>,
    pub(super) node: Node<'t>,
}

/// What a word without quotes means where its type does not say.
pub(super) fn visit_plain<'t, V: Visitor<'t>>(text: &'t str, visitor: V) -> Result<V::Value, Fault> {
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

/// Whether a word without quotes is no text by the core schema of YAML 1.2 (section 10.3.2).
fn is_number_or_truth(text: &str) -> bool {
    const WORDS: [&str; 6] = ["true", "True", "TRUE", "false", "False", "FALSE"];
    const ODD: [&str; 6] = [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"];
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |text: &str, of: fn(char) -> bool| !text.is_empty() && text.chars().all(of);
    let octal = text.strip_prefix("0o").is_some_and(|rest| digits(rest, |it| it.is_digit(8)));
    let hex = text.strip_prefix("0x").is_some_and(|rest| digits(rest, |it| it.is_ascii_hexdigit()));
    let begins = |text: &str| text.trim_start_matches('.').starts_with(|it: char| it.is_ascii_digit());
    let decimal = begins(unsigned) && digits(unsigned, |it| it.is_ascii_digit() || "+-.eE".contains(it));
    WORDS.contains(&text) || ODD.contains(&unsigned) || octal || hex || (decimal && unsigned.parse::<f64>().is_ok())
}

impl<'p, 't> Value<'p, 't> {
    /// Puts a fault that happens in reading this value at its node.
    fn here<T>(self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| fault.at(self.node.id, false))
    }

    fn entries(self, keys: Option<(&'static str, &'static [&'static str])>) -> Entries<'p, 't> {
        Entries { page: self.page, node: self.node, next: 0, keys, current: None }
    }

    /// A number or a truth where a text is expected is one that lacks its quotes: others who read YAML would not take
    /// it for a text.
    fn not_a_number(self) -> Result<(), Fault> {
        match (self.node.entry().kind, self.node.text()) {
            (Kind::Plain(_), Some(text)) if is_number_or_truth(text) => {
                let text = shown(text);
                Err(Fault::custom(format!("`{text}` is no text as it stands here: write `\"{text}\"`, in quotes")))
            }
            _ => Ok(()),
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
            Kind::Sequence => visitor.visit_seq(Elements { page: self.page, node: self.node, next: 0 }),
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
        self.here(self.not_a_number())?;
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
        let word = visitor.visit_newtype_struct(self).map_err(|fault| fault.at(self.node.id, false).in_word(name))?;
        // After what the word has to say of it: a duration says more of `5`.
        self.here(self.not_a_number())?;
        Ok(word)
    }

    fn deserialize_option<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'t>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.here(match self.node.entry().kind {
            Kind::Sequence => visitor.visit_seq(Elements { page: self.page, node: self.node, next: 0 }),
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
        let one_of = || listed(variants);
        self.here(match self.node.entry().kind {
            Kind::Plain(_) | Kind::Quoted(_) => match self.found() {
                Unexpected::Str(word) => visitor.visit_enum(Choice { value: self, word, settings: None }),
                _ => Err(Fault::choice(format!("a value is missing here: one of {}", one_of()))),
            },
            Kind::Mapping if self.node.children().len() == 1 => {
                let settings = self.node.index(0);
                let word = settings.and_then(Node::key).unwrap_or_default();
                visitor.visit_enum(Choice { value: self, word, settings })
            }
            Kind::Mapping => Err(Fault::choice(format!("exactly one of {} was expected here", one_of()))),
            Kind::Sequence => Err(Fault::choice(format!("one of {} was expected here, not a list", one_of()))),
        })
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'t>>
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
        identifier ignored_any
    }
}

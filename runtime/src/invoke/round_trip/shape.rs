//! A value as serde sees it: with `Some` kept apart from what is in it, floats to the bit, and maps and sets without
//! order.

use std::fmt::{self, Write as _};

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// A value as serde sees it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Whatever has no parts, as its kind and its text. Floats by their bits.
    Plain(&'static str, String),
    /// A float that JSON has no number for.
    NotFinite(f64),
    None,
    Some(Box<Shape>),
    /// A list, a tuple or a set.
    List(Vec<Shape>),
    Map(Vec<(Shape, Shape)>),
    /// Fields by name, of a struct or a variant.
    Fields(Vec<(&'static str, Shape)>),
    /// A variant of an enum, with what is in it.
    Variant(&'static str, Box<Shape>),
}

impl Shape {
    pub(super) fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, Refused> {
        value.serialize(Drawing)
    }

    /// Where two shapes differ first, and how.
    pub(super) fn difference(&self, other: &Self, path: &mut String) -> Option<(String, String)> {
        match (self, other) {
            (Self::NotFinite(one), Self::NotFinite(two)) if one.to_bits() == two.to_bits() => None,
            (Self::Some(one), Self::Some(two)) => one.difference(two, path),
            (Self::List(one), Self::List(two)) if one.len() == two.len() => {
                // JSON keeps the order of a list: where it differs, it was none.
                if one == two || sorted(one) == sorted(two) {
                    return None;
                }
                let mut pairs = one.iter().zip(two).enumerate();
                pairs.find_map(|(index, (one, two))| {
                    within(path, format_args!("[{index}]"), |path| one.difference(two, path))
                })
            }
            (Self::Map(one), Self::Map(two)) if one.len() == two.len() => one.iter().find_map(|(key, value)| {
                let found = two.iter().find(|(other, _)| key.difference(other, &mut String::new()).is_none());
                within(path, format_args!("[{key}]"), |path| match found {
                    Some((_, other)) => value.difference(other, path),
                    None => Some((value.to_string(), "nothing".to_owned())),
                })
            }),
            (Self::Fields(one), Self::Fields(two)) => one.iter().find_map(|(name, value)| {
                let found = two.iter().find(|(other, _)| other == name);
                within(path, format_args!(".{name}"), |path| match found {
                    Some((_, other)) => value.difference(other, path),
                    None => Some((value.to_string(), "nothing".to_owned())),
                })
            }),
            (Self::Variant(one, inner), Self::Variant(two, other)) if one == two => {
                within(path, format_args!("::{one}"), |path| inner.difference(other, path))
            }
            _ if self == other => None,
            _ => Some((self.to_string(), other.to_string())),
        }
    }

    /// Where something is that JSON does not have, and what it is.
    pub(super) fn awkward(&self, path: &mut String) -> Option<String> {
        match self {
            Self::NotFinite(number) => Some(format!("{number}, for which JSON has no number")),
            Self::Plain(..) | Self::None => None,
            Self::Some(inner) => inner.awkward(path),
            Self::List(items) => {
                let mut items = items.iter().enumerate();
                items.find_map(|(index, item)| within(path, format_args!("[{index}]"), |path| item.awkward(path)))
            }
            Self::Map(entries) => entries.iter().find_map(|(key, value)| match key.is_text() {
                false => Some(format!("a map with the key {key}, which is no text")),
                true => within(path, format_args!("[{key}]"), |path| value.awkward(path)),
            }),
            Self::Fields(fields) => fields
                .iter()
                .find_map(|(name, value)| within(path, format_args!(".{name}"), |path| value.awkward(path))),
            Self::Variant(name, inner) => within(path, format_args!("::{name}"), |path| inner.awkward(path)),
        }
    }
}

impl Shape {
    /// Whether it can be the key of an object: a text, or what is written as one.
    fn is_text(&self) -> bool {
        match self {
            Self::Plain(kind, _) => !matches!(*kind, "bytes" | "unit"),
            Self::Some(inner) => inner.is_text(),
            Self::Variant(_, inner) => matches!(&**inner, Self::Plain("unit", _)),
            Self::NotFinite(_) | Self::None | Self::List(_) | Self::Map(_) | Self::Fields(_) => false,
        }
    }
}

/// One step further; the step is taken back where nothing was found.
fn within<T>(path: &mut String, step: fmt::Arguments<'_>, look: impl FnOnce(&mut String) -> Option<T>) -> Option<T> {
    let before = path.len();
    // A string takes whatever is written into it.
    let _ = path.write_fmt(step);
    let found = look(path);
    if found.is_none() {
        path.truncate(before);
    }
    found
}

fn sorted(items: &[Shape]) -> Vec<String> {
    let mut texts: Vec<String> = items.iter().map(canonical).collect();
    texts.sort_unstable();
    texts
}

/// The same text for the same shape, in whatever order it has its parts.
fn canonical(shape: &Shape) -> String {
    match shape {
        Shape::List(items) => format!("{:?}", sorted(items)),
        Shape::Map(entries) => {
            let mut texts: Vec<String> =
                entries.iter().map(|(key, value)| format!("{}: {}", canonical(key), canonical(value))).collect();
            texts.sort_unstable();
            format!("{texts:?}")
        }
        Shape::Fields(fields) => {
            let texts: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}: {}", canonical(value))).collect();
            format!("{texts:?}")
        }
        Shape::Some(inner) => format!("Some({})", canonical(inner)),
        Shape::Variant(name, inner) => format!("{name}({})", canonical(inner)),
        plain => format!("{plain:?}"),
    }
}

/// As a person would write it, in short.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain("text", text) if text.chars().count() > 40 => write!(f, "a text of {} bytes", text.len()),
            Self::Plain("text", text) => write!(f, "{text:?}"),
            Self::Plain("f64", bits) => match bits.parse() {
                Ok(bits) => write!(f, "{:?}", f64::from_bits(bits)),
                Err(_) => f.write_str(bits),
            },
            Self::Plain(_, text) => f.write_str(text),
            Self::NotFinite(number) => write!(f, "{number}"),
            Self::None => f.write_str("None"),
            Self::Some(inner) => write!(f, "Some({inner})"),
            Self::List(items) => write!(f, "a list of {}", items.len()),
            Self::Map(entries) => write!(f, "a map of {}", entries.len()),
            Self::Fields(fields) => write!(f, "a struct of {} fields", fields.len()),
            Self::Variant(name, _) => f.write_str(name),
        }
    }
}

/// The type's own `Serialize` refused.
#[derive(Debug)]
pub(super) struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl serde::ser::Error for Refused {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self(text.to_string())
    }
}

/// Draws the shape of a value.
struct Drawing;

macro_rules! plain {
    ($($method:ident $type:ty => $kind:literal),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<Shape, Refused> {
            Ok(Shape::Plain($kind, value.to_string()))
        })*
    };
}

impl Serializer for Drawing {
    type Ok = Shape;
    type Error = Refused;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Entries;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Fields;

    // The width of a number is the type's, and the same on both sides.
    plain! {
        serialize_bool bool => "bool",
        serialize_i8 i8 => "number", serialize_i16 i16 => "number", serialize_i32 i32 => "number",
        serialize_i64 i64 => "number", serialize_i128 i128 => "number",
        serialize_u8 u8 => "number", serialize_u16 u16 => "number", serialize_u32 u32 => "number",
        serialize_u64 u64 => "number", serialize_u128 u128 => "number",
        serialize_char char => "text", serialize_str &str => "text",
    }

    fn serialize_f32(self, value: f32) -> Result<Shape, Refused> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<Shape, Refused> {
        Ok(if value.is_finite() { Shape::Plain("f64", value.to_bits().to_string()) } else { Shape::NotFinite(value) })
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Shape, Refused> {
        Ok(Shape::Plain("bytes", format!("{value:?}")))
    }

    fn serialize_none(self) -> Result<Shape, Refused> {
        Ok(Shape::None)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Shape, Refused> {
        Ok(Shape::Some(Box::new(Shape::of(value)?)))
    }

    fn serialize_unit(self) -> Result<Shape, Refused> {
        Ok(Shape::Plain("unit", "()".to_owned()))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Shape, Refused> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Shape, Refused> {
        Ok(Shape::Variant(variant, Box::new(Shape::Plain("unit", "()".to_owned()))))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<Shape, Refused> {
        Shape::of(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Shape, Refused> {
        Ok(Shape::Variant(variant, Box::new(Shape::of(value)?)))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, Refused> {
        Ok(List::default())
    }

    fn serialize_tuple(self, _: usize) -> Result<List, Refused> {
        Ok(List::default())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List, Refused> {
        Ok(List::default())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List, Refused> {
        Ok(List { variant: Some(variant), items: Vec::new() })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries, Refused> {
        Ok(Entries::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, Refused> {
        Ok(Fields::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields, Refused> {
        Ok(Fields { variant: Some(variant), fields: Vec::new() })
    }
}

fn in_variant(variant: Option<&'static str>, shape: Shape) -> Shape {
    match variant {
        Some(variant) => Shape::Variant(variant, Box::new(shape)),
        None => shape,
    }
}

#[derive(Default)]
struct List {
    variant: Option<&'static str>,
    items: Vec<Shape>,
}

macro_rules! list {
    ($($trait:ident $method:ident),*) => {
        $(impl $trait for List {
            type Ok = Shape;
            type Error = Refused;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
                self.items.push(Shape::of(value)?);
                Ok(())
            }

            fn end(self) -> Result<Shape, Refused> {
                Ok(in_variant(self.variant, Shape::List(self.items)))
            }
        })*
    };
}

list!(
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
);

#[derive(Default)]
struct Entries {
    key: Option<Shape>,
    entries: Vec<(Shape, Shape)>,
}

impl SerializeMap for Entries {
    type Ok = Shape;
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.key = Some(Shape::of(key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        let key = self.key.take().ok_or_else(|| Refused("a value without a key".to_owned()))?;
        self.entries.push((key, Shape::of(value)?));
        Ok(())
    }

    fn end(self) -> Result<Shape, Refused> {
        Ok(Shape::Map(self.entries))
    }
}

#[derive(Default)]
struct Fields {
    variant: Option<&'static str>,
    fields: Vec<(&'static str, Shape)>,
}

macro_rules! fields {
    ($($trait:ident),*) => {
        $(impl $trait for Fields {
            type Ok = Shape;
            type Error = Refused;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Refused> {
                self.fields.push((name, Shape::of(value)?));
                Ok(())
            }

            fn end(self) -> Result<Shape, Refused> {
                Ok(in_variant(self.variant, Shape::Fields(self.fields)))
            }
        })*
    };
}

fields!(SerializeStruct, SerializeStructVariant);

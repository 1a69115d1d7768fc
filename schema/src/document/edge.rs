//! The ends of edges at the one who sends: a name alone, or with the type that the sender expects.

use std::fmt;
use std::num::NonZeroU32;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IntoDeserializer, MapAccess, Visitor};

use super::{CommandRef, Name, RustType};

macro_rules! short_or_long {
    ($name:ident, $target:ident, $expected:literal, |$short:ident| $from:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Read;

                impl<'de> Visitor<'de> for Read {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_str<E: Error>(self, text: &str) -> Result<$name, E> {
                        let $short = $target::deserialize(text.into_deserializer())?;
                        Ok($from)
                    }

                    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        long::$name::deserialize(MapAccessDeserializer::new(map)).map($name::from)
                    }
                }

                deserializer.deserialize_any(Read)
            }
        }

        #[cfg(feature = "json-schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut long = long::$name::json_schema(generator);
                let description = long.remove("description");
                schemars::json_schema!({
                    "description": description,
                    "anyOf": [generator.subschema_for::<$target>(), long],
                })
            }
        }
    };
}

/// A command that a handler calls: `email.send_welcome`, or with the types it expects.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The command.
    pub command: CommandRef,
    /// The input that the caller means to send; it must be the command's own.
    pub input: Option<RustType>,
    /// The output that the caller expects; it must be the command's own.
    pub output: Option<RustType>,
    /// How often a run of the handler calls it at most, one call after the other.
    pub calls: Option<NonZeroU32>,
}

/// An entry of `invokes:`: a command, or several of which a handler does not wait for one after the other.
#[derive(Clone, Debug)]
pub enum Call {
    /// A command.
    One(Invocation),
    /// All of them, at the same time.
    Parallel(Vec<Call>),
    /// One of them.
    Either(Vec<Call>),
}

impl Call {
    /// The commands in it, in the order of the file.
    pub fn invocations(&self) -> Box<dyn Iterator<Item = &Invocation> + '_> {
        match self {
            Self::One(invocation) => Box::new(std::iter::once(invocation)),
            Self::Parallel(calls) | Self::Either(calls) => Box::new(calls.iter().flat_map(Self::invocations)),
        }
    }
}

short_or_long!(
    Call,
    CommandRef,
    "a command, such as `email.send_welcome`, `{ command: currency.convert, calls: 10 }`, `parallel: [a, b]` or `either: [a, b]`",
    |command| Self::Value::One(Invocation { command, input: None, output: None, calls: None })
);

/// An event that a handler publishes: `user_signed_up`, or with the payload it means to send.
#[derive(Clone, Debug)]
pub struct Emission {
    /// The event.
    pub event: Name,
    /// The payload that the handler means to send; it must be the event's own.
    pub payload: Option<RustType>,
}

short_or_long!(
    Emission,
    Name,
    "an event, such as `user_signed_up` or `{ event: user_signed_up, payload: UserSignedUp }`",
    |event| Emission { event, payload: None }
);

/// A queue that a handler puts jobs into: `invoices`, or with the payload it means to send.
#[derive(Clone, Debug)]
pub struct Enqueuing {
    /// The queue.
    pub queue: Name,
    /// The payload that the handler means to send; it must be the queue's own.
    pub payload: Option<RustType>,
}

short_or_long!(Enqueuing, Name, "a queue, such as `invoices` or `{ queue: invoices, payload: Invoice }`", |queue| {
    Enqueuing { queue, payload: None }
});

/// The long forms as they are written.
mod long {
    use std::num::NonZeroU32;

    use super::{CommandRef, Deserialize, Invocation, Name, RustType};

    /// A command that this handler calls: `email.send_welcome`, or `{ command: email.send_welcome, input: Welcome }` to
    /// have the types compared; or several that it does not wait for one after the other: `{ parallel: [stock.reserve,
    /// price.get] }`.
    #[derive(Deserialize)]
    #[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
    #[serde(try_from = "Written")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Written"))]
    pub(super) struct Call(super::Call);

    /// An entry of `invokes:` as it is written.
    #[derive(Deserialize)]
    #[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
    #[serde(deny_unknown_fields)]
    #[cfg_attr(feature = "json-schema", schemars(rename = "Call", extend("oneOf" = [
        { "required": ["command"] },
        { "required": ["parallel"], "properties": { "input": false, "output": false, "calls": false } },
        { "required": ["either"], "properties": { "input": false, "output": false, "calls": false } },
    ])))]
    struct Written {
        /// The command, as `service.command`, for example `email.send_welcome`.
        command: Option<CommandRef>,
        /// The input that this handler means to send, for example `Welcome`. It must be the command's own.
        input: Option<RustType>,
        /// The output that this handler expects, for example `()`. It must be the command's own.
        output: Option<RustType>,
        /// How often a run of this handler calls it at most, one call after the other, for example `10`. Default: `1`.
        calls: Option<NonZeroU32>,
        /// Commands that it calls at the same time, and waits for together: `[stock.reserve, price.get]`.
        #[cfg_attr(feature = "json-schema", schemars(length(min = 2)))]
        parallel: Option<Vec<super::Call>>,
        /// Commands of which it calls only one in a run: `[card.pay, invoice.pay]`.
        #[cfg_attr(feature = "json-schema", schemars(length(min = 2)))]
        either: Option<Vec<super::Call>>,
    }

    impl TryFrom<Written> for Call {
        type Error = &'static str;

        fn try_from(written: Written) -> Result<Self, Self::Error> {
            let Written { command, input, output, calls, parallel, either } = written;
            let alone = input.is_none() && output.is_none() && calls.is_none();
            Ok(Self(match (command, parallel, either) {
                (Some(command), None, None) => super::Call::One(Invocation { command, input, output, calls }),
                (None, Some(calls), None) | (None, None, Some(calls)) if calls.len() < 2 => {
                    return Err("`parallel:` and `either:` have two entries or more: write a single one without them");
                }
                (None, Some(calls), None) if alone => super::Call::Parallel(calls),
                (None, None, Some(calls)) if alone => super::Call::Either(calls),
                (None, None, None) => return Err("an entry of `invokes:` has a `command:`, `parallel:` or `either:`"),
                (None, ..) if !alone => {
                    return Err(
                        "`input:`, `output:` and `calls:` belong to a `command:`: write them in the entries of the list",
                    );
                }
                _ => {
                    return Err(
                        "an entry of `invokes:` has one of `command:`, `parallel:` and `either:`, and not several",
                    );
                }
            }))
        }
    }

    impl From<Call> for super::Call {
        fn from(Call(call): Call) -> Self {
            call
        }
    }

    /// An event that this handler publishes: `user_signed_up`, or `{ event: user_signed_up, payload: UserSignedUp }` to
    /// have the types compared.
    #[derive(Deserialize)]
    #[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
    #[serde(deny_unknown_fields)]
    pub(super) struct Emission {
        /// The event, for example `user_signed_up`.
        event: Name,
        /// The payload that this handler means to send, for example `UserSignedUp`. It must be the event's own.
        payload: Option<RustType>,
    }

    impl From<Emission> for super::Emission {
        fn from(Emission { event, payload }: Emission) -> Self {
            Self { event, payload }
        }
    }

    /// A queue that this handler puts jobs into: `invoices`, or `{ queue: invoices, payload: Invoice }` to have the
    /// types compared.
    #[derive(Deserialize)]
    #[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
    #[serde(deny_unknown_fields)]
    pub(super) struct Enqueuing {
        /// The queue, for example `invoices`.
        queue: Name,
        /// The payload that this handler means to send, for example `Invoice`. It must be the queue's own.
        payload: Option<RustType>,
    }

    impl From<Enqueuing> for super::Enqueuing {
        fn from(Enqueuing { queue, payload }: Enqueuing) -> Self {
            Self { queue, payload }
        }
    }
}

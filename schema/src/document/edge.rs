//! The ends of edges at the one who sends: a name alone, or with the type that the sender expects.

use std::fmt;

use schemars::JsonSchema;
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

        impl JsonSchema for $name {
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
}

short_or_long!(
    Invocation,
    CommandRef,
    "a command, such as `email.send_welcome` or `{ command: email.send_welcome, input: Welcome }`",
    |command| Invocation { command, input: None, output: None }
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
    use super::{CommandRef, Deserialize, JsonSchema, Name, RustType};

    /// A command that this handler calls: `email.send_welcome`, or `{ command: email.send_welcome, input: Welcome }` to
    /// have the types compared.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Invocation {
        /// The command, as `service.command`, for example `email.send_welcome`.
        command: CommandRef,
        /// The input that this handler means to send, for example `Welcome`. It must be the command's own.
        input: Option<RustType>,
        /// The output that this handler expects, for example `()`. It must be the command's own.
        output: Option<RustType>,
    }

    impl From<Invocation> for super::Invocation {
        fn from(Invocation { command, input, output }: Invocation) -> Self {
            Self { command, input, output }
        }
    }

    /// An event that this handler publishes: `user_signed_up`, or `{ event: user_signed_up, payload: UserSignedUp }` to
    /// have the types compared.
    #[derive(Deserialize, JsonSchema)]
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

    /// A queue that this handler puts jobs into: `invoices`, or `{ queue: invoices, payload: Invoice }` to have the types
    /// compared.
    #[derive(Deserialize, JsonSchema)]
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

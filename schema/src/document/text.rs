//! Settings that may take their value from outside: `${NAME:-default}`, `${secret:name}`, `${config:name}`.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Malformed, scalar};
use super::word::Name;
use crate::name::shown;

/// A text with parts that are filled in when the process starts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Text {
    parts: Vec<Part>,
}

/// A piece of a [`Text`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Part {
    /// Stands for itself.
    Literal(String),
    /// `${NAME}` or `${NAME:-default}`: an environment variable.
    Variable {
        /// The variable.
        name: String,
        /// What counts where it is not set or empty.
        default: Option<String>,
    },
    /// `${secret:name}`: from the environment's secret store.
    Secret(Name),
    /// `${config:name}`: from the environment's config store.
    Config(Name),
}

impl Text {
    /// The parts, in order. Two literals never stand side by side.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text itself, if nothing in it comes from outside.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

const LONGEST: usize = 4_096;

impl FromStr for Text {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        if text.len() > LONGEST {
            return Err(Malformed(format!("this setting has more than {LONGEST} characters")));
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            literal.push_str(&rest[..dollar]);
            rest = &rest[dollar + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                literal.push('$');
                rest = after;
                continue;
            }
            let Some((inside, after)) = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
                return Err(Malformed(format!(
                    "a `$` stands alone in `{}`: write `${{NAME}}` for a variable, or `$$` for the sign itself",
                    shown(text)
                )));
            };
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(inside.parse()?);
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self { parts })
    }
}

/// What stands between `${` and `}`.
impl FromStr for Part {
    type Err = Malformed;

    fn from_str(inside: &str) -> Result<Self, Malformed> {
        if let Some(name) = inside.strip_prefix("secret:") {
            return name.parse().map(Self::Secret);
        }
        if let Some(name) = inside.strip_prefix("config:") {
            return name.parse().map(Self::Config);
        }
        if let Some((name, default)) = inside.split_once(":-")
            && default.contains(['$', '{'])
        {
            return Err(Malformed(format!(
                "the default of `{}` has `$` or `{{` in it: a default ends with the first `}}`, and is taken as it is written; \
                 write a default without them, or none, and set the variable",
                shown(name)
            )));
        }
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default.to_owned())),
            None => (inside, None),
        };
        let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        if begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Ok(Self::Variable { name: name.to_owned(), default });
        }
        Err(Malformed(format!(
            "`${{{}}}` is not a reference: `${{NAME}}`, `${{NAME:-default}}`, `${{secret:name}}` or `${{config:name}}` was \
             expected",
            shown(inside)
        )))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(&text.replace('$', "$$")),
            Part::Variable { name, default: None } => write!(f, "${{{name}}}"),
            Part::Variable { name, default: Some(default) } => write!(f, "${{{name}:-{default}}}"),
            Part::Secret(name) => write!(f, "${{secret:{name}}}"),
            Part::Config(name) => write!(f, "${{config:{name}}}"),
        })
    }
}

scalar!(
    Text,
    expected: "a text, in which `${NAME}` or `${NAME:-default}` is a variable, `${secret:name}` a secret and \
               `${config:name}` a setting, all read when the process starts",
    pattern: r"^([^$]|\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*(:-[^${}]*)?|(secret|config):[a-z][a-z0-9_]{0,62})\})*$",
    examples: ["${AMQP_URL}", "${REDIS_URL:-redis://localhost:6379}", "${secret:nats_credentials}"]
);

/// The number of a port, or a variable that holds it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Port(Text);

impl Port {
    /// The text the number comes from.
    pub fn text(&self) -> &Text {
        &self.0
    }
}

impl FromStr for Port {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0);
        let port: Text = text.parse()?;
        let plausible = match port.parts() {
            [Part::Literal(literal)] => is_port(literal),
            [Part::Variable { default: Some(default), .. }] => is_port(default),
            [_] => true,
            _ => false,
        };
        if plausible {
            return Ok(Self(port));
        }
        Err(Malformed(format!(
            "`{}` is not a port: a number from 1 to 65535, or a variable, was expected, such as `${{DAPR_HTTP_PORT:-3500}}`",
            shown(text)
        )))
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> serde::Deserialize<'de> for Port {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl serde::de::Visitor<'_> for Read {
            type Value = Port;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a port: a number from 1 to 65535, or a variable such as `${DAPR_HTTP_PORT:-3500}`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Port, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Port, E> {
                self.visit_str(&number.to_string())
            }
        }

        deserializer.deserialize_any(Read)
    }
}

#[cfg(feature = "json-schema")]
impl schemars::JsonSchema for Port {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Port".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Here stands a port: a number from 1 to 65535, or a variable that holds it.",
            "anyOf": [
                { "type": "integer", "minimum": 1, "maximum": 65535 },
                {
                    "type": "string",
                    "pattern": r"^([1-9][0-9]{0,4}|\$\{([A-Za-z_][A-Za-z0-9_]*(:-[0-9]{1,5})?|(secret|config):[a-z][a-z0-9_]{0,62})\})$",
                },
            ],
            "examples": [3500, "${DAPR_HTTP_PORT:-3500}"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_written() {
        for text in ["", "plain", "${A}", "${A:-b}", "a${A}b${secret:c}${config:d}", "100$$", "${A:-}", "${A:-x:-y}"] {
            assert_eq!(text.parse::<Text>().unwrap().to_string(), text);
        }
        assert_eq!("a$$b".parse::<Text>().unwrap().as_literal(), Some("a$b"));
        assert_eq!("${A}".parse::<Text>().unwrap().as_literal(), None);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "${A:-${B:-c}}",
            "${A:-{b}}",
            "${A:-$b}",
            "$",
            "${",
            "${}",
            "$A",
            "${1}",
            "${A-b}",
            "${a b}",
            "${secret:}",
            "${secret:A}",
            "${A",
        ] {
            assert!(text.parse::<Text>().is_err(), "{text}");
        }
        for text in ["0", "65536", "x", "${A:-x}", "80${A}", ""] {
            assert!(text.parse::<Port>().is_err(), "{text}");
        }
        assert!("${DAPR_HTTP_PORT:-3500}".parse::<Port>().is_ok());
    }
}

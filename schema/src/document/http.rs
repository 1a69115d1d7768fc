//! Commands over HTTP: method, path and who may call.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::Name;
use super::scalar::{Malformed, scalar};
use crate::name::{self, shown};

/// How a command is reached over HTTP: a route, and perhaps who may use it.
#[derive(Clone, Debug)]
pub struct HttpExposure {
    /// Method and path.
    pub route: Route,
    /// The environment's way of authentication for callers, or `none`.
    pub authentication: Option<Name>,
}

/// A command over HTTP: `POST /users`, or `{ route: POST /users, authentication: none }`.
#[derive(Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Long {
    /// Method and path, for example `POST /users` or, in quotes, `"GET /users/{id}"`.
    route: Route,
    /// Who may call: the name of one of the environment's `authentication:`, or `none` for everybody.
    authentication: Option<Name>,
}

impl<'de> Deserialize<'de> for HttpExposure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = HttpExposure;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a route, such as `POST /users` or `{ route: POST /users, authentication: none }`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<HttpExposure, E> {
                text.parse().map(|route| HttpExposure { route, authentication: None }).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<HttpExposure, A::Error> {
                let Long { route, authentication } = Long::deserialize(MapAccessDeserializer::new(map))?;
                Ok(HttpExposure { route, authentication })
            }
        }

        deserializer.deserialize_any(Read)
    }
}

#[cfg(feature = "json-schema")]
impl schemars::JsonSchema for HttpExposure {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "HttpExposure".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let mut long = Long::json_schema(generator);
        let description = long.remove("description");
        schemars::json_schema!({
            "description": description,
            "anyOf": [generator.subschema_for::<Route>(), long],
        })
    }
}

/// A method and a path.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The pieces of the path between slashes; none for `/`.
    pub segments: Vec<Segment>,
}

/// A method of HTTP.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[allow(missing_docs, reason = "each is its own name")]
pub enum Method {
    Delete,
    Get,
    Patch,
    Post,
    Put,
}

/// A piece of a path.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Segment {
    /// Stands for itself.
    Literal(String),
    /// `{id}`: a field of the command's input.
    Parameter(String),
}

const METHODS: [(&str, Method); 5] = [
    ("DELETE", Method::Delete),
    ("GET", Method::Get),
    ("PATCH", Method::Patch),
    ("POST", Method::Post),
    ("PUT", Method::Put),
];

impl FromStr for Route {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let malformed = |what: &str| Malformed(format!("`{}` is not a route: {what}", shown(text)));
        let expected = "a method and a path were expected, such as `POST /users` or `\"GET /users/{id}\"`";
        let (method, path) = text.split_once(' ').ok_or_else(|| malformed(expected))?;
        let Some((_, method)) = METHODS.iter().find(|(name, _)| *name == method) else {
            return Err(malformed("its method is not one of GET, POST, PUT, PATCH and DELETE"));
        };
        let path = path.strip_prefix('/').ok_or_else(|| malformed(expected))?;
        if path.len() > 1_024 {
            return Err(malformed("its path has more than 1024 characters"));
        }
        let segments = if path.is_empty() {
            Ok(Vec::new())
        } else {
            path.split('/')
                .map(|segment| {
                    Segment::read(segment).ok_or_else(|| {
                        malformed("between slashes stand letters, digits and `-._~`, or a field of the input as `{id}`")
                    })
                })
                .collect()
        };
        Ok(Self { method: *method, segments: segments? })
    }
}

impl Segment {
    fn read(text: &str) -> Option<Self> {
        if let Some(field) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            return name::check(field).is_ok().then(|| Self::Parameter(field.to_owned()));
        }
        let literal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let plain = !text.is_empty() && text != "." && text != ".." && text.bytes().all(literal);
        plain.then(|| Self::Literal(text.to_owned()))
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(METHODS.iter().find(|(_, method)| method == self).map_or("", |(name, _)| name))
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.method)?;
        if self.segments.is_empty() {
            return f.write_str("/");
        }
        self.segments.iter().try_for_each(|segment| match segment {
            Segment::Literal(text) => write!(f, "/{text}"),
            Segment::Parameter(field) => write!(f, "/{{{field}}}"),
        })
    }
}

scalar!(
    Route,
    expected: "a method and a path, such as `POST /users` or, in quotes, `\"GET /users/{id}\"`",
    pattern: r"^(GET|POST|PUT|PATCH|DELETE) (/|(/([A-Za-z0-9._~-]+|\{[a-z][a-z0-9_]{0,62}\}))+)$",
    examples: ["POST /users", "GET /users/{id}"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_read_and_written() {
        for text in ["POST /users", "GET /users/{id}", "GET /", "DELETE /a/b-c/{x_y}/d.json"] {
            assert_eq!(text.parse::<Route>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "POST",
            "/users",
            "post /users",
            "HEAD /",
            "GET users",
            "GET /a//b",
            "GET /{Id}",
            "GET /a b",
            "GET /..",
            "GET /{a}b",
        ] {
            assert!(text.parse::<Route>().is_err(), "{text}");
        }
    }
}

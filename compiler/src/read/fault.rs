//! What kept a value from being read, between serde and a diagnostic: no words of serde reach the user.

use std::fmt;

use pontoon_schema::document::Name;
use serde::de::{Error, Expected, Unexpected};

use super::keys::{closest, in_words, listed, unknown};
use super::syntax;
use super::tree::{Id, Kind, Node};
use crate::diagnostic::Diagnostic;
use crate::source::Sources;

/// An error on its way out of the document types. Boxed, so that results stay small.
#[derive(Debug)]
pub(super) struct Fault(Box<Inner>);

#[derive(Debug)]
struct Inner {
    what: What,
    /// The node it happened at, as soon as one is known, and whether at its key.
    at: Option<(Id, bool)>,
    /// The type of word that was read, if it was one.
    word: &'static str,
}

#[derive(Debug)]
pub(super) enum What {
    /// Already among the findings.
    Reported,
    /// In the words of the type itself.
    Said(String),
    /// Another kind of thing than was expected.
    Kind {
        found: String,
        expected: String,
    },
    /// Nothing, where something was expected.
    Nothing {
        expected: String,
    },
    UnknownKey {
        key: String,
        allowed: &'static [&'static str],
    },
    UnknownWord {
        word: String,
        allowed: &'static [&'static str],
    },
    Missing {
        key: &'static str,
    },
}

impl Fault {
    fn new(what: What) -> Self {
        Self(Box::new(Inner { what, at: None, word: "" }))
    }

    pub(super) fn reported() -> Self {
        Self::new(What::Reported)
    }

    /// At this node, unless it is known to have happened further in.
    pub(super) fn at(mut self, id: Id, on_key: bool) -> Self {
        self.0.at.get_or_insert((id, on_key));
        self
    }

    /// While this type of word was read, unless a more exact one is known.
    pub(super) fn in_word(mut self, word: &'static str) -> Self {
        if self.0.word.is_empty() {
            self.0.word = word;
        }
        self
    }

    /// While a choice between words was read.
    pub(super) fn choice(message: String) -> Self {
        Self::custom(message).in_word("Choice")
    }

    /// Whether it is about several keys together, and not about a single word.
    pub(super) fn is_of_whole(&self) -> bool {
        self.0.word.is_empty() && self.0.at.is_none_or(|(_, on_key)| !on_key)
    }

    pub(super) fn what(&self) -> &What {
        &self.0.what
    }

    pub(super) fn place(&self) -> Option<(Id, bool)> {
        self.0.at
    }

    /// The diagnostic for it at a node; `owner` is the type whose keys are read there.
    pub(super) fn explain(self, node: Node<'_>, sources: &Sources) -> Diagnostic {
        let Inner { what, at, word } = *self.0;
        let on_key = at.is_some_and(|(_, on_key)| on_key);
        let span = if on_key { node.key_span() } else { node.value_span() };
        let subject = match node.key() {
            Some(key) => format!("`{}:`", pontoon_schema::name::shown(key)),
            None => "this entry".to_owned(),
        };
        let code = match word {
            "Name" => "invalid_name",
            "RustPath" | "RustType" | "FilePath" => "invalid_path",
            _ => "invalid_value",
        };
        match what {
            What::Reported => Diagnostic::error(code, "this can't be read").label(span, ""),
            What::Said(message) => {
                let whole = word.is_empty() && matches!(node.entry().kind, Kind::Mapping);
                let (span, label) = match node.key() {
                    Some(_) if on_key => (span, "this key".to_owned()),
                    Some(_) if whole => (node.key_span(), "here".to_owned()),
                    Some(_) => (span, format!("the value of {subject}")),
                    None => (span, String::new()),
                };
                // Where an edge is written short, its name is read as a text.
                let is_name = word == "Name" || message.contains("` is not a name: ");
                let code = if is_name { "invalid_name" } else { code };
                let found = Diagnostic::error(code, message).label(span, label);
                match node.text().filter(|text| is_name && !on_key && looks_like_a_command(text)) {
                    Some(text) => found.help(format!(
                        "events, queues and state collections are named without a service; `{text}` would be a command, and \
                         those are called: `invokes: [{text}]`"
                    )),
                    None => found,
                }
            }
            What::Nothing { expected } => Diagnostic::error(code, format!("{subject} has no value"))
                .label(node.key_span(), "a value is missing behind this")
                .help(format!("write {expected}, or delete the key")),
            What::Kind { found, expected } => {
                if on_key {
                    let key = pontoon_schema::name::shown(node.key().unwrap_or_default());
                    return Diagnostic::error(code, format!("`{key}` can't be a key here"))
                        .label(span, format!("expected {expected}"));
                }
                if let Some(problem) = list_of_servers(node, word) {
                    return problem;
                }
                let bare = node.children().len() > 0 && matches!(word, "RustType" | "Text" | "Route");
                let text = sources.text(node.value_span());
                if bare && text.starts_with(['[', '{']) {
                    return syntax::unquoted(span, node.key().unwrap_or_default(), text);
                }
                let problem = Diagnostic::error(code, format!("{subject} can't be {found}"))
                    .label(span, format!("expected {expected}"));
                match (node.text(), node.key()) {
                    (Some(text), Some(key)) if expected == LIST => {
                        problem.help(format!("write `{key}: [{}]`", pontoon_schema::name::shown(text)))
                    }
                    (Some("yes" | "on" | "Yes" | "On" | "YES" | "ON" | "True" | "TRUE"), Some(key))
                        if expected == TRUTH =>
                    {
                        problem.help(format!("write `{key}: true`"))
                    }
                    (Some("no" | "off" | "No" | "Off" | "NO" | "OFF" | "False" | "FALSE"), Some(key))
                        if expected == TRUTH =>
                    {
                        problem.help(format!("write `{key}: false`"))
                    }
                    (Some(text), Some(key))
                        if matches!(node.entry().kind, Kind::Quoted(_)) && expected.contains("number") =>
                    {
                        problem.help(format!("write `{key}: {}`, without quotes", pontoon_schema::name::shown(text)))
                    }
                    _ => problem,
                }
            }
            What::UnknownKey { key, allowed } => unknown(span, &key, "", allowed),
            What::UnknownWord { word, allowed } => {
                let shown = pontoon_schema::name::shown(&word);
                let problem = Diagnostic::error("invalid_value", format!("`{shown}` is not known here"));
                let help = format!("it is one of {}", listed(allowed));
                match closest(&word, allowed) {
                    Some(meant) => problem.label(span, format!("did you mean `{meant}`?")).help(help),
                    None => problem.label(span, "this is none of them").help(help),
                }
            }
            What::Missing { key } => {
                let message = match node.key() {
                    Some(name) => format!("`{}` lacks `{key}:`", pontoon_schema::name::shown(name)),
                    None => format!("`{key}:` is missing"),
                };
                Diagnostic::error("missing_key", message)
                    .label(node.key_span(), format!("`{key}:` belongs here"))
                    .help(format!("add `{key}:`{}", example(key)))
            }
        }
    }
}

/// Whether a text is names with dots between them: `user.sign_up`, `user.v1.sign_up`.
fn looks_like_a_command(text: &str) -> bool {
    text.contains('.') && text.split('.').all(|part| part.parse::<Name>().is_ok())
}

/// Several servers, written as a list where they are one text.
fn list_of_servers(node: Node<'_>, word: &str) -> Option<Diagnostic> {
    let key = node.key().filter(|key| word == "Text" && *key == "servers")?;
    let servers: Option<Vec<&str>> = node.children().map(Node::text).collect();
    let servers = servers.filter(|servers| !servers.is_empty())?.join(",");
    let found = Diagnostic::error("invalid_value", format!("`{key}:` can't be a list"))
        .label(node.value_span(), "expected a text")
        .help(format!("write them as one text, with commas: `{key}: \"{}\"`", pontoon_schema::name::shown(&servers)));
    Some(found)
}

/// What may stand behind a key that is missing.
fn example(key: &str) -> &'static str {
    match key {
        "pontoon" => ", the version of this format: `pontoon: 1`",
        "name" => ", the name of the whole system, such as `name: shop`",
        "payload" => ", the Rust type of what is sent, such as `payload: UserSignedUp`",
        "input" => ", the Rust type of the request, or `input: ()` for none",
        "output" => ", the Rust type of the answer, or `output: ()` for none",
        "value" => ", the Rust type of what is kept, such as `value: User`",
        "pattern" => ": monolith, microservices, serverless or edge",
        "environments" => ", those it can run in, such as `environments: [local]`",
        "event" => ", the event it hears, such as `event: user_signed_up`",
        "queue" => ", the queue it takes jobs from, such as `queue: invoices`",
        "rule" => ", the rule whose warning is allowed",
        "reason" => ", why it is right as it is",
        "url" => ", where it is, such as `url: ${URL}`",
        "key" => ", the field of the payload that counts, such as `key: email`",
        "attempts" => ", how often in all, such as `attempts: 3`",
        _ => "",
    }
}

const LIST: &str = "a list, such as `[a, b]`";
const TRUTH: &str = "`true` or `false`";

/// What was expected, as serde's own types say it, in words for people.
fn expectation(expected: &dyn Expected) -> String {
    let said = expected.to_string();
    match said.as_str() {
        "a boolean" => TRUTH.to_owned(),
        "a sequence" => LIST.to_owned(),
        "a map" => "names with values below them".to_owned(),
        "a string" | "a borrowed string" => "a text".to_owned(),
        "u8" => "a whole number from 0 to 255".to_owned(),
        "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
        "a nonzero u32" | "a nonzero u64" | "a nonzero u16" => "a whole number that is more than zero".to_owned(),
        _ => match said.strip_prefix("struct ") {
            Some(name) if !name.starts_with("variant") => format!("the keys of {}", in_words(name)),
            _ if said.starts_with("enum ") => "one of its words, or one with settings below it".to_owned(),
            _ if said.starts_with("struct variant") || said.contains("variant") => "settings below it".to_owned(),
            _ => said,
        },
    }
}

fn in_hand(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(number) => format!("`{number}`"),
        Unexpected::Signed(number) => format!("`{number}`"),
        // As it is written: `1.0` is no `1`.
        Unexpected::Float(number) => format!("`{number:?}`"),
        Unexpected::Str(text) => format!("`{}`", pontoon_schema::name::shown(text)),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "keys with values".to_owned(),
        _ => "something else".to_owned(),
    }
}

impl Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(What::Said(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = expectation(expected);
        Self::new(match found {
            Unexpected::Unit => What::Nothing { expected },
            _ => What::Kind { found: in_hand(found), expected },
        })
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(What::UnknownKey { key: field.to_owned(), allowed: expected })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(What::UnknownWord { word: variant.to_owned(), allowed: expected })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(What::Missing { key: field })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.what)
    }
}

impl std::error::Error for Fault {}

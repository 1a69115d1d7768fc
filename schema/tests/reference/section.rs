//! One section of the reference: a heading, what the type is, and a table of its keys or choices.

use serde_json::{Map, Value};

use crate::kind::Kinds;
use crate::order::{Entry, HANDLERS};

/// The longest line outside of a table.
const COLUMNS: usize = 120;

/// A section as Markdown, with an empty line before it.
pub(crate) fn printed(entry: &Entry, kinds: &Kinds<'_>) -> String {
    match entry {
        Entry::Document { title } => format!("\n## {title}\n{}", body(kinds.schema, kinds, &[])),
        Entry::Chapter { title, text } => format!("\n## {title}\n\n{text}\n"),
        Entry::Handlers { title } => handlers(title, kinds),
        Entry::Type { title, name, at } => {
            let place = if at.is_empty() { String::new() } else { format!("\n`{at}`\n") };
            let known = if HANDLERS.contains(name) { shared(kinds) } else { Vec::new() };
            let more =
                if known.is_empty() { "" } else { "\nBeside these, what [every handler](#every-handler) has.\n" };
            format!("\n### {title}\n{place}{}{more}", body(kinds.named(name), kinds, &known))
        }
    }
}

/// What all handlers have.
fn handlers(title: &str, kinds: &Kinds<'_>) -> String {
    let command = kinds.named("Command");
    let shared = shared(kinds);
    let keys = keys_of(command).into_iter().filter(|(key, _)| shared.contains(key));
    let rows: Vec<String> = keys.map(|(key, schema)| row(key, schema, false, kinds)).collect();
    format!("\n### {title}\n\nCommands, subscriptions, workers and schedules have these keys.\n{}", keys_table(&rows))
}

/// The keys that all handlers have, with the same type and description.
fn shared<'s>(kinds: &Kinds<'s>) -> Vec<&'s str> {
    let [first, rest @ ..] = HANDLERS.map(|name| keys_of(kinds.named(name)));
    let in_all = |(key, schema): &(&str, &Value)| rest.iter().all(|other| other.contains(&(*key, *schema)));
    first.into_iter().filter(in_all).map(|(key, _)| key).collect()
}

/// The description of a type, and what may stand there; the keys in `known` are told elsewhere.
fn body(schema: &Value, kinds: &Kinds<'_>, known: &[&str]) -> String {
    let mut text = described(schema);
    if let Some(choices) =
        schema["oneOf"].as_array().filter(|choices| choices.iter().all(|one| one["type"].is_string()))
    {
        text += &choices_table(choices, kinds);
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        for form in forms.iter().filter(|form| form["properties"].is_object()) {
            text += &format!("\nThe long form has these keys.\n{}", object(form, kinds, known));
        }
    }
    if schema["properties"].is_object() {
        text += &object(schema, kinds, known);
    }
    text
}

/// The description in paragraphs. Those of single values are worded for errors, and begin with `Here stands`.
fn described(schema: &Value) -> String {
    let description = schema["description"].as_str().unwrap_or_default();
    let description = match description.strip_prefix("Here stands a") {
        Some(rest) => format!("A{rest}"),
        None => description.replace("Here stands the", "The"),
    };
    description.split("\n\n").map(|paragraph| format!("\n{}", wrapped(paragraph))).collect()
}

/// The keys of an object as a table.
fn object(schema: &Value, kinds: &Kinds<'_>, known: &[&str]) -> String {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let keys = keys_of(schema).into_iter().filter(|(key, _)| !known.contains(key));
    let rows: Vec<String> = keys.map(|(key, schema)| row(key, schema, required.contains(&key), kinds)).collect();
    keys_table(&rows)
}

fn keys_table(rows: &[String]) -> String {
    format!("\n| key | type | default | meaning |\n|---|---|---|---|\n{}", rows.concat())
}

fn row(key: &str, schema: &Value, is_required: bool, kinds: &Kinds<'_>) -> String {
    let (meaning, default) = without_default(schema["description"].as_str().unwrap_or_default());
    let default = if is_required { "required".to_owned() } else { default };
    format!("| `{key}` | {} | {} | {} |\n", cell(&kinds.shown(schema)), cell(&default), cell(&meaning))
}

/// What may be chosen: words, and adapters with their settings.
fn choices_table(choices: &[Value], kinds: &Kinds<'_>) -> String {
    let mut table = "\n| value | meaning |\n|---|---|\n".to_owned();
    let mut inline = String::new();
    for choice in choices {
        let meaning = cell(choice["description"].as_str().unwrap_or_default());
        if let Some(word) = choice["const"].as_str() {
            table += &format!("| `{word}` | {meaning} |\n");
        }
        for (key, schema) in keys_of(choice) {
            let settings = if schema["properties"].is_object() {
                inline += &format!("\nThe keys of `{key}`:\n{}", object(schema, kinds, &[]));
                String::new()
            } else {
                format!(" Its keys: {}.", kinds.shown(schema))
            };
            table += &format!("| `{key}: {{ … }}` | {meaning}{settings} |\n");
        }
    }
    table + &inline
}

/// The keys of an object, in alphabetical order.
fn keys_of(schema: &Value) -> Vec<(&str, &Value)> {
    let keys = schema["properties"].as_object().into_iter().flat_map(Map::iter);
    keys.map(|(key, schema)| (&**key, schema)).collect()
}

/// A description without the sentence that says the default, and the default.
fn without_default(description: &str) -> (String, String) {
    let Some((before, rest)) = description.split_once("Default: ") else {
        return (description.to_owned(), String::new());
    };
    let (default, after) = rest.split_once(". ").unwrap_or((rest.trim_end_matches('.'), ""));
    (format!("{before}{after}").trim().to_owned(), default.to_owned())
}

/// Text within a table.
fn cell(text: &str) -> String {
    text.replace("\n\n", " ").replace('|', "\\|")
}

/// A paragraph in lines that fit.
fn wrapped(paragraph: &str) -> String {
    let (mut text, mut column) = (String::new(), 0);
    for word in paragraph.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text += word;
        column += width;
    }
    text + "\n"
}

//! What is written below a bridge, a store or another part of an environment, as a flat list.

use std::rc::Rc;

use pontoon_schema::document;

use crate::read::Node;
use crate::topology::{Located, Origin, Reference, Setting, Settings, Text, TextPart};

/// Everything below `node`.
pub(super) fn below(node: Node<'_>) -> Rc<Settings> {
    let mut settings = Settings { span: node.value_span(), entries: Vec::new(), references: Vec::new() };
    gather(node, "", &mut settings);
    Rc::new(settings)
}

fn gather(node: Node<'_>, prefix: &str, settings: &mut Settings) {
    for child in node.children() {
        let name = match (prefix, child.key().unwrap_or_default()) {
            ("", key) => key.to_owned(),
            (prefix, key) => format!("{prefix}.{key}"),
        };
        let Some(written) = child.text() else {
            gather(child, &name, settings);
            continue;
        };
        let value = text(written);
        let references = value.parts.iter().filter_map(|part| match part {
            TextPart::Reference(reference) => Some(Located::new(reference.clone(), child.value_span())),
            TextPart::Literal(_) => None,
        });
        settings.references.extend(references);
        let name = Located::new(name, child.key_span());
        settings.entries.push(Setting { name, value: Located::new(value, child.value_span()) });
    }
}

/// A scalar with its references taken apart. What is no text in this sense (a size, a word) has none.
fn text(written: &str) -> Text {
    let literal = |text: &str| TextPart::Literal(text.to_owned());
    let Ok(parsed) = written.parse::<document::Text>() else {
        return Text { parts: vec![literal(written)] };
    };
    let refer = |origin, name: &str, default: Option<&String>| {
        TextPart::Reference(Reference { origin, name: name.to_owned(), default: default.cloned() })
    };
    let parts = parsed.parts().iter().map(|part| match part {
        document::Part::Literal(text) => literal(text),
        document::Part::Variable { name, default } => refer(Origin::Variable, name, default.as_ref()),
        document::Part::Secret(name) => refer(Origin::Secret, name, None),
        document::Part::Config(name) => refer(Origin::Config, name, None),
    });
    Text { parts: parts.collect() }
}

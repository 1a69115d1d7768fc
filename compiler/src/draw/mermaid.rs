//! A drawing as a Mermaid flow chart.

use super::{Drawing, Group, Node, Shape};

pub(super) fn print(drawing: &Drawing) -> String {
    let mut text = format!("---\ntitle: \"{}\"\n---\nflowchart LR\n", drawing.title);
    for group in &drawing.groups {
        print_group(&mut text, group, 1);
    }
    for node in &drawing.shared {
        print_node(&mut text, node, 1);
    }
    for arrow in &drawing.arrows {
        let line = if arrow.crosses { format!("-. {} .->", arrow.label) } else { format!("-- {} -->", arrow.label) };
        text.push_str(&format!("  {} {line} {}\n", arrow.from, arrow.to));
    }
    text
}

fn print_group(text: &mut String, group: &Group, depth: usize) {
    let indent = "  ".repeat(depth);
    text.push_str(&format!("{indent}subgraph {}[\"{}\"]\n", group.id, group.label));
    for inner in &group.groups {
        print_group(text, inner, depth + 1);
    }
    for node in &group.nodes {
        print_node(text, node, depth + 1);
    }
    text.push_str(&format!("{indent}end\n"));
}

fn print_node(text: &mut String, node: &Node, depth: usize) {
    let (open, close) = match node.shape {
        Shape::Command => ("[", "]"),
        Shape::Subscription => ("(", ")"),
        Shape::Worker => ("[/", "/]"),
        Shape::Schedule => ("{{", "}}"),
        Shape::Event => ("([", "])"),
        Shape::Queue => ("[[", "]]"),
        Shape::State => ("[(", ")]"),
    };
    text.push_str(&format!("{}{}{open}\"{}\"{close}\n", "  ".repeat(depth), node.id, node.label));
}

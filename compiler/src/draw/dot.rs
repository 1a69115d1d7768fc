//! A drawing in DOT, the language of Graphviz.

use super::{Drawing, Group, Node, Shape};

pub(super) fn print(drawing: &Drawing) -> String {
    let mut text = format!("digraph \"{}\" {{\n  rankdir=LR;\n  node [shape=box];\n", drawing.title);
    for group in &drawing.groups {
        print_group(&mut text, group, 1);
    }
    for node in &drawing.shared {
        print_node(&mut text, node, 1);
    }
    for arrow in &drawing.arrows {
        let style = if arrow.crosses { ", style=dashed" } else { "" };
        text.push_str(&format!("  {} -> {} [label=\"{}\"{style}];\n", arrow.from, arrow.to, arrow.label));
    }
    text.push_str("}\n");
    text
}

fn print_group(text: &mut String, group: &Group, depth: usize) {
    let indent = "  ".repeat(depth);
    text.push_str(&format!("{indent}subgraph cluster_{} {{\n{indent}  label=\"{}\";\n", group.id, group.label));
    for inner in &group.groups {
        print_group(text, inner, depth + 1);
    }
    for node in &group.nodes {
        print_node(text, node, depth + 1);
    }
    text.push_str(&format!("{indent}}}\n"));
}

fn print_node(text: &mut String, node: &Node, depth: usize) {
    let shape = match node.shape {
        Shape::Command => "box",
        Shape::Subscription => "cds",
        Shape::Worker => "component",
        Shape::Schedule => "hexagon",
        Shape::Event => "ellipse",
        Shape::Queue => "box3d",
        Shape::State => "cylinder",
    };
    text.push_str(&format!("{}{} [label=\"{}\", shape={shape}];\n", "  ".repeat(depth), node.id, node.label));
}

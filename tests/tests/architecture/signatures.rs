//! Parameter lists and comments: what a reader meets in every file.

use syn::{FnArg, ImplItem, Item, Pat, Signature, TraitItem};

use crate::none;
use crate::tree::{read, sources, sources_below};

/// How wide a line of prose is at most.
const COLUMNS: usize = 120;

fn signatures(items: &[Item]) -> Vec<&Signature> {
    let mut found = Vec::new();
    for item in items {
        match item {
            Item::Fn(item) => found.push(&item.sig),
            Item::Mod(module) => {
                found.extend(module.content.iter().flat_map(|(_, items)| signatures(items)));
            }
            Item::Impl(block) => found.extend(block.items.iter().filter_map(|item| match item {
                ImplItem::Fn(method) => Some(&method.sig),
                _ => None,
            })),
            Item::Trait(item) => found.extend(item.items.iter().filter_map(|item| match item {
                TraitItem::Fn(method) => Some(&method.sig),
                _ => None,
            })),
            _ => {}
        }
    }
    found
}

fn takes_a_tuple(signature: &Signature) -> bool {
    let is_tuple = |pattern: &Pat| match pattern {
        Pat::Tuple(tuple) => !tuple.elems.is_empty(),
        Pat::Reference(reference) => matches!(&*reference.pat, Pat::Tuple(tuple) if !tuple.elems.is_empty()),
        _ => false,
    };
    signature.inputs.iter().any(|input| matches!(input, FnArg::Typed(typed) if is_tuple(&typed.pat)))
}

#[test]
fn no_parameter_is_a_tuple_taken_apart() {
    let mut broken = Vec::new();
    for file in
        ["schema/src", "compiler/src", "macros/src", "runtime/src", "cli/src"].into_iter().flat_map(sources_below)
    {
        let parsed = syn::parse_file(&read(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let tuples = signatures(&parsed.items).into_iter().filter(|signature| takes_a_tuple(signature));
        broken.extend(tuples.map(|signature| format!("{file}: {}", signature.ident)));
    }
    none("functions that take a tuple apart, where a struct would have names", &broken);
}

#[test]
fn comments_are_no_wider_than_code() {
    // What the compiler generates has the user's words in it, and the annotations of topologies are as wide as their
    // lines.
    let is_ours = |file: &String| !file.starts_with("tests/generated/") && !file.starts_with("tests/derives/");
    let mut wide = Vec::new();
    for file in sources().into_iter().filter(is_ours) {
        let text = read(&file);
        let lines = text.lines().enumerate();
        let too_wide = lines.filter(|(_, line)| line.trim_start().starts_with("//") && line.chars().count() > COLUMNS);
        wide.extend(too_wide.map(|(number, _)| format!("{file}:{}", number + 1)));
    }
    none("comments of more than 120 columns", &wide);
}

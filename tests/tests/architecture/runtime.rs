//! The runtime's rooms and words: no circle of imports, one name for one thing, and a small face.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens as _;
use syn::{Item, Visibility};

use crate::none;
use crate::paths::paths_of;
use crate::tree::{read, sources_below};

/// Where the runtime's sources are.
const RUNTIME: &str = "runtime/src/";

/// How many names the root of `pontoon` has at most: what a person writes against.
const ROOT: usize = 40;

/// Names that stand for two things, with the reason. Not more than eight.
const HOMONYMS: &[(&str, &str)] = &[
    ("State", "the resource, and the state of whatever a private file is about"),
    ("Source", "where signals come from on each system, and what begins a chain of calls"),
    ("Entry", "of a store, and of the outbox in it"),
    ("Lane", "of a unit, and of a subject in the outbox"),
    ("Ports", "of a unit, and of its outbox"),
];

/// The adapters for what is reached over a network.
const ADAPTERS: &[&str] =
    &["runtime/src/bridge/amqp", "runtime/src/bridge/mqtt", "runtime/src/bridge/nats", "runtime/src/store/redis"];

/// A file of the runtime by its module: `invoke::outbox::lane`; the root is nothing.
fn modules() -> BTreeMap<String, String> {
    let module = |file: String| {
        let path = file.strip_prefix(RUNTIME)?.strip_suffix(".rs")?.replace('/', "::");
        Some((if path == "lib" { String::new() } else { path }, file))
    };
    sources_below("runtime/src").into_iter().filter_map(module).collect()
}

fn items(file: &str) -> Vec<Item> {
    syn::parse_file(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}")).items
}

/// The modules that a file names, apart from the children that it hands on under its own name.
fn imports(module: &str, file: &str, known: &BTreeMap<String, String>) -> BTreeSet<String> {
    let own: Vec<&str> = if module.is_empty() { Vec::new() } else { module.split("::").collect() };
    let mut found = BTreeSet::new();
    for item in items(file).into_iter().filter(|item| !matches!(item, Item::Mod(_))) {
        let hands_on = matches!(&item, Item::Use(import) if !matches!(import.vis, Visibility::Inherited));
        for path in paths_of(&item.to_token_stream().to_string()) {
            let words: Vec<&str> = path.segments.iter().map(String::as_str).collect();
            let supers = words.iter().take_while(|word| **word == "super").count();
            let whole = match words.as_slice() {
                ["crate", rest @ ..] => rest.to_vec(),
                ["self", rest @ ..] => [own.as_slice(), rest].concat(),
                _ if (1..words.len()).contains(&supers) && supers <= own.len() => {
                    [&own[..own.len() - supers], &words[supers..]].concat()
                }
                [child, _, ..] if known.contains_key(&[own.as_slice(), &[*child]].concat().join("::")) => {
                    [own.as_slice(), &words].concat()
                }
                _ => continue,
            };
            let named = (1..=whole.len()).rev().map(|length| whole[..length].join("::"));
            let Some(named) = named.into_iter().find(|path| known.contains_key(path)) else { continue };
            let is_child = named.strip_prefix(module).is_some_and(|rest| rest.starts_with("::"));
            if named != module && !(hands_on && is_child) {
                found.insert(named);
            }
        }
    }
    found
}

/// The shortest way from a module back to itself.
fn circle(from: &str, graph: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut ways = vec![vec![from.to_owned()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut further = Vec::new();
        for way in ways {
            for next in way.last().and_then(|last| graph.get(last)).into_iter().flatten() {
                if next == from {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    further.push([way.as_slice(), std::slice::from_ref(next)].concat());
                }
            }
        }
        ways = further;
    }
    None
}

#[test]
fn no_file_of_the_runtime_imports_what_imports_it() {
    let known = modules();
    let graph: BTreeMap<String, BTreeSet<String>> =
        known.iter().map(|(module, file)| (module.clone(), imports(module, file, &known))).collect();
    let mut circles: Vec<Vec<String>> = graph.keys().filter_map(|module| circle(module, &graph)).collect();
    circles.iter_mut().for_each(|circle| circle.sort());
    circles.sort();
    circles.dedup();
    let circles: Vec<String> = circles.iter().map(|circle| circle.join(", ")).collect();
    none("circles of imports in the runtime", &circles);
}

/// The types that a file defines, tests aside.
fn types(file: &str) -> Vec<String> {
    let name = |item: Item| match item {
        Item::Struct(item) => Some(item.ident),
        Item::Enum(item) => Some(item.ident),
        Item::Trait(item) => Some(item.ident),
        Item::Type(item) => Some(item.ident),
        _ => None,
    };
    items(file).into_iter().filter_map(name).map(|name| name.to_string()).collect()
}

#[test]
fn a_type_of_the_runtime_has_its_name_for_itself() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in modules().into_values() {
        for name in types(&file) {
            places.entry(name).or_default().push(file.clone());
        }
    }
    let allowed = |name: &str| HOMONYMS.iter().any(|(homonym, _)| *homonym == name);
    let two: Vec<String> = places
        .iter()
        .filter(|(name, files)| files.len() > 1 && !is_one_role(files) && !allowed(name))
        .map(|(name, files)| format!("{name}: {}", files.join(", ")))
        .collect();
    none("names that stand for two things", &two);
    assert!(HOMONYMS.len() <= 8, "more than eight homonyms");
    let unused: Vec<String> = HOMONYMS
        .iter()
        .filter(|(name, _)| places.get(*name).is_none_or(|files| files.len() < 2))
        .map(|(name, _)| (*name).to_owned())
        .collect();
    none("homonyms that are none", &unused);
}

/// Whether each file is of another adapter: there one role has one name.
fn is_one_role(files: &[String]) -> bool {
    let adapter = |file: &String| ADAPTERS.iter().find(|adapter| file.starts_with(**adapter));
    let adapters: BTreeSet<_> = files.iter().map(adapter).collect();
    adapters.len() == files.len() && !adapters.contains(&None)
}

/// The names that a `use` brings in.
fn leaves(tree: &syn::UseTree, found: &mut Vec<String>) {
    match tree {
        syn::UseTree::Path(path) => leaves(&path.tree, found),
        syn::UseTree::Name(name) => found.push(name.ident.to_string()),
        syn::UseTree::Rename(renamed) => found.push(renamed.rename.to_string()),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, found)),
        syn::UseTree::Glob(_) => found.push("*".to_owned()),
    }
}

fn is_hidden(attributes: &[syn::Attribute]) -> bool {
    let hides = |attribute: &syn::Attribute| attribute.to_token_stream().to_string().contains("hidden");
    attributes.iter().any(hides)
}

/// The names at the root of `pontoon`, without what is hidden from documentation.
pub(crate) fn root_names() -> Vec<String> {
    let mut names = Vec::new();
    for item in items("runtime/src/lib.rs") {
        match item {
            Item::Use(import) if matches!(import.vis, Visibility::Public(_)) => leaves(&import.tree, &mut names),
            Item::Const(item) if matches!(item.vis, Visibility::Public(_)) => names.push(item.ident.to_string()),
            Item::Fn(item) if matches!(item.vis, Visibility::Public(_)) && !is_hidden(&item.attrs) => {
                names.push(item.sig.ident.to_string());
            }
            Item::Macro(item) if !is_hidden(&item.attrs) => names.extend(item.ident.map(|name| name.to_string())),
            _ => {}
        }
    }
    names
}

#[test]
fn the_root_has_what_a_person_writes_against() {
    let names = root_names();
    assert!(names.len() > 20, "the root of pontoon is read");
    assert!(
        names.len() <= ROOT,
        "{} names at the root of pontoon, more than {ROOT}: {}",
        names.len(),
        names.join(", ")
    );
}

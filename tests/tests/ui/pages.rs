//! The pages of the rules: their examples are what they say they are.

use pontoon_compiler::check::{RULES, explain};
use pontoon_compiler::diagnostic::Level;

use crate::AT_THE_FRONT_DOOR;
use crate::case::findings;

/// What an example leaves out: what stands under these keys in every topology.
const REST: [(&str, &str); 6] = [
    ("pontoon", "1"),
    ("name", "shop"),
    ("types", "crate::contract"),
    ("contract", "crate"),
    (
        "environments",
        "{ local: { ephemeral: true, event_bridge: in_memory, queue_bridge: in_memory, state_store: in_memory, \
         secret_store: env } }",
    ),
    ("deployments", "{ monolith: { pattern: monolith, environments: [local] } }"),
];

/// An example with all that makes it a topology.
fn whole(example: &str) -> String {
    let missing = REST.iter().filter(|(key, _)| !example.lines().any(|line| line.starts_with(&format!("{key}:"))));
    let rest: String = missing.map(|(key, value)| format!("{key}: {value}\n")).collect();
    format!("{rest}{example}")
}

/// The YAML of a page, block by block.
fn examples(page: &str) -> Vec<&str> {
    page.split("```yaml\n").skip(1).filter_map(|block| block.split("```").next()).collect()
}

#[test]
fn pages_have_the_same_parts() {
    for rule in RULES {
        let level = if rule.level == Level::Error { "error" } else { "warning" };
        let head = format!("# {0}\n\n`pontoon::{0}` · {level}\n\n## What it finds\n", rule.name);
        assert!(rule.page.starts_with(&head), "{} does not begin with\n{head}", rule.name);
        let parts: Vec<&str> = rule.page.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(parts, ["## What it finds", "## Why it is bad", "## Refused", "## Mended"], "{}", rule.name);
        assert_eq!(explain(rule.name), Some(rule.page));
        assert_eq!(explain(&format!("pontoon::{}", rule.name)), Some(rule.page));
    }
    assert_eq!(explain("invoke_cicle"), None);
}

#[test]
fn the_first_example_is_refused_and_the_second_one_accepted() {
    let mut problems = Vec::new();
    for rule in RULES.iter().filter(|rule| !AT_THE_FRONT_DOOR.contains(&rule.name)) {
        let examples = examples(rule.page);
        let [refused, mended] = examples[..] else { panic!("{}: {} examples", rule.name, examples.len()) };
        let codes = |text: &str| findings(&whole(text)).findings.iter().map(|found| found.code).collect::<Vec<_>>();
        let (refused, mended) = (codes(refused), codes(mended));
        if !refused.contains(&rule.name) || !mended.is_empty() {
            problems.push(format!("{}: the first finds {refused:?}, the second {mended:?}", rule.name));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

//! The pages of the rules as one document: docs/rules.md is what the compiler's own pages make.

use pontoon_compiler::check::{RULES, Rule};
use pontoon_compiler::diagnostic::Level;

use pontoon_documents::repository::is_fresh;

#[test]
fn the_page_of_rules_is_fresh() {
    let fresh = is_fresh("docs/rules.md", "rules", &page());
    assert!(fresh, "docs/rules.md is not what compiler/src/check/*.md make; PONTOON_BLESS=1 writes it anew");
}

/// A table of all rules, and the page of each.
fn page() -> String {
    let mut rules: Vec<&Rule> = RULES.iter().collect();
    rules.sort_unstable_by_key(|rule| rule.name);
    let mut page = "\n| rule | | finds |\n|---|---|---|\n".to_owned();
    for rule in &rules {
        let level = if rule.level == Level::Error { "error" } else { "warning" };
        page += &format!("| [`{0}`](#{0}) | {level} | {1} |\n", rule.name, summary(rule.page));
    }
    for rule in rules {
        page += &format!("\n{}\n", below(rule.page.trim_end()));
    }
    page + "\n"
}

/// What a rule finds, in the first sentence that its page says about it.
fn summary(page: &str) -> String {
    let after = page.split_once("## What it finds").map_or("", |(_, after)| after);
    let paragraph = after.trim_start().split("\n\n").next().unwrap_or_default().replace('\n', " ");
    let sentence = paragraph.split_once(". ").map_or(&*paragraph, |(sentence, _)| sentence);
    format!("{}.", sentence.trim_end_matches('.').replace('|', "\\|"))
}

/// A page as a chapter: its title one level down, and its parts as words in bold, which need no anchor.
fn below(page: &str) -> String {
    let mut code = false;
    let mut lines = Vec::new();
    for line in page.lines() {
        code ^= line.starts_with("```");
        lines.push(match line.strip_prefix("## ") {
            Some(part) if !code => format!("**{part}**"),
            _ if !code && line.starts_with("# ") => format!("#{line}"),
            _ => line.to_owned(),
        });
    }
    lines.join("\n")
}

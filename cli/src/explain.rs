//! `cargo pontoon explain`: the page of a rule, or the list of all of them.

use crate::arguments::Explain;
use crate::output::{self, Failure};
use crate::{json, rules, suggest};
use pontoon_compiler::check::RULES;
use std::process::ExitCode;

pub(crate) fn run(arguments: &Explain) -> Result<ExitCode, Failure> {
    let text = match &arguments.rule {
        Some(name) => page(name)?,
        None => list(),
    };
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn page(name: &str) -> Result<String, Failure> {
    let rule = rules::find(name);
    rule.map(|rule| rule.page.to_owned()).ok_or_else(|| {
        match suggest::nearest(&rules::bare(name), RULES.iter().map(|rule| rule.name)) {
            Some(near) => format!("there is no rule `{name}`; did you mean `{near}`?"),
            None => format!("there is no rule `{name}`; `cargo pontoon explain` lists all of them"),
        }
    })
}

/// All rules, each with its level and what it finds, in a column beside them.
fn list() -> String {
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for rule in RULES {
        let mut margin = format!("{:width$}  {:7}  ", rule.name, json::level(rule.level));
        for line in wrapped(&rules::summary(rule), COLUMNS.saturating_sub(margin.len())) {
            text.push_str(&format!("{margin}{line}\n"));
            margin = " ".repeat(margin.len());
        }
    }
    text
}

/// How wide the list is, whatever it is shown on.
const COLUMNS: usize = 110;

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut().filter(|line| line.chars().count() + 1 + word.chars().count() <= width) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_every_rule_and_stays_within_its_columns() {
        let list = list();
        for rule in RULES {
            assert!(list.lines().any(|line| line.split_whitespace().next() == Some(rule.name)), "{}", rule.name);
        }
        assert!(list.lines().all(|line| line.chars().count() <= COLUMNS));
    }

    #[test]
    fn a_page_is_found_by_its_code_too_and_printed_as_it_stands() {
        let page = page("pontoon::invoke-cycle").expect("the rule is there");
        let rule = RULES.iter().find(|rule| rule.name == "invoke_cycle").expect("the rule is there");
        assert_eq!(page, rule.page);
    }
}

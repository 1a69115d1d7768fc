//! Figures and words stand in one place: the README repeats figures of docs/benchmarks.md, and the glossary is in
//! order.

use pontoon_documents::markdown::prose;
use pontoon_documents::repository::read;

#[test]
fn the_figures_of_the_readme_are_those_of_the_benchmarks() {
    let (readme, benchmarks) = (read("README.md"), read("docs/benchmarks.md"));
    let (_, figures) = readme.split_once("## Figures").expect("the README has figures");
    let (figures, _) = figures.split_once("\n## ").expect("a heading ends them");
    let rows: Vec<Vec<&str>> = figures.lines().filter(|line| line.starts_with("| ")).map(cells).collect();
    assert_eq!(rows.len(), 4, "titles, and three figures");
    for row in &rows[1..] {
        let [what, measured, command] = row[..] else { panic!("{row:?} has not three cells") };
        let is_measured =
            benchmarks.lines().filter(|line| line.starts_with("| ")).any(|line| cells(line)[2] == measured);
        assert!(is_measured, "{what}: `{measured}` does not stand in docs/benchmarks.md");
        assert!(command.starts_with("`cargo xtask bench "), "{what}: {command}");
    }
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

#[test]
fn the_glossary_is_in_alphabetical_order() {
    let glossary = read("docs/glossary.md");
    let mut before = String::new();
    for (number, line) in prose(&glossary) {
        if line.starts_with('#') {
            before.clear();
        }
        let Some(entry) = line.strip_prefix("- **") else { continue };
        let (word, _) = entry.split_once("**: ").unwrap_or_else(|| panic!("docs/glossary.md:{number} has no word"));
        let word = word.split(',').next().unwrap_or_default().replace('`', "").to_lowercase();
        assert!(before < word, "docs/glossary.md:{number}: `{word}` stands behind `{before}`");
        before = word;
    }
}

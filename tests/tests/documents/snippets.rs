//! Snippets are no prose: each is from a file that the tests build or compare, or is a part of the program of the
//! guide.

use pontoon_compiler::plan::Request;
use pontoon_compiler::read::{Files, Limits};
use pontoon_compiler::{Compiled, Input, compile};
use pontoon_schema::document::Date;

use pontoon_documents::markdown::{Block, blocks};
use pontoon_documents::repository::{guide, manual, program, read, root};

/// What a fragment leaves out: what stands under these keys in every topology.
const REST: [(&str, &str); 4] =
    [("pontoon", "1"), ("name", "shop"), ("types", "crate::contract"), ("contract", "crate")];

/// Where the generated code of the quickstart is, in the label of a block.
const GENERATED: &str = "OUT_DIR/topology/";

/// Where the program of the guide is, in the label of a block outside of the guide.
const PROGRAM: &str = "parcels/";

/// A topology that is one text.
struct Text(String);

impl Files for Text {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Ok(self.0.clone().into_bytes())
    }
}

#[test]
fn snippets_are_from_what_is_tested() {
    let guide = guide();
    let mut problems = Vec::new();
    for document in manual() {
        let text = read(&document);
        // The examples of the rules are tested beside the rules.
        let own = text.split("<!-- rules: begin -->").next().unwrap_or_default();
        for block in blocks(own).into_iter().filter(|block| !block.language.is_empty()) {
            let place = format!("{document}:{}", block.line);
            let problem = match &block.file {
                Some(file) if guide.contains(&document) && !is_excerpt(file) => None,
                Some(file) => stands_in(&block, file),
                None if block.language == "yaml" => refused(&block.text),
                None => Some(format!("names no file that the {} is from", block.language)),
            };
            problems.extend(problem.map(|problem| format!("{place}: {problem}")));
        }
    }
    assert!(problems.is_empty(), "snippets that no test knows:\n  {}\n", problems.join("\n  "));
}

/// Whether a label of the guide names a file of the repository, and not of the guide's own program.
fn is_excerpt(file: &str) -> bool {
    file.starts_with("examples/") || file.starts_with("tests/") || file.starts_with(GENERATED)
}

/// What is wrong with a block that says to be from a file.
fn stands_in(block: &Block, file: &str) -> Option<String> {
    let text = if let Some(name) = file.strip_prefix(GENERATED) {
        generated(name)
    } else if let Some(name) = file.strip_prefix(PROGRAM) {
        program().into_iter().find(|(known, _)| known == name)?.1
    } else if root().join(file).is_file() {
        read(file)
    } else {
        return Some(format!("{file} is not there"));
    };
    (!is_excerpt_of(&block.text, &text)).then(|| format!("this does not stand in {file}"))
}

/// Whether the lines of a snippet stand in a text, in their order and one below the other; a comment `…` is a gap. The
/// snippet may be indented less.
fn is_excerpt_of(snippet: &str, text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    (0..=16).any(|indent| {
        let margin = " ".repeat(indent);
        let mut from = 0;
        passages(snippet).into_iter().all(|passage| {
            let passage: Vec<String> = passage
                .iter()
                .map(|line| if line.is_empty() { String::new() } else { format!("{margin}{line}") })
                .collect();
            let found = (from..=lines.len().saturating_sub(passage.len()))
                .find(|at| lines[*at..*at + passage.len()].iter().zip(&passage).all(|(line, wanted)| line == wanted));
            from = found.map_or(from, |at| at + passage.len());
            found.is_some()
        })
    })
}

/// The parts of a snippet between its gaps.
fn passages(snippet: &str) -> Vec<Vec<&str>> {
    let is_gap = |line: &&str| matches!(line.trim(), "// …" | "# …" | "⋮");
    let lines: Vec<&str> = snippet.lines().collect();
    lines.split(is_gap).map(<[&str]>::to_vec).filter(|passage| !passage.is_empty()).collect()
}

/// A file of what the compiler makes of the quickstart.
fn generated(name: &str) -> String {
    let request = Request { krate: Some("quickstart".to_owned()), ..Request::default() };
    let compiled = compiled(read("examples/quickstart/topology.yaml"), &request);
    let file = compiled.files.into_iter().find(|file| file.name == name);
    file.unwrap_or_else(|| panic!("nothing of the name {name} is generated")).text
}

/// What the compiler says against a fragment of a topology.
fn refused(fragment: &str) -> Option<String> {
    let missing = REST.iter().filter(|(key, _)| !fragment.lines().any(|line| line.starts_with(&format!("{key}:"))));
    let rest: String = missing.map(|(key, value)| format!("{key}: {value}\n")).collect();
    let compiled = compiled(format!("{rest}{fragment}"), &Request { contract: true, ..Request::default() });
    let style = pontoon_compiler::diagnostic::Style::PLAIN;
    compiled.findings.has_errors().then(|| compiled.findings.render(&compiled.sources, style))
}

fn compiled(text: String, request: &Request) -> Compiled {
    let today = Date::new(2026, 11, 23).expect("a day");
    let limits = Limits::default();
    compile(&Input { path: "topology.yaml", files: &Text(text), limits, today, request, code: None })
}

#[test]
fn an_excerpt_keeps_its_lines_and_their_order() {
    let text = "mod a {\n    fn one() {}\n\n    fn two() {}\n    fn three() {}\n}\n";
    assert!(is_excerpt_of("fn one() {}\n\nfn two() {}\n", text));
    assert!(is_excerpt_of("fn one() {}\n// …\nfn three() {}\n", text));
    assert!(!is_excerpt_of("fn one() {}\nfn two() {}\n", text));
    assert!(!is_excerpt_of("fn three() {}\n// …\nfn one() {}\n", text));
}

//! How documents are written: a README of a few screens, lines that fit beside each other, and words of the field.

use pontoon_documents::markdown::prose;
use pontoon_documents::repository::{documents, read};

/// The longest line of prose. Tables are exempt.
const COLUMNS: usize = 120;

/// Words that say nothing to somebody who comes from outside, and the history of the work.
const PRIVATE: [&str; 4] = ["house", "an earlier run", "an earlier one", "faster day"];

#[test]
fn the_readme_fits_on_a_few_screens() {
    let lines = read("README.md").lines().count();
    assert!(lines <= 150, "README.md has {lines} lines, more than 150: the rest belongs in docs/");
}

#[test]
fn prose_has_120_columns_at_most() {
    let mut wide = Vec::new();
    for document in documents() {
        for (number, line) in prose(&read(&document)) {
            let columns = line.chars().count();
            if columns > COLUMNS && !line.starts_with('|') {
                wide.push(format!("{document}:{number}: {columns} columns"));
            }
        }
    }
    assert!(wide.is_empty(), "lines of prose over {COLUMNS} columns:\n  {}\n", wide.join("\n  "));
}

#[test]
fn documents_use_the_words_of_the_field() {
    let mut found = Vec::new();
    for document in documents() {
        for (number, line) in read(&document).lines().enumerate() {
            let line = line.to_lowercase();
            let words: Vec<&str> = line.split(|letter: char| !letter.is_alphanumeric()).collect();
            let private = PRIVATE
                .iter()
                .filter(|word| if word.contains(' ') { line.contains(**word) } else { words.contains(word) });
            found.extend(private.map(|word| format!("{document}:{}: {word}", number + 1)));
        }
    }
    assert!(found.is_empty(), "words that only the authors understand:\n  {}\n", found.join("\n  "));
}

//! What a person writes against is shown: in an example that rustc compiles.

use std::collections::BTreeSet;

use crate::none;
use crate::runtime::root_names;
use crate::tree::{read, sources_below};

/// What the derives write is shown in the guide and in the examples: a documentation test has no build script.
const ELSEWHERE: &[&str] =
    &["CommandHandler", "QueueWorker", "Resources", "ScheduleHandler", "SubscriptionHandler", "topology", "LOG_FILTER"];

/// The words of all examples in the documentation of the runtime that are compiled.
fn words_of_examples() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for file in sources_below("runtime/src") {
        // Whether the block that a line is in is compiled.
        let mut block = None;
        for line in read(&file).lines().map(str::trim_start) {
            let Some(line) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else {
                block = None;
                continue;
            };
            match (line.trim_start().strip_prefix("```"), block) {
                // Rust is what has no other name.
                (Some(language), None) => block = Some(["", "no_run"].contains(&language.trim())),
                (Some(_), Some(_)) => block = None,
                (None, Some(true)) => {
                    let parts = line.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
                    words.extend(parts.map(str::to_owned));
                }
                (None, _) => {}
            }
        }
    }
    words
}

#[test]
fn what_a_person_writes_against_is_shown_in_an_example_that_compiles() {
    let shown = words_of_examples();
    let missing: Vec<String> =
        root_names().into_iter().filter(|name| !shown.contains(name) && !ELSEWHERE.contains(&name.as_str())).collect();
    none("names at the root of pontoon that no example shows", &missing);
}

//! The fuzz target's property over its corpus: hostile topologies, each small and chosen by hand.
#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

use std::path::Path;

use pontoon_topologies::property;

#[test]
fn every_topology_of_the_corpus_is_refused_or_compiles() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/fuzz/corpus");
    let mut seen = 0;
    for entry in std::fs::read_dir(corpus).expect("the corpus is there").flatten() {
        println!("{}", entry.path().display());
        property::holds(&std::fs::read(entry.path()).expect("it can be read"));
        seen += 1;
    }
    assert!(seen >= 39, "only {seen} topologies in the corpus");
}

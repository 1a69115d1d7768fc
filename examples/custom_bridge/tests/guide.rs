//! The snippets of the guide stand in this example, as they are shown.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

#[test]
fn what_the_guide_shows_is_here() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(here.join("../../docs/guide/writing-an-adapter.md")).unwrap();
    let mut count = 0;
    for block in guide.split("```").skip(1).step_by(2) {
        let (head, snippet) = block.split_once('\n').unwrap();
        let (_, file) = head.split_once(' ').unwrap();
        let text = fs::read_to_string(here.join(file)).unwrap();
        assert!(text.contains(snippet.trim_end()), "{file} has not:\n{snippet}");
        count += 1;
    }
    assert_eq!(count, 5);
}

//! Input that means harm, or that a cat walked over: each ends in a report, none in a panic, and none takes long.

use std::io;

use pontoon_compiler::diagnostic::{Findings, Style};
use pontoon_compiler::read::{Files, Limits, read};
use pontoon_compiler::source::Sources;

const MEBIBYTE: usize = 1 << 20;

struct One<'a>(&'a [u8]);

impl Files for One<'_> {
    fn read(&self, _path: &str) -> io::Result<Vec<u8>> {
        Ok(self.0.to_vec())
    }
}

/// What is said of this file; nothing if it is accepted.
fn report(bytes: &[u8], limits: Limits) -> String {
    let (mut sources, mut findings) = (Sources::default(), Findings::default());
    let source = read("topology.yaml", &One(bytes), limits, &mut sources, &mut findings);
    assert_eq!(source.is_none(), findings.has_errors());
    let report = findings.render(&sources, Style::PLAIN);
    assert!(report.len() < 200_000, "a report of {} bytes", report.len());
    let moves_the_cursor = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    assert!(!report.contains(moves_the_cursor), "{report:?}");
    report
}

fn refused(bytes: impl AsRef<[u8]>) -> String {
    let report = report(bytes.as_ref(), Limits::default());
    assert!(report.contains("pontoon::"), "accepted");
    report
}

#[test]
fn a_mebibyte_of_anything_is_refused() {
    for byte in 0..=u8::MAX {
        refused(vec![byte; MEBIBYTE / 128]);
    }
    for byte in *b"a[{-?:&*!|>'\"%@#\\ \n\t\r\0\xff" {
        refused(vec![byte; MEBIBYTE]);
    }
    for piece in
        ["- ", "? ", "a: ", "&a ", "*a ", "!a ", "[{", "{a: ", "a\n", "---\n", "\"a\" ", "${A}, ", "ä", "\u{202e}"]
    {
        refused(piece.repeat(MEBIBYTE / piece.len()));
    }
    let noise = |index: usize| (index.wrapping_mul(7_919) ^ (index >> 3).wrapping_mul(31)) as u8;
    refused((0..MEBIBYTE).map(noise).collect::<Vec<_>>());
    refused((0..MEBIBYTE).map(|index| noise(index) & 0x7f).collect::<Vec<_>>());
}

#[test]
fn depth_is_bounded() {
    for open in ["[", "{a: ", "- ", "? "] {
        let report = refused(open.repeat(100_000));
        assert!(report.contains("deep inside each other") || report.contains("a key is a word"), "{report}");
    }
    let levels = |count: usize| (0..count).map(|level| format!("{}a:\n", " ".repeat(level))).collect::<String>();
    assert!(refused(levels(65)).contains("pontoon::input_limit"));
    assert!(!refused(levels(63)).contains("pontoon::input_limit"));
}

#[test]
fn aliases_do_not_multiply() {
    let mut bomb = String::from("pontoon: 1\nname: shop\na0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for level in 1..40 {
        let below = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", [below.as_str(); 10].join(", "));
    }
    assert!(refused(bomb).contains("stand for more than 100,000 values"));
    assert!(refused("events: &a { x: *a }\n").contains("it would contain itself"));
    assert!(refused("a: &a {}\nb:\n  <<: *a\n").contains("does not merge mappings with `<<`"));
}

#[test]
fn files_are_bounded() {
    let limits = Limits { file: 100, total: 1_000 };
    assert!(report(&[b'#'; 101], limits).contains("has 101 bytes"));
    assert!(report(&[b'#'; 101], Limits { file: 1_000, total: 100 }).contains("have more than 100 bytes"));
    assert!(refused(vec![b'#'; (4 << 20) + 1]).contains("pontoon::input_limit"));
}

#[test]
fn many_mistakes_do_not_take_long() {
    let head = "pontoon: 1\nname: shop\n";
    let events = |entries: String| format!("{head}events:\n{entries}");
    let many = |entry: &dyn Fn(usize) -> String| (0..8_000).map(entry).collect::<String>();
    refused(events(many(&|index| format!("  e{index}: {{ payload: 5!, rate: 1, size: 2 }}\n"))));
    refused(events(many(&|_| "  same: { payload: X }\n".to_owned())));
    refused(format!("{head}{}", many(&|index| format!("key_{index}: 1\n"))));
    refused(format!("{head}events: {{{}", many(&|index| format!("e{index}: {{ payload: X }}, "))));
    refused(format!("{head}events: {{ {} }}", many(&|_| "a: A<, b, ".to_owned())));
}

#[test]
fn text_that_is_not_what_it_seems_is_refused() {
    assert!(refused(b"pontoon: 1\nname: sh\xffop\n").contains("byte 19 does not belong to any character"));
    assert!(refused("pontoon: 1\nname: shop # \u{202e}\n").contains("a bidirectional control character (U+202E)"));
    assert!(refused("pontoon: 1\nname: sh\u{200b}op\n").contains("a zero-width character (U+200B)"));
    assert!(refused("pontoon: 1\nname: shop\0\n").contains("a control character (U+0000)"));
    assert!(refused("pontoon: 1\nname: \"\\e[31mshop\"\n").contains("is not a name"));
    assert!(refused("pontoon: 1\nname: 'x\"; panic!()'\n").contains("pontoon::invalid_name"));
    assert!(refused("").contains("this file says nothing"));
}

#[test]
fn marks_and_line_ends_of_windows_are_read() {
    let text = "\u{feff}pontoon: 1\r\nname: shop\r\nevents:\r\n  a: { payload: A }\r\n";
    assert_eq!(report(text.as_bytes(), Limits::default()), "");
}

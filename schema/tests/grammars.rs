//! The small grammars: what is read is written so that it is read again as the same, whatever comes is read or refused
//! in a short sentence, and the pattern that editors have agrees with the reader.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test, in functions of its own too")]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use pontoon_schema::document::{
    Backoff, BatchWait, CommandRef, Cron, Date, Duration, FieldPath, FilePath, Name, Place, Rate, Route, RustPath,
    RustType, ServiceRef, Size, Text, TimeZone,
};
use regex::Regex;

/// Pieces of all of them, and of what is none of them.
const PIECES: [&str; 72] = [
    "0",
    "00",
    "1",
    "7",
    "12",
    "59",
    "007",
    "9999",
    "10000",
    "99999999999999999999",
    "ms",
    "s",
    "m",
    "h",
    "d",
    "us",
    "B",
    "KiB",
    "MiB",
    "GiB",
    "MB",
    "/",
    "/",
    "..",
    ".",
    ".",
    "-",
    "_",
    ",",
    "*",
    " ",
    " ",
    "v",
    "v1",
    "v0",
    "v01",
    "GET",
    "POST",
    "get",
    "/users",
    "{id}",
    "{",
    "}",
    "{Id}",
    "~",
    "a",
    "b",
    "email",
    "id",
    "A",
    "Ab",
    "é",
    "\u{202e}",
    "\t",
    "\n",
    "\0",
    "$",
    "$$",
    "${",
    "${A}",
    "${A:-b}",
    ":-",
    "secret:",
    "${secret:a}",
    "config:",
    "::",
    ":",
    "crate",
    "<",
    ">",
    "(",
    ")",
];

/// Texts of up to eight pieces, the same in each run.
fn texts() -> impl Iterator<Item = String> {
    let mut rng = fastrand::Rng::with_seed(7);
    (0..60_000).map(move |_| (0..rng.usize(..9)).map(|_| PIECES[rng.usize(..PIECES.len())]).collect())
}

/// What a pattern lets through and the reader refuses, as it takes more than a pattern to see it.
type Beyond = fn(&str) -> bool;

fn holds<T>(name: &str, right: &[&str], beyond: Beyond)
where
    T: FromStr<Err: Display> + Display + PartialEq + Debug + schemars::JsonSchema,
{
    let schema = serde_json::to_value(schemars::schema_for!(T)).unwrap();
    let pattern = schema["pattern"].as_str().unwrap_or_else(|| panic!("{name} has no pattern"));
    // The one look-ahead is tested as what is beyond a pattern.
    let pattern = Regex::new(&pattern.replace(r"(?!.*(^|/)\.{1,2}(/|$))", "")).unwrap();
    let mut accepted = 0;
    for text in texts().chain(right.iter().map(|text| (*text).to_owned())) {
        match text.parse::<T>() {
            Ok(value) => {
                accepted += 1;
                assert!(pattern.is_match(&text), "{name}: editors refuse {text:?}, which is read as {value:?}");
                let written = value.to_string();
                assert_eq!(written.parse::<T>().ok(), Some(value), "{name}: {text:?} is written as {written:?}");
            }
            Err(problem) => {
                let said = problem.to_string();
                assert!(said.chars().count() < 400, "{name}: {} characters for {text:?}", said.len());
                assert!(!said.contains(['\0', '\n', '\u{202e}']), "{name}: {said:?} for {text:?}");
                assert!(!pattern.is_match(&text) || beyond(&text), "{name}: editors take {text:?}: {said}");
            }
        }
    }
    assert!(accepted >= right.len(), "{name}: {accepted} accepted");
    for text in right {
        assert!(text.parse::<T>().is_ok(), "{name}: {text:?} is right");
    }
}

fn never(_: &str) -> bool {
    false
}

/// More than a number holds.
fn is_long(text: &str) -> bool {
    text.len() > 9
}

#[test]
fn of_times() {
    holds::<Duration>("Duration", &["1ms", "30s", "007m", "36500d"], is_long);
    holds::<Backoff>("Backoff", &["50ms..200ms", "1s..1s"], |_| true);
    holds::<BatchWait>("BatchWait", &["1ms", "60000ms", "007s", "60s", "1m"], never);
    // A day that a month does not have, an hour after the last one, steps of nothing.
    holds::<Cron>("Cron", &["0 3 * * *", "*/5 0-7,12 1 * 7", "30 8 * Jan-Mar Mon-Fri", "@daily"], |_| true);
    holds::<TimeZone>("TimeZone", &["UTC", "Europe/Berlin", "Etc/GMT+5"], |text| text.len() > 64);
    holds::<Date>("Date", &["2026-11-29", "2028-02-29"], |_| true);
}

#[test]
fn of_amounts() {
    holds::<Size>("Size", &["1B", "64MiB", "0016KiB"], is_long);
    holds::<Rate>("Rate", &["10/s", "1/d"], is_long);
}

#[test]
fn of_names_and_references() {
    holds::<Name>("Name", &["a", "sign_up"], never);
    holds::<FieldPath>("FieldPath", &["email", "customer.id"], never);
    holds::<ServiceRef>("ServiceRef", &["email", "email.v2"], never);
    holds::<CommandRef>("CommandRef", &["email.send", "email.v2.send"], never);
    holds::<Place>("Place", &["services.user", "events.a"], |_| true);
    holds::<FilePath>("FilePath", &["a.yaml", "more/b.yaml"], |text| {
        text.split('/').any(|part| matches!(part, "." | "..")) || text.contains(['\0', '\n', '\t', '\u{202e}', '$'])
    });
}

#[test]
fn of_rust() {
    holds::<RustPath>("RustPath", &["crate::user", "shop_user"], |text| text.split("::").any(|name| name == "_"));
    // What is no type is the compiler's to say, which parses it.
    holds::<RustType>("RustType", &["String", "Option<User>", "(u8, u8)"], |_| true);
}

#[test]
fn of_routes_and_settings() {
    holds::<Route>("Route", &["GET /", "POST /users", "GET /users/{id}"], |text| text.contains("/."));
    holds::<Text>("Text", &["", "a", "${A}", "${A:-b}", "$$", "${secret:a}"], never);
}

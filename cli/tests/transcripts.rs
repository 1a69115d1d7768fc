//! What is typed and what comes back: each file in `transcripts/` is a conversation that the tool has to hold again.
//!
//! A line that starts with `$ ` is typed in `topologies/`. Below it stand the output, what went to standard error
//! behind `! `, and the exit code where it is not 0. `PONTOON_BLESS=1` writes the answers anew.
#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

use std::fs;
use std::path::Path;
use std::process::Command;

const BIN: &str = env!("CARGO_BIN_EXE_cargo-pontoon");

fn hold(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let file = folder.join("transcripts").join(name).with_extension("txt");
    let expected = fs::read_to_string(&file).expect("the transcript is there");
    let typed = expected.lines().filter(|line| line.starts_with("$ "));
    let said: Vec<String> = typed.map(|line| answer(line, &folder.join("topologies"))).collect();
    let said = said.join("\n");
    if std::env::var_os("PONTOON_BLESS").is_some() {
        fs::write(&file, said).expect("the transcript can be written");
    } else {
        assert!(said == expected, "{name}: expected\n{expected}\nbut it said\n{said}\n(PONTOON_BLESS=1 accepts it)");
    }
}

fn answer(typed: &str, folder: &Path) -> String {
    let words = typed.strip_prefix("$ cargo pontoon").expect("only this tool is typed").split_whitespace();
    let output = Command::new(BIN)
        .arg("pontoon")
        .args(words)
        .current_dir(folder)
        .env_remove("CLICOLOR_FORCE")
        .env("COLUMNS", "100")
        .output()
        .expect("the tool runs");
    let mut answer = format!("{typed}\n{}", String::from_utf8(output.stdout).expect("the output is UTF-8"));
    for line in String::from_utf8(output.stderr).expect("remarks are UTF-8").lines() {
        answer.push_str(format!("! {line}").trim_end());
        answer.push('\n');
    }
    match output.status.code() {
        Some(0) => {}
        Some(code) => answer.push_str(&format!("[exit {code}]\n")),
        None => panic!("the tool was killed: {typed}"),
    }
    answer
}

macro_rules! transcripts {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            hold(stringify!($name));
        }
    )*};
}

transcripts!(check explain plan expand graph refusals);

#[test]
fn every_transcript_is_held() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let files = fs::read_dir(folder).expect("transcripts are there");
    let mut names: Vec<String> = files.flatten().map(|file| file.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, ["check.txt", "expand.txt", "explain.txt", "graph.txt", "plan.txt", "refusals.txt"]);
}

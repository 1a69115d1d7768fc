//! How the tool gets on with what is around it: cargo, the folder it is in, pipes, and terminals with or without
//! colour.
#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SOUND: &str = include_str!("topologies/sound.yaml");

fn tool(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-pontoon"));
    command.args(words).current_dir(folder);
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

fn run(folder: &Path, words: &[&str]) -> Output {
    tool(folder, words).output().expect("the tool runs")
}

fn topologies() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/topologies")
}

#[test]
fn the_topology_is_found_here_or_beside_the_manifest_of_the_package() {
    let package = tempfile::tempdir().expect("a folder can be made");
    fs::create_dir_all(package.path().join("src/deep")).expect("a folder can be made");
    fs::write(package.path().join("topology.yaml"), SOUND).expect("a file can be written");
    assert_eq!(run(package.path(), &["check"]).status.code(), Some(0));
    assert_eq!(run(&package.path().join("src/deep"), &["check"]).status.code(), Some(2));
    fs::write(package.path().join("Cargo.toml"), "").expect("a file can be written");
    assert_eq!(run(&package.path().join("src/deep"), &["check"]).status.code(), Some(0));
}

#[test]
fn places_are_named_as_one_would_type_them_from_here() {
    let package = tempfile::tempdir().expect("a folder can be made");
    fs::create_dir(package.path().join("src")).expect("a folder can be made");
    fs::write(package.path().join("Cargo.toml"), "").expect("a file can be written");
    let broken = fs::read(topologies().join("broken.yaml")).expect("the topology is there");
    fs::write(package.path().join("topology.yaml"), broken).expect("a file can be written");
    let output = run(&package.path().join("src"), &["check", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(report["findings"][0]["labels"][0]["file"], "../topology.yaml");
}

#[test]
fn it_is_the_same_tool_with_and_without_cargo_in_front() {
    let alone = run(&topologies(), &["explain", "invoke_cycle"]);
    let as_subcommand = run(&topologies(), &["pontoon", "explain", "invoke_cycle"]);
    assert_eq!(alone.stdout, as_subcommand.stdout);
    assert!(alone.status.success() && as_subcommand.status.success());
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    for words in [&["schema"][..], &["check", "-t", "circle.yaml"], &["explain"], &["--help"]] {
        let mut child =
            tool(&topologies(), words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the tool runs");
        // The reader goes before the first byte, so that the very first write fails.
        drop(child.stdout.take());
        let mut remarks = String::new();
        child.stderr.take().expect("it is a pipe").read_to_string(&mut remarks).expect("remarks are UTF-8");
        let code = child.wait().expect("the tool ends").code();
        assert!(matches!(code, Some(0 | 1)), "{words:?} ended with {code:?}: {remarks}");
        assert!(!remarks.contains("panicked"), "{words:?}: {remarks}");
    }
}

#[test]
fn colours_are_for_terminals_and_for_those_who_insist() {
    let coloured = |variables: &[(&str, &str)]| {
        let mut command = tool(&topologies(), &["check", "-t", "broken.yaml"]);
        let output = command.envs(variables.iter().copied()).output().expect("the tool runs");
        output.stdout.contains(&0x1b)
    };
    assert!(!coloured(&[]), "a pipe is no terminal");
    assert!(coloured(&[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "0")]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn the_schema_is_the_committed_one() {
    let printed = String::from_utf8(run(&topologies(), &["schema"]).stdout).expect("it is UTF-8");
    let committed = include_str!("../../schema/topology.schema.json");
    assert_eq!(printed.trim_end(), committed.trim_end());
}

#[test]
fn the_same_input_is_the_same_output() {
    for words in [
        &["plan", "-t", "sound.yaml", "--format", "json"][..],
        &["graph", "-t", "sound.yaml"],
        &["expand", "monolith", "-t", "sound.yaml"],
        &["check", "-t", "circle.yaml", "--format", "sarif"],
    ] {
        assert_eq!(run(&topologies(), words).stdout, run(&topologies(), words).stdout, "{words:?}");
    }
}

#[test]
fn today_is_the_day_of_the_sources_where_it_is_set() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let allowance = "allow: [{ rule: unheard_event, reason: \"read by others\", until: \"2001-01-01\" }]\n";
    let warning = fs::read_to_string(topologies().join("warning.yaml")).expect("the topology is there");
    fs::write(folder.path().join("topology.yaml"), warning + allowance).expect("a file can be written");
    let check = |seconds: &str| {
        let mut command = tool(folder.path(), &["check"]);
        command.env("SOURCE_DATE_EPOCH", seconds).output().expect("the tool runs")
    };
    let said = |output: &Output| String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    assert!(said(&check("970000000")).contains("nothing to find fault with"));
    assert!(said(&check("990000000")).contains("today is 2001-05-16"));
    let malformed = check("yesterday");
    assert_eq!(malformed.status.code(), Some(2));
    assert!(said(&malformed).contains("a number of seconds since 1970 was expected"));
}

#[test]
fn what_resolves_is_drawn_whatever_rule_it_breaks() {
    let output = run(&topologies(), &["graph", "-t", "circle.yaml"]);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("flowchart LR"), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("`cargo pontoon check` says which"), "{output:?}");
}

//! SARIF as code scanning reads it: the essential structure of 2.1.0, and places in UTF-16 columns from 1.
#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn log(topology: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-pontoon"))
        .args(["check", "--format", "sarif", "-t", topology])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"))
        .output()
        .expect("the tool runs");
    serde_json::from_slice(&output.stdout).expect("SARIF is JSON")
}

fn texts(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value:#}")).to_owned()
}

#[test]
fn the_log_has_the_structure_of_2_1_0() {
    let log = log("topologies/circle.yaml");
    assert_eq!(texts(&log, "/version"), "2.1.0");
    assert!(texts(&log, "/$schema").contains("sarif-2.1.0"));
    assert_eq!(log["runs"].as_array().map(Vec::len), Some(1));
    let run = &log["runs"][0];
    assert_eq!(texts(run, "/tool/driver/name"), "cargo-pontoon");
    assert_eq!(texts(run, "/columnKind"), "utf16CodeUnits");
    for rule in run["tool"]["driver"]["rules"].as_array().expect("rules are listed") {
        assert!(texts(rule, "/id").starts_with("pontoon::"));
        assert!(!texts(rule, "/shortDescription/text").is_empty());
        assert!(["error", "warning"].contains(&texts(rule, "/defaultConfiguration/level").as_str()));
        assert!(texts(rule, "/help/markdown").starts_with("# "));
    }
    for result in run["results"].as_array().expect("results are listed") {
        assert!(!texts(result, "/message/text").is_empty());
        let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok()).expect("a known rule");
        assert_eq!(result["ruleId"], run["tool"]["driver"]["rules"][index]["id"]);
        for place in result["locations"].as_array().into_iter().chain(result["relatedLocations"].as_array()).flatten() {
            assert_eq!(texts(place, "/physicalLocation/artifactLocation/uri"), "topologies/circle.yaml");
            let region = &place["physicalLocation"]["region"];
            let number = |key: &str| region[key].as_u64().unwrap_or_else(|| panic!("no {key} in {region}"));
            assert!((number("startLine"), number("startColumn")) < (number("endLine"), number("endColumn")));
            assert!(number("startLine") >= 1 && number("startColumn") >= 1);
        }
    }
}

#[test]
fn both_edges_of_a_circle_are_located_in_utf_16() {
    let log = log("topologies/circle.yaml");
    let results = log["runs"][0]["results"].as_array().expect("results are listed");
    let circle = results.iter().find(|result| result["ruleId"] == "pontoon::invoke_cycle").expect("it is found");
    assert_eq!(circle["level"], "error");
    let place = &circle["locations"][0]["physicalLocation"];
    let text = include_str!("topologies/circle.yaml");
    let (line, written) = (1..).zip(text.lines()).find(|(_, line)| line.contains("𝄞")).expect("it is there");
    let start = written.find("email.send_welcome").expect("the edge is on this line");
    // The clef is four bytes, one character and two UTF-16 code units.
    let column = written[..start].encode_utf16().count() + 1;
    assert_ne!(column, written[..start].chars().count() + 1);
    assert_eq!(place["region"]["startLine"], line);
    assert_eq!(place["region"]["startColumn"], column);
    assert_eq!(place["region"]["endLine"], line);
    assert_eq!(place["region"]["endColumn"], column + "email.send_welcome".len());
    assert_eq!(circle["relatedLocations"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_sound_topology_is_a_run_without_results() {
    assert_eq!(log("topologies/units.yaml")["runs"][0]["results"], serde_json::json!([]));
}

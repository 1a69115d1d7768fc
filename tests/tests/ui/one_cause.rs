//! One mistake in a real system is few findings: something is taken out, or put on a bridge that stays in its process.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::case;

/// So many more findings of one rule may come of one change: each of them is one cause in one place.
const MOST: usize = 6;

fn systems() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("systems");
    let files = super::names(&folder).into_iter().filter(|name| name.ends_with(".yaml"));
    let read = |name: String| {
        let text = fs::read_to_string(folder.join(&name)).expect("a file that can be read");
        let system = serde_yaml::from_str(&text).expect("a topology is YAML");
        (name, system)
    };
    files.map(read).collect()
}

/// How many findings each rule has. JSON is YAML.
fn found(system: &Value) -> BTreeMap<&'static str, usize> {
    let compiled = case::findings(&serde_json::to_string_pretty(system).expect("it is JSON"));
    let mut found = BTreeMap::new();
    for finding in compiled.findings.iter() {
        *found.entry(finding.code).or_default() += 1;
    }
    found
}

fn entries<'v>(system: &'v mut Value, section: &str) -> Option<&'v mut Map<String, Value>> {
    system.get_mut(section)?.as_object_mut()
}

/// All changes of one kind: what was changed, and what it became.
fn changed(system: &Value) -> Vec<(String, Value)> {
    let mut changes = Vec::new();
    for section in ["events", "queues", "state", "services", "environments"] {
        let names: Vec<String> =
            system[section].as_object().into_iter().flat_map(Map::keys).map(ToString::to_string).collect();
        for name in names {
            let mut changed = system.clone();
            entries(&mut changed, section).expect("it is there").remove(&name);
            changes.push((format!("{section}.{name} taken out"), changed));
        }
    }
    let environments = system["environments"].as_object().expect("environments");
    for (name, environment) in environments {
        let mut change = |what: String, key: &str, value: Option<Value>| {
            let mut changed = system.clone();
            let environment = changed["environments"][name].as_object_mut().expect("keys");
            match value {
                Some(value) => drop(environment.insert(key.to_owned(), value)),
                None => drop(environment.remove(key)),
            }
            changes.push((what, changed));
        };
        change(format!("{name} is hard"), "ephemeral", Some(false.into()));
        for key in ["event_bridge", "queue_bridge", "state_store"] {
            if environment.get(key).is_some() {
                change(format!("{name} without {key}"), key, None);
                change(format!("{key} of {name} in memory"), key, Some("in_memory".into()));
            }
        }
    }
    changes
}

#[test]
fn one_mistake_is_few_findings() {
    let mut problems = Vec::new();
    let mut changes = 0;
    for (name, system) in systems() {
        let before = found(&system);
        for (what, changed) in changed(&system) {
            changes += 1;
            for (rule, count) in found(&changed) {
                let more = count.saturating_sub(before.get(rule).copied().unwrap_or_default());
                if more > MOST {
                    problems.push(format!("{name}, {what}: {more} findings of {rule}"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(changes > 80, "{changes}");
}

//! One change to a topology, at every place where it can be made.

use serde_json::Value;

/// Topologies that are changed at one place each, with the place.
pub(crate) type Mutants = Vec<(String, Value)>;

/// What is done at a place: whether it could be.
pub(crate) type Edit = fn(&mut Value, &str) -> bool;

/// The keys on the way to every value that a pattern means: `services.*.commands.*.timeout`.
fn places(document: &Value, pattern: &str) -> Vec<Vec<String>> {
    let mut found: Vec<(Vec<String>, &Value)> = vec![(Vec::new(), document)];
    for part in pattern.split('.') {
        let mut next = Vec::new();
        for (path, value) in found {
            let inner: Vec<(String, &Value)> = match value {
                Value::Object(map) if part == "*" => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
                Value::Array(items) if part == "*" => {
                    items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
                }
                Value::Object(map) => map.get(part).map(|value| (part.to_owned(), value)).into_iter().collect(),
                _ => Vec::new(),
            };
            next.extend(inner.into_iter().map(|(key, value)| ([path.as_slice(), &[key]].concat(), value)));
        }
        found = next;
    }
    found.into_iter().map(|(path, _)| path).collect()
}

fn inner<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    match value {
        Value::Object(map) => map.get_mut(key),
        Value::Array(items) => key.parse::<usize>().ok().and_then(|index| items.get_mut(index)),
        _ => None,
    }
}

/// The edit at every place of some patterns. It is given what holds the place, and the last key on the way.
pub(crate) fn at(document: &Value, patterns: &[&str], edit: Edit) -> Mutants {
    let mut mutants = Vec::new();
    for path in patterns.iter().flat_map(|pattern| places(document, pattern)) {
        let mut mutant = document.clone();
        let Some((last, way)) = path.split_last() else { continue };
        let holder = way.iter().try_fold(&mut mutant, |value, key| inner(value, key));
        if holder.is_some_and(|holder| edit(holder, last)) {
            mutants.push((path.join("."), mutant));
        }
    }
    mutants
}

/// Takes it out.
pub(crate) fn remove(holder: &mut Value, key: &str) -> bool {
    match holder {
        Value::Object(map) => map.remove(key).is_some(),
        Value::Array(items) => {
            key.parse().is_ok_and(|index: usize| index < items.len() && !items.remove(index).is_null())
        }
        _ => false,
    }
}

/// Adds a letter to the text that is there.
pub(crate) fn misspell(holder: &mut Value, key: &str) -> bool {
    let Some(value) = inner(holder, key) else { return false };
    let Some(text) = value.as_str().map(|text| format!("{text}x")) else { return false };
    *value = Value::String(text);
    true
}

/// Puts something else there, if it is something else.
pub(crate) fn put(holder: &mut Value, key: &str, new: Value) -> bool {
    let before = inner(holder, key).cloned();
    match holder {
        Value::Object(map) => {
            map.insert(key.to_owned(), new.clone());
        }
        Value::Array(_) => {
            let Some(value) = inner(holder, key) else { return false };
            *value = new.clone();
        }
        _ => return false,
    }
    before != Some(new)
}

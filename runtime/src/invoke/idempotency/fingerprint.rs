//! What tells one input from another: a hash of its canonical JSON.

use serde::Serialize;
use serde_json::Value;

use crate::fault::{Fault, FaultClass};

/// The fingerprint of an input, as text.
///
/// Fields are sorted by their names, and numbers are as `serde_json` prints them. The elements of an array stay in
/// their order: another order is another input.
pub(super) fn fingerprint<T: Serialize>(input: &T) -> Result<String, Fault> {
    let mut text = String::new();
    write(&value(input)?, &mut text);
    Ok(format!("{:032x}", hash(text.as_bytes())))
}

fn value<T: Serialize>(input: &T) -> Result<Value, Fault> {
    // Numbers beyond 64 bits have no place in a value that is not text.
    let written = serde_json::to_value(input)
        .or_else(|_| serde_json::to_vec(input).and_then(|text| serde_json::from_slice(&text)));
    written.map_err(|error| Fault::of(FaultClass::Malformed, error))
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(elements) => {
            text.push('[');
            for element in elements {
                write(element, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (name, field) in fields {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                write(field, text);
                text.push(',');
            }
            text.push('}');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

/// FNV-1a, 128 bits: the same in every process and version. <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>
///
/// Whoever makes two inputs with one hash, under one key and for one tenant, gets an answer that is theirs already.
fn hash(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use serde_json::json;

    use super::*;

    fn of(input: &impl Serialize) -> String {
        fingerprint(input).unwrap()
    }

    #[test]
    fn the_order_of_fields_does_not_count() {
        let map: HashMap<_, _> = (0..100).map(|number| (number.to_string(), number)).collect();
        let other: HashMap<_, _> = (0..100).rev().map(|number| (number.to_string(), number)).collect();
        assert_eq!(of(&map), of(&other));
    }

    #[test]
    fn another_input_has_another_fingerprint() {
        let inputs = [
            json!(1),
            json!("1"),
            json!([1]),
            json!([[1]]),
            json!([1, 2]),
            json!([2, 1]),
            json!({ "a": [1, { "b": [1, 2] }] }),
            json!({ "a": [1, { "b": [2, 1] }] }),
            json!([1, 1]),
            json!({ "a": 1 }),
            json!({ "a": "1" }),
            json!({ "a": 1, "b": null }),
            json!({ "a,b": 1 }),
            json!(null),
            json!(""),
        ];
        let distinct: HashSet<_> = inputs.iter().map(of).collect();
        assert_eq!(distinct.len(), inputs.len());
    }

    #[test]
    fn numbers_may_have_128_bits() {
        assert_ne!(of(&u128::MAX), of(&1_u128));
    }
}

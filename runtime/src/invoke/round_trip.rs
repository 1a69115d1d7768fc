//! Whether a value is the same once it has gone through JSON, as it does on its way to another unit. In one process it
//! stays what it is, and a handler would get something else, or nothing, the day it is deployed apart: so debug builds
//! and tests try it.

mod shape;

use std::any::type_name;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fault::panics::guarded;
use crate::fault::{Chain, Fault, FaultClass};
use shape::Shape;

/// Whether it is tried. Release builds never do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RoundTrips(pub(crate) bool);

impl Default for RoundTrips {
    fn default() -> Self {
        Self(true)
    }
}

/// A value is not the same once it has gone through JSON.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Changed {
    /// The type of the whole.
    of: &'static str,
    /// Where in it: `.samples[3].value`. Empty where it is the whole.
    path: String,
    what: String,
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, path, what } = self;
        write!(
            f,
            "`{of}` does not survive JSON: `{}{path}` is {what}; in another unit its handler would not get the same",
            short(of)
        )
    }
}

impl std::error::Error for Changed {}

impl From<Changed> for serde_json::Error {
    fn from(changed: Changed) -> Self {
        serde::de::Error::custom(changed)
    }
}

/// The last part of a type's path, without its parameters.
fn short(of: &str) -> &str {
    let name = of.split('<').next().unwrap_or(of);
    name.rsplit("::").next().unwrap_or(name)
}

impl RoundTrips {
    #[inline]
    pub(crate) fn are_tried(self) -> bool {
        cfg!(debug_assertions) && self.0
    }

    /// Whether a value is the same once it has gone through JSON, where this is tried at all.
    ///
    /// # Errors
    /// Where it is not, and how.
    pub(crate) fn survives<T: Serialize + DeserializeOwned>(self, value: &T) -> Result<(), Changed> {
        if !self.are_tried() {
            return Ok(());
        }
        guarded(|| compare(value)).unwrap_or_else(|panic| {
            let what = format!("nothing: it panics: {}", Chain(panic.cause()));
            Err(Changed { of: type_name::<T>(), path: String::new(), what })
        })
    }

    /// The same, as the fault that it is.
    pub(crate) fn check<T: Serialize + DeserializeOwned>(self, value: &T) -> Result<(), Fault> {
        self.survives(value).map_err(|changed| Fault::of(FaultClass::Malformed, changed))
    }
}

fn compare<T: Serialize + DeserializeOwned>(value: &T) -> Result<(), Changed> {
    let changed = |path: String, what: String| Changed { of: type_name::<T>(), path, what };
    let before =
        Shape::of(value).map_err(|error| changed(String::new(), format!("refused by its own `Serialize`: {error}")))?;
    let mut path = String::new();
    let refused = |error: serde_json::Error| {
        let mut path = String::new();
        match before.awkward(&mut path) {
            Some(what) => changed(path, what),
            None => changed(String::new(), format!("not read back: {error}")),
        }
    };
    let json = serde_json::to_vec(value).map_err(refused)?;
    let copy: T = serde_json::from_slice(&json).map_err(refused)?;
    let after =
        Shape::of(&copy).map_err(|error| changed(String::new(), format!("refused by its own `Serialize`: {error}")))?;
    match before.difference(&after, &mut path) {
        None => Ok(()),
        Some((before, after)) => Err(changed(path, format!("{before}, and is read back as {after}"))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

    use serde::Deserialize;

    use super::*;

    #[derive(Clone, Debug, Deserialize, Serialize)]
    struct Reading {
        samples: Vec<Sample>,
        by: HashMap<String, Sample>,
        kind: Kind,
    }

    #[derive(Clone, Debug, Default, Deserialize, Serialize)]
    struct Sample {
        value: f64,
        limit: Option<Option<u8>>,
    }

    #[derive(Clone, Debug, Deserialize, Serialize)]
    enum Kind {
        Plain,
        Scaled { by: f32 },
        Pair(i128, ()),
    }

    fn reading() -> Reading {
        Reading { samples: vec![Sample::default(); 2], by: HashMap::new(), kind: Kind::Plain }
    }

    fn says<T: Serialize + DeserializeOwned>(value: &T) -> String {
        compare(value).unwrap_err().to_string()
    }

    #[test]
    fn what_is_read_back_as_something_else_is_said_with_its_place() {
        let mut nan = reading();
        nan.samples[1].value = f64::NAN;
        let said = says(&nan);
        assert!(said.contains("Reading.samples[1].value` is NaN, for which JSON has no number"), "{said}");
        let mut nested = reading();
        nested.by.insert("a".to_owned(), Sample { limit: Some(None), ..Sample::default() });
        let said = says(&nested);
        assert!(said.contains("Reading.by[\"a\"].limit` is Some(None), and is read back as None"), "{said}");
        let said = says(&Reading { kind: Kind::Scaled { by: f32::INFINITY }, ..reading() });
        assert!(said.contains("Reading.kind::Scaled.by` is inf"), "{said}");
        assert!(says(&BTreeMap::from([((1, 2), 3)])).contains("a map with the key a list of 2, which is no text"));
        assert!(says(&Some(())).contains("is Some(()), and is read back as None"));
        assert!(says(&BTreeMap::from([(None::<u8>, 3)])).contains("key None"));
        let behind = BTreeMap::from([(Some(1_u8), f64::NAN)]);
        assert!(says(&behind).contains("NaN, for which JSON has no number"), "{}", says(&behind));
    }

    #[test]
    fn what_is_the_same_is_the_same() {
        let numbers =
            [0.1, -0.0, f64::MIN_POSITIVE / 3.0, f64::MAX, f64::EPSILON, 1.0 / 3.0, 5e-324, 2.225_073_858_507_201e-308];
        compare(&numbers.to_vec()).unwrap();
        // Of many that are drawn, as they come from computing.
        let mut draw = fastrand::Rng::with_seed(7);
        let drawn = (0..20_000).map(|_| f64::from_bits(draw.u64(..))).filter(|number| number.is_finite());
        compare(&drawn.collect::<Vec<f64>>()).unwrap();
        compare(&[f32::MIN_POSITIVE, 0.1, f32::MAX]).unwrap();
        compare(&(u64::MAX, i64::MIN, u128::MAX, i128::MIN)).unwrap();
        compare(&(String::new(), "x".repeat(100_000), '\u{0}', "\u{2028}🦀".to_owned())).unwrap();
        compare(&(0..100).collect::<HashSet<u32>>()).unwrap();
        compare(&(0..100).map(|n| (n, BTreeSet::from([n.to_string()]))).collect::<HashMap<u32, _>>()).unwrap();
        compare(&vec![HashMap::from([(true, 'x'), (false, 'y')]); 3]).unwrap();
        compare(&Reading { kind: Kind::Pair(-1, ()), ..reading() }).unwrap();
        compare(&(None::<u8>, Some(7), ())).unwrap();
        compare(&serde_json::json!({"a": [1, -1, 1.5, null, {"b": 18_446_744_073_709_551_615_u64}]})).unwrap();
    }
}

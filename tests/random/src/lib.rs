//! Random topologies over the whole language, as they were accepted and generated, with handlers that take every edge.
//!
//! Nothing in here may be warned of: what is accepted compiles in silence.
#![deny(warnings)]
#![recursion_limit = "256"]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

include!(concat!(env!("OUT_DIR"), "/all.rs"));

/// Edges that were taken, and why others could not be.
static TAKEN: Mutex<BTreeMap<&'static str, Option<String>>> = Mutex::new(BTreeMap::new());

/// Notes that an edge was taken, or why it could not be.
pub fn taken<T, E: Debug>(edge: &'static str, done: Result<T, E>) {
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    match done {
        Ok(_) => drop(taken.insert(edge, None)),
        Err(error) => drop(taken.entry(edge).or_insert_with(|| Some(format!("{error:?}")))),
    }
}

/// Waits for edges to be taken: those that were not.
pub async fn missing(expected: &[&'static str]) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let missing: Vec<String> = {
            let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
            let why = |edge: &&'static str| match taken.get(edge) {
                Some(None) => None,
                Some(Some(error)) => Some(format!("{edge}: {error}")),
                None => Some(format!("{edge}: never tried")),
            };
            expected.iter().filter_map(why).collect()
        };
        if missing.is_empty() || begun.elapsed() > Duration::from_secs(20) {
            return missing;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

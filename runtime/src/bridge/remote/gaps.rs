//! Counts what did not arrive, by the sequence that every publisher gives its events.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many publishers are remembered; then it begins anew, and knows of no gap before.
const PUBLISHERS: usize = 10_000;

/// The last event of each publisher that has arrived.
#[derive(Default)]
pub(crate) struct Gaps(Mutex<HashMap<String, u64>>);

impl Gaps {
    /// How many events of this publisher are missing between the one before and this one. Of the first that arrives nobody
    /// knows what was before it.
    pub(crate) fn before(&self, source: &str, sequence: u64) -> u64 {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last.get_mut(source) {
            let missing = sequence.saturating_sub(*last).saturating_sub(1);
            *last = sequence.max(*last);
            return missing;
        }
        if last.len() >= PUBLISHERS {
            last.clear();
        }
        last.insert(source.to_owned(), sequence);
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_in_between_is_counted() {
        let gaps = Gaps::default();
        let missing: Vec<u64> = [5, 6, 9, 8, 10].into_iter().map(|sequence| gaps.before("/a", sequence)).collect();
        assert_eq!(missing, [0, 0, 2, 0, 0]);
        assert_eq!(gaps.before("/b", 100), 0);
        assert_eq!(gaps.before("/a", u64::MAX), u64::MAX - 11);
    }
}

//! How long an entry has been in the store, by the clock of this process.
//!
//! Numbers are drawn in the order of commits: whoever sees the counter of a subject knows that every entry up to it is
//! there.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// When the counter of a subject was seen, and where it stood, oldest first.
#[derive(Default)]
pub(super) struct Sightings(VecDeque<Sighting>);

struct Sighting {
    at: Instant,
    last: u64,
}

/// Between two sightings that are kept.
const APART: Duration = Duration::from_millis(100);

impl Sightings {
    /// When an entry was first known to be there.
    pub(super) fn since(&self, number: u64) -> Option<Instant> {
        self.0.iter().find(|seen| seen.last >= number).map(|seen| seen.at)
    }

    /// The counter was seen to stand here.
    pub(super) fn add(&mut self, last: u64) {
        let at = Instant::now();
        if self.0.back().is_none_or(|seen| at - seen.at >= APART || seen.last > last) {
            self.0.push_back(Sighting { at, last });
        }
    }

    /// Forgets what says nothing of this entry and later ones.
    pub(super) fn forget_before(&mut self, number: u64) {
        while self.0.front().is_some_and(|seen| seen.last < number) {
            self.0.pop_front();
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_entry_is_as_old_as_the_first_sighting_of_it_or_a_later_one() {
        let mut seen = Sightings::default();
        let begin = Instant::now();
        seen.add(100);
        sleep(Duration::from_secs(1)).await;
        seen.add(150);
        seen.forget_before(100);
        assert_eq!(seen.since(100), Some(begin));
        assert_eq!(seen.since(101), Some(begin + Duration::from_secs(1)));
        assert_eq!(seen.since(151), None);
        seen.forget_before(101);
        assert_eq!(seen.since(100), Some(begin + Duration::from_secs(1)));
    }
}

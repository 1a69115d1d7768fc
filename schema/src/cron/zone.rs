//! How far the clocks of a place are ahead of UTC. Where that comes from is the caller's to say: the database of time
//! zones is a crate, and who is content with UTC does not need it.

use std::iter::successors;

/// The feature of the crate `pontoon` that brings the database of time zones.
pub const FEATURE: &str = "zones";

/// The clocks of a place. Times are seconds since 1970-01-01, UTC.
pub trait Zone {
    /// How far the clocks are ahead of UTC at a time, in seconds.
    fn offset(&self, time: i64) -> i64;

    /// When that changes after a time; none where it never does.
    fn next_change(&self, time: i64) -> Option<i64>;
}

/// Universal time, which never changes.
#[derive(Clone, Copy, Debug)]
pub struct Utc;

impl Zone for Utc {
    fn offset(&self, _: i64) -> i64 {
        0
    }

    fn next_change(&self, _: i64) -> Option<i64> {
        None
    }
}

/// A time in which the clocks are not changed.
pub(super) struct Stretch {
    pub(super) begin: i64,
    /// When they are changed.
    pub(super) end: i64,
    pub(super) offset: i64,
}

/// All of them from a time on.
pub(super) fn stretches(zone: &dyn Zone, begin: i64) -> impl Iterator<Item = Stretch> {
    let stretch = |begin| {
        let end = zone.next_change(begin).filter(|end| *end > begin).unwrap_or(i64::MAX);
        Stretch { begin, end, offset: zone.offset(begin) }
    };
    successors(Some(stretch(begin)), move |last| (last.end < i64::MAX).then(|| stretch(last.end)))
}

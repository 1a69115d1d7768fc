//! The settlements of a process: what becomes of the jobs that it has taken.

use std::time::Duration;

use super::deliveries::JobDelivery;
use super::fields::WrittenFields;
use super::group::Grouped;
use super::keys::QueueKeys;
use super::scripts::{self, ScriptCall, milliseconds};

/// The outcome of a delivery that is the last one of its job.
pub(super) const SETTLED: u32 = 1;

/// What becomes of a job.
pub(super) enum Becomes {
    Done,
    /// It comes again after a pause, with these fields.
    Again(Duration, WrittenFields),
    /// It is given back, after an attempt.
    Attempted,
    /// It is given back, and nobody has attempted it.
    Untouched,
}

/// A delivery that is settled.
pub(super) struct SettledJob {
    pub(super) delivery: JobDelivery,
    pub(super) becomes: Becomes,
}

/// Settles deliveries of a queue.
pub(super) struct Settlements {
    pub(super) keys: QueueKeys,
}

impl Grouped for Settlements {
    type Change = SettledJob;

    fn size(job: &SettledJob) -> usize {
        match &job.becomes {
            Becomes::Again(_, fields) => fields.bytes(),
            Becomes::Done | Becomes::Attempted | Becomes::Untouched => 0,
        }
    }

    fn call(&self, jobs: &[&SettledJob]) -> ScriptCall {
        let entries = || jobs.iter().map(|job| &*job.delivery.entry);
        let mut settle = scripts::settle(&self.keys);
        settle.arg(entries().min_by_key(|entry| place(entry))).arg(entries().max_by_key(|entry| place(entry)));
        settle.arg(jobs.len());
        for SettledJob { delivery, becomes } in jobs {
            settle.arg(&*delivery.entry).arg(delivery.number);
            match becomes {
                Becomes::Done => settle.arg("done").arg(0),
                Becomes::Again(pause, fields) => settle.arg(milliseconds(*pause)).fields(fields),
                Becomes::Attempted => settle.arg("attempted").arg(0),
                Becomes::Untouched => settle.arg("untouched").arg(0),
            };
        }
        settle
    }
}

/// The place of an entry in its stream: the milliseconds and the number in its id.
fn place(entry: &str) -> (u64, u64) {
    let (time, number) = entry.split_once('-').unwrap_or((entry, ""));
    (time.parse().unwrap_or_default(), number.parse().unwrap_or_default())
}

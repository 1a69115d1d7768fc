//! The jobs that a process puts into a queue.

use std::fmt::Write as _;
use std::iter;
use std::time::Duration;

use super::fields::WrittenFields;
use super::group::Grouped;
use super::keys::QueueKeys;
use super::scripts::{self, ScriptCall, milliseconds};
use crate::contract::queue_policy::QueuePolicy;
use crate::contract::subscription_policy::WhenFull;

/// The outcome of a job that finds no room.
pub(super) const FULL: u32 = 2;

/// A job to be put in.
pub(super) struct PushedJob {
    pub(super) fields: WrittenFields,
    pub(super) delay: Duration,
    /// The key of its deduplication id, where it has one.
    pub(super) seen: Option<String>,
}

impl PushedJob {
    /// The head of a job and those of its fields that differ from those of the job before it, as the script wants them.
    /// Jobs of one queue have most of their fields in common.
    fn differing<'j>(&'j self, before: &WrittenFields, head: &mut String, fields: &mut Vec<&'j [u8]>) {
        head.clear();
        let has_id = u8::from(self.seen.is_some());
        // A string takes whatever is written into it.
        let _ = write!(head, "{} {has_id} {}", milliseconds(self.delay), self.fields.count());
        let mut before = before.each();
        for (place, field) in (1..).zip(self.fields.each()) {
            if before.next() != Some(field) {
                let _ = write!(head, " {place}");
                fields.push(field);
            }
        }
    }
}

/// Puts jobs into a queue.
pub(super) struct Pushes {
    pub(super) keys: QueueKeys,
    pub(super) policy: QueuePolicy,
}

impl Grouped for Pushes {
    type Change = PushedJob;

    fn size(job: &PushedJob) -> usize {
        job.fields.bytes()
    }

    fn call(&self, jobs: &[&PushedJob]) -> ScriptCall {
        let when_full = if self.policy.when_full == WhenFull::DropOldest { "drop" } else { "" };
        let window = self.policy.remember.unwrap_or_default();
        let mut push = scripts::push(&self.keys, jobs.iter().filter_map(|job| job.seen.as_deref()));
        push.arg(self.policy.bound).arg(when_full).arg(milliseconds(window).max(1));
        let nothing = WrittenFields::default();
        let before = iter::once(&nothing).chain(jobs.iter().map(|job| &job.fields));
        let (mut head, mut differing) = (String::new(), Vec::new());
        for (job, before) in jobs.iter().zip(before) {
            job.differing(before, &mut head, &mut differing);
            push.arg(&head);
            for field in differing.drain(..) {
                push.arg(field);
            }
        }
        push
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(fields: &[(&str, &str)]) -> PushedJob {
        let mut written = WrittenFields::default();
        fields.iter().for_each(|(name, value)| written.add(name, value.as_bytes()));
        PushedJob { fields: written, delay: Duration::ZERO, seen: None }
    }

    #[test]
    fn only_fields_that_differ_are_sent() {
        let first = job(&[("data", "1"), ("id", "a"), ("type", "t")]);
        let second = PushedJob { seen: Some(String::new()), ..job(&[("data", "2"), ("id", "a"), ("type", "t")]) };
        let third = PushedJob { delay: Duration::from_millis(7), ..job(&[("data", "2"), ("id", "b")]) };
        let longer = job(&[("data", "2"), ("id", "b"), ("x", "y")]);
        let nothing = WrittenFields::default();
        for (job, before, says, fields) in [
            (&first, &nothing, "0 0 6 1 2 3 4 5 6", vec!["data", "1", "id", "a", "type", "t"]),
            (&second, &first.fields, "0 1 6 2", vec!["2"]),
            (&third, &second.fields, "7 0 4 4", vec!["b"]),
            (&longer, &third.fields, "0 0 6 5 6", vec!["x", "y"]),
        ] {
            let (mut head, mut differing) = (String::from("before"), Vec::new());
            job.differing(before, &mut head, &mut differing);
            assert_eq!(head, says);
            assert_eq!(differing, fields.iter().map(|field| field.as_bytes()).collect::<Vec<_>>());
        }
    }
}

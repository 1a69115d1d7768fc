//! The versions of the NATS server that lose events, or are misled by an ack.

/// The versions that can lose events of a durable consumer when they are killed.
pub(super) const LOSES_ON_A_KILL: &str = "2.9.7 to 2.9.15";

/// Whether a server of this version can lose events of a durable consumer when it is killed. On its way up it drops
/// from a stream what all consumers have acknowledged, and leaves out of "all" those whose state it can't read: a kill
/// while it was being written is enough (`checkForOrphanMsgs` of nats-server, from 2.9.7 until it was written anew in
/// 2.9.16).
pub(super) fn loses_on_a_kill(version: &str) -> bool {
    numbers(version).is_some_and(|version| ((2, 9, 7)..(2, 9, 16)).contains(&version))
}

/// Whether a server of this version takes the acknowledgement of a message that it has not delivered, as it has started
/// since, for one of all before it, too: it then drops messages that the consumer has not had (`processAckMsg` of
/// nats-server, which moves the floors only for what is pending from 2.10.16 on).
pub(super) fn is_misled(version: &str) -> bool {
    numbers(version).is_some_and(|version| version < (2, 10, 16))
}

/// `2.9.10`, `2.9.16-RC.2`
fn numbers(version: &str) -> Option<(u64, u64, u64)> {
    let (numbers, _) = version.split_once('-').unwrap_or((version, ""));
    let mut numbers = numbers.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::{is_misled, loses_on_a_kill};

    #[test]
    fn the_versions_that_lose_events_are_known() {
        for version in ["2.9.7", "2.9.10", "2.9.15", "2.9.15-RC.1"] {
            assert!(loses_on_a_kill(version), "{version}");
        }
        for version in ["2.9.6", "2.9.16", "2.9.25", "2.10.0-beta.1", "2.10.9", "3.9.10", "2.9", "", "2.9.x"] {
            assert!(!loses_on_a_kill(version), "{version}");
        }
    }

    #[test]
    fn the_versions_that_are_misled_are_known() {
        for version in ["2.2.0", "2.9.10", "2.9.25", "2.10.0-beta.1", "2.10.15"] {
            assert!(is_misled(version), "{version}");
        }
        for version in ["2.10.16", "2.10.29", "2.11.0", "2.14.1", "3.0.0", "", "2.x.1"] {
            assert!(!is_misled(version), "{version}");
        }
    }
}

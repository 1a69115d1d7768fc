//! What is known of versions of the NATS server.

/// The versions that can lose events of a durable consumer when they are killed.
pub(super) const LOSES_ON_A_KILL: &str = "2.9.7 to 2.9.15";

/// Whether a server of this version can lose events of a durable consumer when it is killed. On its way up it drops from a stream
/// what all consumers have acknowledged, and leaves out of "all" those whose state it can't read: a kill while it was being written
/// is enough (`checkForOrphanMsgs` of nats-server, from 2.9.7 until it was written anew in 2.9.16).
pub(super) fn loses_on_a_kill(version: &str) -> bool {
    // `2.9.10`, `2.9.16-RC.2`
    let (numbers, _) = version.split_once('-').unwrap_or((version, ""));
    let mut numbers = numbers.split('.').map(str::parse::<u64>);
    let mut next = || numbers.next().and_then(Result::ok);
    (next(), next()) == (Some(2), Some(9)) && next().is_some_and(|patch| (7..=15).contains(&patch))
}

#[cfg(test)]
mod tests {
    use super::loses_on_a_kill;

    #[test]
    fn the_versions_that_lose_events_are_known() {
        for version in ["2.9.7", "2.9.10", "2.9.15", "2.9.15-RC.1"] {
            assert!(loses_on_a_kill(version), "{version}");
        }
        for version in ["2.9.6", "2.9.16", "2.9.25", "2.10.0-beta.1", "2.10.9", "3.9.10", "2.9", "", "2.9.x"] {
            assert!(!loses_on_a_kill(version), "{version}");
        }
    }
}

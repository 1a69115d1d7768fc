//! The taking of jobs: by a script that looks everywhere, and where there are many, without it.

use std::time::Duration;

use redis::{RedisResult, pipe};

use super::fields::ReadFields;
use super::keys::QueueKeys;
use super::queue_connection::QueueConnection;
use super::scripts::{self, milliseconds};
use crate::bridge::BridgeError;

/// A job that was taken: its entry, the number of its delivery, and its fields.
pub(super) type TakenEntry = (String, u32, ReadFields);

/// Jobs that were taken.
pub(super) struct TakenJobs {
    pub(super) jobs: Vec<TakenEntry>,
    /// Whether there are as many as were wanted: probably there are more.
    pub(super) is_enough: bool,
    /// What else there is, where everything was looked at.
    pub(super) look: Option<Look>,
}

/// What else there is than the jobs that were taken.
pub(super) struct Look {
    /// Where to go on looking for what others have left; empty where that was not looked for.
    pub(super) cursor: String,
    /// When the next job is due that waits for its time.
    pub(super) due: Option<Duration>,
    /// The last entry of the stream, where there were no jobs.
    pub(super) last: String,
}

/// What the script replies: where to go on looking for what others have left, in how many milliseconds the next job is
/// due, the last entry of the stream where there are no jobs, and the jobs.
type ReadScript = (String, i64, String, Vec<TakenEntry>);

/// What `XREADGROUP` replies: of each stream its entries.
type ReadStreams = Option<Vec<(String, Vec<(String, ReadFields)>)>>;

/// The replies to what asks for the server's time, for the first job that waits for its own, and for jobs.
type Replies = (RedisResult<ServerTime>, RedisResult<Vec<(String, f64)>>, RedisResult<ReadStreams>);

/// Seconds, and microseconds beside them.
type ServerTime = (u64, u64);

/// Takes jobs that wait, are due, or were left by others, where it is time to look for those.
pub(super) async fn take(
    connection: &QueueConnection,
    keys: &QueueKeys,
    wanted: u32,
    left: Option<(String, Duration)>,
) -> Result<TakenJobs, BridgeError> {
    let (cursor, lease) = left.unwrap_or_default();
    let mut script = scripts::take(keys);
    script.arg(wanted).arg(milliseconds(lease)).arg(cursor);
    let (cursor, due, last, jobs): ReadScript = connection.run(&script).await?;
    let due = u64::try_from(due).ok().map(Duration::from_millis);
    Ok(TakenJobs { is_enough: is_enough(&jobs, wanted), jobs, look: Some(Look { cursor, due, last }) })
}

/// Takes jobs that wait, of which there are probably enough, without a script: to that, their fields would be handed
/// one by one. Once a job is due that has waited for its time, it is not enough, and the script is next.
pub(super) async fn take_many(
    connection: &QueueConnection,
    keys: &QueueKeys,
    wanted: u32,
) -> Result<TakenJobs, BridgeError> {
    let mut commands = pipe();
    commands.cmd("TIME").cmd("ZRANGE").arg(&keys.later).arg(0).arg(0).arg("WITHSCORES");
    commands.cmd("XREADGROUP").arg("GROUP").arg("workers").arg("worker").arg("COUNT").arg(wanted);
    // What is wrong with one is not lost with the jobs that another has taken.
    commands.arg("STREAMS").arg(&keys.jobs).arg(">").ignore_errors();
    let commands = &commands;
    let (time, first, streams) = connection
        .ask(|mut connection| async move {
            let (time, first, streams): Replies = commands.query_async(&mut connection).await?;
            Ok((time, first, streams?))
        })
        .await?;
    let entries = streams.into_iter().flatten().flat_map(|(_, entries)| entries);
    let jobs: Vec<_> = entries.map(|(entry, fields)| (entry, 1, fields)).collect();
    let is_enough = is_enough(&jobs, wanted) && !is_due(time, first);
    Ok(TakenJobs { is_enough, jobs, look: None })
}

/// Whether there is a job whose time has come, as far as it is known.
fn is_due(time: RedisResult<ServerTime>, first: RedisResult<Vec<(String, f64)>>) -> bool {
    let (Ok((seconds, micros)), Ok(first)) = (time, first) else { return true };
    let now = seconds.saturating_mul(1000).saturating_add(micros / 1000);
    first.iter().any(|(_, due)| *due <= now as f64)
}

fn is_enough(jobs: &[TakenEntry], wanted: u32) -> bool {
    u32::try_from(jobs.len()).is_ok_and(|count| count >= wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_due_when_the_server_says_so() {
        let first = |due| Ok(vec![("1".to_owned(), due)]);
        assert!(is_due(Ok((7, 5_999)), first(7_005.0)));
        assert!(!is_due(Ok((7, 4_999)), first(7_005.0)));
        assert!(!is_due(Ok((7, 4_999)), Ok(Vec::new())));
        let unknown = || redis::RedisError::from((redis::ErrorKind::Client, "unknown"));
        assert!(is_due(Err(unknown()), Ok(Vec::new())) && is_due(Ok((7, 0)), Err(unknown())));
    }
}

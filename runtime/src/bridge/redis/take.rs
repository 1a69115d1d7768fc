//! The taking of jobs: by a script that looks everywhere, and where there are many, without their fields going through
//! it.

use std::time::Duration;

use redis::cmd;

use super::fields::ReadFields;
use super::job_queue::milliseconds;
use super::keys::QueueKeys;
use super::queue_connection::QueueConnection;
use super::scripts;
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

/// Takes jobs that wait or are due, of which there are probably enough. The server replies with their fields as they
/// are: to a script they would be handed one by one.
pub(super) async fn take_many(
    connection: &QueueConnection,
    keys: &QueueKeys,
    wanted: u32,
) -> Result<TakenJobs, BridgeError> {
    let mut script = scripts::take(keys);
    script.arg(0).arg(0).arg("");
    let mut read = cmd("XREADGROUP");
    read.arg("GROUP").arg("workers").arg("worker").arg("COUNT").arg(wanted).arg("STREAMS").arg(&keys.jobs).arg(">");
    let (script, read) = (&script, &read);
    let streams: ReadStreams = connection
        .ask(|mut commands| async move {
            // What is wrong with the script is not lost: it comes up when there is nothing left to read.
            let (_, read) = script.ask_with::<ReadScript, ReadStreams>(read, &mut commands).await?;
            read
        })
        .await?;
    let entries = streams.into_iter().flatten().flat_map(|(_, entries)| entries);
    let jobs: Vec<_> = entries.map(|(entry, fields)| (entry, 1, fields)).collect();
    Ok(TakenJobs { is_enough: is_enough(&jobs, wanted), jobs, look: None })
}

fn is_enough(jobs: &[TakenEntry], wanted: u32) -> bool {
    u32::try_from(jobs.len()).is_ok_and(|count| count >= wanted)
}

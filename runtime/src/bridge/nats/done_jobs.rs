//! Removes jobs that are done from the streams of queues. A server that was killed may have some of them again: what it
//! had removed, and not yet written down that it had. Nobody gets them, but they are counted, and take up the bound.
//!
//! What its consumer has acknowledged up to a job, is done. That ends at a job which the consumer takes for being
//! worked on; and where the stream does not have that one any more, it may never hear of it again: 2.9.10 keeps such in
//! mind for as long as the stream has anything before them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join_all, pending};
use serde::Serialize;
use serde::de::IgnoredAny;
use tokio::time::sleep;

use crate::bridge::BridgeError;
use crate::bridge::nats::ack_subject::AckKind;
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::declarations::Declarations;
use crate::bridge::nats::jetstream_api::{EmptyRequest, JetStreamApi};
use crate::bridge::nats::jetstream_objects::{ConsumerInfo, StreamInfo};
use crate::bridge::nats::live_connection::LiveConnection;
use crate::bridge::nats::names;
use crate::contract::policy::Backoff;
use crate::one_line::OneLine;

/// Between two looks at a queue, until all jobs are done that it had when the connection began.
const LOOKS: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));

/// Of how many jobs that are gone the server is asked which they are: they come in one message.
const MOST_GONE: u64 = 100_000;

/// How many of them are acknowledged at a look: the others are at the next ones.
const AT_A_LOOK: usize = 10_000;

/// The removal of jobs that are acknowledged from the streams of queues.
pub(super) struct DoneJobs {
    pub(super) connection: Arc<Connection>,
    pub(super) api: JetStreamApi,
    pub(super) declarations: Arc<Declarations>,
}

/// `$JS.API.STREAM.PURGE`: up to which message, and not with it.
#[derive(Serialize)]
struct PurgeRequest {
    #[serde(rename = "seq")]
    before: u64,
}

/// `$JS.API.STREAM.INFO` with the messages that are gone.
#[derive(Serialize)]
struct GoneMessagesRequest {
    deleted_details: bool,
}

/// What the consumer had acknowledged at the looks so far.
#[derive(Default)]
struct Looks {
    /// The last message at the first one.
    last: Option<u64>,
    /// Up to where all was done at the one before.
    done: Option<u64>,
    /// Up to which job those are acknowledged that are gone: once is enough.
    gone: u64,
}

impl DoneJobs {
    /// Looks at each queue whenever there is a new connection, until the bridge is closed.
    pub(super) async fn run(self) {
        let mut connections = self.connection.subscribe();
        loop {
            let live = connections.borrow_and_update().clone();
            let removing = async {
                if let Some(live) = live {
                    let queues = self.declarations.lists().queues.clone();
                    join_all(queues.iter().map(|queue| self.remove(&live, queue.subject))).await;
                }
                pending::<()>().await;
            };
            tokio::select! {
                () = removing => {}
                changed = connections.changed() => if changed.is_err() { return },
                () = self.connection.state.closed() => return,
            }
        }
    }

    /// Removes those of one queue, and is done once there can be no more, or where it may not.
    async fn remove(&self, live: &LiveConnection, queue: &'static str) {
        let stream = names::queue_stream(queue);
        let (mut seen, mut looks) = (Looks::default(), 0);
        loop {
            match self.look(live, &stream, &mut seen).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error @ BridgeError::Denied(_)) => {
                    tracing::warn!(target: "pontoon", queue, error = %OneLine(&error), "jobs that are done may be kept, and count as waiting");
                    return;
                }
                Err(error) => {
                    tracing::debug!(target: "pontoon", queue, error = %OneLine(&error), "jobs that are done may be kept");
                }
            }
            looks += 1;
            sleep(LOOKS.after(looks)).await;
        }
    }

    /// Removes what all workers are done with. Says whether that is all that there was at the first look.
    async fn look(&self, live: &LiveConnection, stream: &str, seen: &mut Looks) -> Result<bool, BridgeError> {
        let what = format!("CONSUMER.INFO.{stream}.{}", names::WORKERS);
        let workers: Option<ConsumerInfo> = self.api.find(live, &what, &EmptyRequest {}).await?;
        let what = format!("STREAM.INFO.{stream}");
        let found: Option<StreamInfo> = self.api.find(live, &what, &EmptyRequest {}).await?;
        let (Some(workers), Some(StreamInfo { state, .. })) = (workers, found) else { return Ok(false) };
        let last = *seen.last.get_or_insert(state.last_sequence);
        let done = workers.ack_floor.stream;
        let is_stuck = seen.done.replace(done) == Some(done) && workers.num_ack_pending > 0;
        if is_stuck && (1..=MOST_GONE).contains(&state.gone) {
            self.end_what_is_gone(live, stream, &workers, seen).await?;
        }
        if state.messages > 0 && state.first_sequence <= done {
            let purge = PurgeRequest { before: done.saturating_add(1) };
            let _: Option<IgnoredAny> = self.api.find(live, &format!("STREAM.PURGE.{stream}"), &purge).await?;
        }
        Ok(done >= last)
    }

    /// Acknowledges those jobs that the consumer may take for being worked on, and that the stream does not have any
    /// more.
    async fn end_what_is_gone(
        &self,
        live: &LiveConnection,
        stream: &str,
        workers: &ConsumerInfo,
        seen: &mut Looks,
    ) -> Result<(), BridgeError> {
        if !self.declarations.pull_consumers().iter().any(|consumer| consumer.has_workers_of(stream)) {
            return Ok(());
        }
        let what = format!("STREAM.INFO.{stream}");
        let found = self.api.find::<StreamInfo>(live, &what, &GoneMessagesRequest { deleted_details: true }).await?;
        let gone = found.and_then(|found| found.state.deleted).unwrap_or_default();
        let first = workers.ack_floor.stream.max(seen.gone).saturating_add(1);
        let delivered = first..=workers.delivered.stream;
        for sequence in gone.into_iter().filter(|sequence| delivered.contains(sequence)).take(AT_A_LOOK) {
            // With the number of no delivery: an old server takes nothing before it for done (`processAckMsg`).
            let subject = format!("$JS.ACK.{stream}.{}.1.{sequence}.0.0.0", names::WORKERS);
            live.acknowledge(&AckKind::Ack, &subject).await?;
            seen.gone = sequence;
        }
        Ok(())
    }
}

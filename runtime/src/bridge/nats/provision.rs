//! Provisions the streams and consumers that the server has to have: creates them, or only verifies that they are
//! there. Several units do it at the same time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use tokio::time::{Duration, sleep};

use crate::bridge::BridgeError;
use crate::bridge::nats::declarations::Declarations;
use crate::bridge::nats::error::{ErrorCode, JetStreamError};
use crate::bridge::nats::event_stream::{EventStream, StreamPresence};
use crate::bridge::nats::jetstream_api::{EmptyRequest, JetStreamApi};
use crate::bridge::nats::jetstream_objects::{ConsumerConfig, ConsumerInfo, RetentionPolicy, StreamConfig, StreamInfo};
use crate::bridge::nats::live_connection::LiveConnection;
use crate::bridge::nats::stream_config::{
    beginning, consumer, consumer_differs, dead_letters, events, stream_differs, work_queue, workers,
};
use crate::bridge::nats::version::{self, LOSES_ON_A_KILL};
use crate::one_line::OneLine;
use crate::sync::Mutex;

/// How often a stream is looked for that somebody else may be creating, and the pause in between.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// On how many servers of a cluster a stream is kept, unless a setting says otherwise: two of them agree when one is
/// gone.
const REPLICAS: usize = 3;

/// What a server says that has too few others beside it.
const TOO_FEW: [ErrorCode; 3] =
    [ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED, ErrorCode::CLUSTER_NO_PEERS, ErrorCode::INSUFFICIENT_RESOURCES];

/// Provisions streams and durable consumers.
pub(super) struct Provisioner {
    pub(super) topology: &'static str,
    /// Whether nothing is created.
    pub(super) verify: bool,
    /// The replicas of a stream, where a setting says how many.
    pub(super) replicas: Option<usize>,
    pub(super) api: JetStreamApi,
    pub(super) declarations: Arc<Declarations>,
    pub(super) event_stream: Arc<EventStream>,
    pub(super) log: ProvisionLog,
}

/// The streams and consumers that were seen, and the findings that were logged once for all connections.
#[derive(Default)]
pub(super) struct ProvisionLog {
    /// The streams that are kept on few servers.
    few_replicas: Mutex<BTreeSet<String>>,
    /// The server loses events when it is killed.
    old_server: AtomicBool,
    /// The consumers that were there before.
    consumers_seen: Mutex<BTreeSet<String>>,
}

/// `$JS.API.CONSUMER.CREATE`: the consumer that is to be created.
#[derive(Serialize)]
struct ConsumerCreateRequest<'c> {
    stream_name: &'c str,
    config: &'c ConsumerConfig,
}

impl Provisioner {
    /// Creates or verifies what the server has to have.
    pub(super) async fn provision(&self, live: &LiveConnection) -> Result<(), BridgeError> {
        let (retained, queues, has_dead_letters, publishes) = {
            let lists = self.declarations.lists();
            (lists.retained.clone(), lists.queues.clone(), lists.dead_letters, lists.publishes)
        };
        for queue in &queues {
            self.look_at_version(live);
            let info = self.provide_stream(live, &work_queue(queue)).await?;
            self.provide_consumer(live, &info, &workers(queue)).await?;
        }
        if !retained.is_empty() {
            self.look_at_version(live);
            let info = self.provide_stream(live, &events(self.topology)).await?;
            for retained in &retained {
                self.provide_consumer(live, &info, &consumer(retained)).await?;
            }
            self.event_stream.found();
        } else if publishes {
            match self.event_stream.look(live).await? {
                StreamPresence::Present => self.event_stream.found(),
                StreamPresence::Absent => self.event_stream.gone(),
                // It stays as it was: a loss of the connection says nothing of the stream.
                StreamPresence::Unknown => {}
            }
        }
        if has_dead_letters {
            self.provide_stream(live, &dead_letters(self.topology)).await?;
        }
        Ok(())
    }

    async fn provide_stream(&self, live: &LiveConnection, must: &StreamConfig) -> Result<StreamInfo, BridgeError> {
        let title = format!("the stream `{}`", must.name);
        let info = match self.stream_info(live, &must.name).await {
            Err(error) if error.is(ErrorCode::STREAM_NOT_FOUND) => {
                if self.verify {
                    return Err(missing(&title));
                }
                self.create_or_find(live, must).await
            }
            found => found,
        };
        let info = info.map_err(|error| error.at(&title))?;
        self.look_at_replicas(&title, &info);
        agree(&title, &stream_differs(&info.config, must))?;
        Ok(info)
    }

    async fn stream_info(&self, live: &LiveConnection, name: &str) -> Result<StreamInfo, JetStreamError> {
        self.api.call(live, &format!("STREAM.INFO.{name}"), &EmptyRequest {}).await
    }

    async fn create_or_find(&self, live: &LiveConnection, must: &StreamConfig) -> Result<StreamInfo, JetStreamError> {
        match self.create(live, must).await {
            // Somebody else has created it in between, or another one that it does not go with.
            Err(error) if error.is(ErrorCode::STREAM_NAME_EXIST) => self.stream_info(live, &must.name).await,
            Err(error) if error.is(ErrorCode::STREAM_SUBJECT_OVERLAP) => {
                // Of two who create it at the same time, the server may tell one that the subjects are taken, before
                // it has what the other one creates.
                let mut looked = self.stream_info(live, &must.name).await;
                for _ in 0..LOOKS {
                    if !matches!(&looked, Err(error) if error.is(ErrorCode::STREAM_NOT_FOUND)) {
                        break;
                    }
                    sleep(PAUSE).await;
                    looked = self.stream_info(live, &must.name).await;
                }
                looked.map_err(|error| match error.is(ErrorCode::STREAM_NOT_FOUND) {
                    true => JetStreamError::Bridge(taken(must)),
                    false => error,
                })
            }
            created => created,
        }
    }

    /// Creates a stream, on as many servers as it is to be; where nothing says on how many, on those that there are.
    async fn create(&self, live: &LiveConnection, must: &StreamConfig) -> Result<StreamInfo, JetStreamError> {
        let what = format!("STREAM.CREATE.{}", must.name);
        let on = async |num_replicas| {
            let config = StreamConfig { num_replicas, ..must.clone() };
            self.api.call::<StreamInfo>(live, &what, &config).await
        };
        let refused = |error: &JetStreamError| TOO_FEW.iter().any(|code| error.is(*code));
        match self.replicas {
            None => match on(REPLICAS).await {
                Err(error) if refused(&error) => on(1).await,
                created => created,
            },
            Some(replicas) => on(replicas).await.map_err(|error| match &error {
                JetStreamError::Api(why) if refused(&error) => JetStreamError::Bridge(BridgeError::Mismatch(format!(
                    "the stream `{}` is to be kept on {replicas} servers (`replicas` of nats), and the NATS server says: \
                     {why}",
                    must.name
                ))),
                _ => error,
            }),
        }
    }

    /// Says so where a stream is kept on fewer servers than it is to be.
    fn look_at_replicas(&self, title: &str, info: &StreamInfo) {
        let cluster = info.cluster.as_ref().and_then(|cluster| cluster.name.as_deref()).filter(|name| !name.is_empty());
        let declared = self.replicas.unwrap_or(if cluster.is_some() { REPLICAS } else { 1 });
        let replicas = info.config.num_replicas;
        if replicas < declared && self.log.few_replicas.lock().insert(info.config.name.clone()) {
            tracing::warn!(
                target: "pontoon",
                replicas,
                declared,
                cluster,
                "{title} is kept on few servers: what they have is out of reach when they are gone; `nats stream update \
                 {} --replicas {declared}` changes it",
                info.config.name
            );
        }
    }

    /// Says so where the server's version loses events of a durable consumer when it is killed.
    fn look_at_version(&self, live: &LiveConnection) {
        let version = live.client.server_version();
        if version::loses_on_a_kill(version) && !self.log.old_server.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "pontoon",
                version = %OneLine(&version),
                "this NATS server can lose events when it is killed: versions {LOSES_ON_A_KILL}, when they start again \
                 and can't read how far one subscription is, drop what all others have had. Use 2.9.16 or later"
            );
        }
    }

    async fn provide_consumer(
        &self,
        live: &LiveConnection,
        stream: &StreamInfo,
        must: &ConsumerConfig,
    ) -> Result<(), BridgeError> {
        let (retention, state) = (stream.config.retention, &stream.state);
        let (stream, name) = (&stream.config.name, must.durable_name.as_deref().unwrap_or_default());
        let title = format!("the consumer `{name}` of the stream `{stream}`");
        let info = match self.api.call(live, &format!("CONSUMER.INFO.{stream}.{name}"), &EmptyRequest {}).await {
            Err(error) if error.is(ErrorCode::CONSUMER_NOT_FOUND) => {
                if self.verify {
                    return Err(missing(&title));
                }
                // Older servers change one that is there: so it is only created where none was.
                let what = format!("CONSUMER.CREATE.{stream}.{name}.{}", must.filter_subject);
                // What is in a queue is for its workers, whoever came first.
                let has_all = retention == RetentionPolicy::WorkQueue || self.log.consumers_seen.lock().contains(name);
                let config = &beginning(must.clone(), state, has_all);
                let request = ConsumerCreateRequest { stream_name: stream, config };
                self.api.call::<ConsumerInfo>(live, &what, &request).await
            }
            found => found,
        };
        let info = info.map_err(|error| error.at(&title))?;
        self.log.consumers_seen.lock().insert(name.to_owned());
        agree(&title, &consumer_differs(&info.config, must))
    }
}

fn taken(must: &StreamConfig) -> BridgeError {
    let (name, subjects) = (&must.name, must.subjects.join("`, `"));
    BridgeError::Mismatch(format!(
        "the stream `{name}` cannot be made: another stream of the NATS server has some of the subjects `{subjects}`; take \
         them away from it"
    ))
}

fn missing(title: &str) -> BridgeError {
    BridgeError::Mismatch(format!(
        "{title} is not there, and `provision: verify` only checks: make it, or let it be made (`provision: create`)"
    ))
}

fn agree(title: &str, differences: &[String]) -> Result<(), BridgeError> {
    if differences.is_empty() {
        return Ok(());
    }
    let differences = differences.join("; ");
    Err(BridgeError::Mismatch(format!(
        "{title} of the NATS server has other settings than it has to have: {differences}. Change it, or remove it and let \
         it be made"
    )))
}

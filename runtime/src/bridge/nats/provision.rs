//! What the server has to have: made, or only checked. Several units do it at the same time.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::consumer::{Config as ConsumerConfig, Info as ConsumerInfo};
use async_nats::jetstream::stream::{Config as StreamConfig, Info as StreamInfo};
use serde::Serialize;
use tokio::time::{Duration, sleep};

use crate::bridge::BridgeError;
use crate::bridge::nats::api::{EmptyRequest, JetStreamError};
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::live_connection::LiveConnection;
use crate::bridge::nats::objects::{begins, consumer, consumer_differs, dead_letters, events, stream_differs};
use crate::bridge::nats::version::{self, LOSES_ON_A_KILL};
use crate::one_line::OneLine;

/// How often a stream is looked for that somebody else may be making, and the pause in between.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// On how many servers of a cluster a stream is kept, unless a setting says otherwise: two of them agree when one is gone.
const REPLICAS: usize = 3;

/// What a server says that has too few others beside it.
const TOO_FEW: [ErrorCode; 3] =
    [ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED, ErrorCode::CLUSTER_NO_PEERS, ErrorCode::INSUFFICIENT_RESOURCES];

/// A consumer that is to be made.
#[derive(Serialize)]
struct ConsumerCreateRequest<'c> {
    stream_name: &'c str,
    config: &'c ConsumerConfig,
}

impl Connection {
    /// Makes or checks what the server has to have.
    pub(super) async fn provision(&self, session: &LiveConnection) -> Result<(), BridgeError> {
        let (consumers, has_dead_letters, has_topics) = {
            let lists = self.declared.lists();
            (lists.consumers.clone(), lists.dead_letters, lists.topics)
        };
        let stream = events(self.instance.topology);
        if !consumers.is_empty() {
            self.look_at_version(session);
            let info = self.provide_stream(session, &stream).await?;
            for kept in &consumers {
                self.provide_consumer(session, &info, &consumer(kept)).await?;
            }
            self.has_stream.store(true, Ordering::Relaxed);
        } else if has_topics {
            // What is not known stays as it was: a loss of the connection says nothing of the stream.
            if let Some(is_there) = self.is_there(session, &stream.name).await? {
                self.has_stream.store(is_there, Ordering::Relaxed);
            }
        }
        if has_dead_letters {
            self.provide_stream(session, &dead_letters(self.instance.topology)).await?;
        }
        Ok(())
    }

    /// Whether there is a stream, where none has to be. Nothing where we may not ask.
    pub(super) async fn is_there(&self, session: &LiveConnection, stream: &str) -> Result<Option<bool>, BridgeError> {
        let what = format!("STREAM.INFO.{stream}");
        match self.api_optional::<StreamInfo>(session, &what, &EmptyRequest {}).await {
            Ok(found) => Ok(Some(found.is_some())),
            Err(BridgeError::Denied(_)) => Ok(None),
            // Of a cluster that is between two leaders it says so, and nothing of the stream.
            Err(error) => Err(error),
        }
    }

    async fn provide_stream(&self, session: &LiveConnection, must: &StreamConfig) -> Result<StreamInfo, BridgeError> {
        let name = &must.name;
        let title = format!("the stream `{name}`");
        let look = async || self.api::<StreamInfo>(session, &format!("STREAM.INFO.{name}"), &EmptyRequest {}).await;
        let info = match look().await {
            Err(error) if is(&error, ErrorCode::STREAM_NOT_FOUND) => {
                if self.verify {
                    return Err(missing(&title));
                }
                match self.create(session, must).await {
                    // Somebody else has made it in between, or another one that it does not go with.
                    Err(error) if is(&error, ErrorCode::STREAM_NAME_EXIST) => look().await,
                    Err(error) if is(&error, ErrorCode::STREAM_SUBJECT_OVERLAP) => {
                        // Of two who make it at the same time, the server may tell one that the subjects are taken, before
                        // it has what the other one makes.
                        let mut looked = look().await;
                        for _ in 0..LOOKS {
                            if !matches!(&looked, Err(error) if is(error, ErrorCode::STREAM_NOT_FOUND)) {
                                break;
                            }
                            sleep(PAUSE).await;
                            looked = look().await;
                        }
                        looked.map_err(|error| match is(&error, ErrorCode::STREAM_NOT_FOUND) {
                            true => JetStreamError::Bridge(taken(&title, must)),
                            false => error,
                        })
                    }
                    made => made,
                }
            }
            found => found,
        };
        let info = info.map_err(|error| error.at(&title))?;
        self.look_at_replicas(&title, &info);
        agree(&title, &stream_differs(&info.config, must))?;
        Ok(info)
    }

    /// Makes a stream, on as many servers as it is to be; where nothing says on how many, on those that there are.
    async fn create(&self, session: &LiveConnection, must: &StreamConfig) -> Result<StreamInfo, JetStreamError> {
        let what = format!("STREAM.CREATE.{}", must.name);
        let on = async |num_replicas| {
            let config = StreamConfig { num_replicas, ..must.clone() };
            self.api::<StreamInfo>(session, &what, &config).await
        };
        let refused = |error: &JetStreamError| TOO_FEW.iter().any(|code| is(error, *code));
        match self.access.replicas {
            None => match on(REPLICAS).await {
                Err(error) if refused(&error) => on(1).await,
                made => made,
            },
            Some(replicas) => on(replicas).await.map_err(|error| match &error {
                JetStreamError::Api(why) if refused(&error) => JetStreamError::Bridge(BridgeError::Mismatch(format!(
                    "the stream `{}` is to be kept on {replicas} servers (`replicas` of nats), and the NATS server says: {why}",
                    must.name
                ))),
                _ => error,
            }),
        }
    }

    /// Says so where a stream is kept on fewer servers than it is to be.
    fn look_at_replicas(&self, title: &str, info: &StreamInfo) {
        let cluster = info.cluster.as_ref().and_then(|cluster| cluster.name.as_deref()).filter(|name| !name.is_empty());
        let declared = self.access.replicas.unwrap_or(if cluster.is_some() { REPLICAS } else { 1 });
        let replicas = info.config.num_replicas;
        let few = || self.few_replicas.lock().unwrap_or_else(PoisonError::into_inner);
        // Once for all connections.
        if replicas < declared && few().insert(info.config.name.clone()) {
            tracing::warn!(
                target: "pontoon",
                replicas,
                declared,
                cluster,
                "{title} is kept on few servers: what they have is out of reach when they are gone; `nats stream update {} \
                 --replicas {declared}` changes it",
                info.config.name
            );
        }
    }

    /// Says so where the server's version loses events of a durable consumer when it is killed.
    fn look_at_version(&self, session: &LiveConnection) {
        let version = session.client.server_info().version;
        // Once for all connections.
        if version::loses_on_a_kill(&version) && !self.old_server.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "pontoon",
                version = %OneLine(&version),
                "this NATS server can lose events when it is killed: versions {LOSES_ON_A_KILL}, when they start again and can't read \
                 how far one subscription is, drop what all others have had. Use 2.9.16 or later"
            );
        }
    }

    async fn provide_consumer(
        &self,
        session: &LiveConnection,
        stream: &StreamInfo,
        must: &ConsumerConfig,
    ) -> Result<(), BridgeError> {
        let (stream, state) = (&stream.config.name, &stream.state);
        let name = must.durable_name.as_deref().unwrap_or_default();
        let title = format!("the consumer `{name}` of the stream `{stream}`");
        let info = match self.api(session, &format!("CONSUMER.INFO.{stream}.{name}"), &EmptyRequest {}).await {
            Err(error) if is(&error, ErrorCode::CONSUMER_NOT_FOUND) => {
                if self.verify {
                    return Err(missing(&title));
                }
                // Older servers change one that is there: so it is only made where none was.
                let what = format!("CONSUMER.CREATE.{stream}.{name}.{}", must.filter_subject);
                let was_there = self.consumers_seen.lock().unwrap_or_else(PoisonError::into_inner).contains(name);
                let config = &ConsumerConfig { deliver_policy: begins(state, was_there), ..must.clone() };
                self.api::<ConsumerInfo>(session, &what, &ConsumerCreateRequest { stream_name: stream, config }).await
            }
            found => found,
        };
        let info = info.map_err(|error| error.at(&title))?;
        self.consumers_seen.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        agree(&title, &consumer_differs(&info.config, must))
    }
}

fn is(error: &JetStreamError, code: ErrorCode) -> bool {
    matches!(error, JetStreamError::Api(error) if error.error_code() == code)
}

fn taken(title: &str, must: &StreamConfig) -> BridgeError {
    let subjects = must.subjects.join("`, `");
    BridgeError::Mismatch(format!(
        "{title} cannot be made: another stream of the NATS server has some of the subjects `{subjects}`; take them away from \
         it"
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

//! What the server keeps for subscriptions that the topology does not have: consumers of the stream of events, and dead letters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::bridge::BridgeError;
use crate::bridge::nats::api::Nothing;
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::objects::{consumer_name, dead_letter_subject, dead_letters, events};
use crate::bridge::nats::session::Session;
use crate::bridge::remote::PATIENCE;
use crate::orphans::Orphan;
use crate::subscribed::Subscribed;

/// `$JS.API.CONSUMER.LIST`: a page of the consumers of a stream.
#[derive(Serialize)]
struct List {
    offset: usize,
}

#[derive(Deserialize)]
struct Page {
    total: usize,
    /// Nothing where there are none.
    #[serde(default)]
    consumers: Option<Vec<Consumer>>,
}

/// What is said of a consumer.
#[derive(Deserialize)]
struct Consumer {
    name: String,
    config: Config,
    num_pending: u64,
    num_ack_pending: u64,
    /// How many of those who ask for messages wait for some.
    num_waiting: u64,
}

#[derive(Deserialize)]
struct Config {
    /// Others go by themselves.
    durable_name: Option<String>,
}

/// `$JS.API.STREAM.INFO` with the number of messages on each subject.
#[derive(Serialize)]
struct Count<'s> {
    offset: usize,
    subjects_filter: &'s str,
}

#[derive(Deserialize)]
struct Counted {
    state: State,
    /// Of how many subjects, where they are more than one page has.
    #[serde(default)]
    total: usize,
}

#[derive(Deserialize)]
struct State {
    #[serde(default)]
    subjects: Option<BTreeMap<String, u64>>,
}

/// `$JS.API.STREAM.PURGE` of one subject.
#[derive(Serialize)]
struct Purge<'s> {
    filter: &'s str,
}

#[derive(Deserialize)]
struct Purged {
    purged: u64,
}

#[derive(Deserialize)]
struct Done {}

impl Connection {
    /// What the server keeps for subscriptions that the topology does not have.
    pub(super) async fn orphans(&self) -> Result<Vec<Orphan>, BridgeError> {
        let Some(known) = self.known() else { return Ok(Vec::new()) };
        let session = self.session(Instant::now() + PATIENCE).await?;
        let mut orphans = self.strange_consumers(&session, &known).await?;
        orphans.extend(self.strange_letters(&session, &known).await?);
        Ok(orphans)
    }

    /// Removes one of them: a consumer, or the dead letters of one subject.
    pub(super) async fn remove_orphan(&self, orphan: &Orphan) -> Result<bool, BridgeError> {
        let session = self.session(Instant::now() + PATIENCE).await?;
        let topology = self.instance.topology;
        if orphan.name.starts_with(&dead_letter_subject(topology, "")) {
            let what = format!("STREAM.PURGE.{}", dead_letters(topology).name);
            let purged = self.api_optional::<Purged>(&session, &what, &Purge { filter: &orphan.name }).await?;
            return Ok(purged.is_some_and(|Purged { purged }| purged > 0));
        }
        let (stream, name) = (events(topology).name, &orphan.name);
        let Some(consumer) =
            self.api_optional::<Consumer>(&session, &format!("CONSUMER.INFO.{stream}.{name}"), &Nothing {}).await?
        else {
            return Ok(false);
        };
        if consumer.num_waiting > 0 {
            return Err(BridgeError::Mismatch(format!(
                "somebody still takes messages from the consumer `{name}`: another version of the topology, perhaps, that has \
                 the subscription"
            )));
        }
        if orphan.messages == Some(0) && consumer.messages() > 0 {
            return Ok(false);
        }
        let removed =
            self.api_optional::<Done>(&session, &format!("CONSUMER.DELETE.{stream}.{name}"), &Nothing {}).await?;
        Ok(removed.is_some())
    }

    /// The subscriptions of the topology, where there may be something at the server: who neither publishes nor hears events asks
    /// for nothing that its rights need to name.
    fn known(&self) -> Option<Arc<[Subscribed]>> {
        let lists = self.wanted.lists();
        lists.known.clone().filter(|_| lists.topics || !lists.consumers.is_empty())
    }

    async fn strange_consumers(&self, session: &Session, known: &[Subscribed]) -> Result<Vec<Orphan>, BridgeError> {
        let lasting = known.iter().filter(|known| !known.delivery.at_most_once);
        let known: BTreeSet<String> = lasting.map(|known| consumer_name(known.subscription)).collect();
        let what = format!("CONSUMER.LIST.{}", events(self.instance.topology).name);
        let (mut orphans, mut offset) = (Vec::new(), 0);
        while let Some(page) = self.api_optional::<Page>(session, &what, &List { offset }).await? {
            let consumers = page.consumers.unwrap_or_default();
            offset += consumers.len();
            let is_last = consumers.is_empty() || offset >= page.total;
            let strange = consumers
                .into_iter()
                .filter(|consumer| consumer.config.durable_name.is_some() && !known.contains(&consumer.name));
            orphans.extend(strange.map(|consumer| Orphan { messages: Some(consumer.messages()), name: consumer.name }));
            if is_last {
                break;
            }
        }
        Ok(orphans)
    }

    async fn strange_letters(&self, session: &Session, known: &[Subscribed]) -> Result<Vec<Orphan>, BridgeError> {
        let topology = self.instance.topology;
        let known: BTreeSet<String> =
            known.iter().map(|known| dead_letter_subject(topology, known.subscription)).collect();
        let (what, all) = (format!("STREAM.INFO.{}", dead_letters(topology).name), dead_letter_subject(topology, ">"));
        let (mut orphans, mut offset) = (Vec::new(), 0);
        while let Some(counted) =
            self.api_optional::<Counted>(session, &what, &Count { offset, subjects_filter: &all }).await?
        {
            let subjects = counted.state.subjects.unwrap_or_default();
            offset += subjects.len();
            let is_last = subjects.is_empty() || offset >= counted.total;
            let strange = subjects.into_iter().filter(|(subject, _)| !known.contains(subject));
            orphans.extend(strange.map(|(name, messages)| Orphan { name, messages: Some(messages) }));
            if is_last {
                break;
            }
        }
        Ok(orphans)
    }
}

impl Consumer {
    /// How many messages it has that are not acknowledged.
    fn messages(&self) -> u64 {
        self.num_pending + self.num_ack_pending
    }
}

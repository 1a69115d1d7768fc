//! A queue of jobs: a stream, and those that wait for their time beside it.

use std::sync::Arc;
use std::time::Duration;

use super::fields;
use super::group::Group;
use super::keys::QueueKeys;
use super::push::{FULL, PushedJob, Pushes};
use super::queue_connection::QueueConnection;
use super::scripts::{self, CountedJobs};
use crate::bridge::network::BrokerQueue;
use crate::bridge::network::wire::Outgoing;
use crate::bridge::{BridgeError, Depth, Job};
use crate::message::Message;

/// The stream of a queue's jobs, as those see it who put them in.
pub(super) struct RedisQueue {
    pub(super) connection: Arc<QueueConnection>,
    pub(super) keys: QueueKeys,
    pub(super) subject: &'static str,
    pub(super) source: Arc<str>,
    pub(super) pushes: Arc<Group<Pushes>>,
    /// The largest payload, in bytes.
    pub(super) largest: u64,
}

impl BrokerQueue for RedisQueue {
    async fn push(&self, job: &Job) -> Result<(), BridgeError> {
        let Job { message, delay, deduplication } = job;
        let outgoing = Outgoing::new(self.subject, message, &self.source);
        let body = outgoing.body(self.largest)?;
        let fields = fields::write(&outgoing, &body);
        let seen = deduplication.as_deref().map(|id| self.keys.seen(id));
        let job = PushedJob { fields, delay: delay.unwrap_or_default(), seen };
        match self.pushes.make(job).await? {
            FULL => Err(BridgeError::Full { at: self.subject }),
            _ => Ok(()),
        }
    }

    fn check(&self, job: &Message) -> Result<(), BridgeError> {
        Outgoing::new(self.subject, job, &self.source).body(self.largest).map(drop)
    }

    async fn depth(&self) -> Result<Depth, BridgeError> {
        let counted: CountedJobs = self.connection.run(&scripts::depth(&self.keys)).await?;
        let (waiting, delayed, leased, age) = counted;
        let age = Some(Duration::from_millis(age));
        Ok(Depth { waiting, delayed: Some(delayed), leased: Some(leased), age })
    }

    fn is_away(&self) -> bool {
        !self.connection.health().is_ready()
    }
}

//! The orphans of a topology: queues of subscriptions that it does not have. The protocol can't list queues, so that
//! each unit enters those that it has declared into a register: a queue that nobody consumes, with a message for each
//! name.
//!
//! Whoever looks has the messages unacknowledged, and a unit that looks at the same moment sees some of them or none:
//! it enters what it does not see, and the next one to look removes what is there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lapin::options::{
    BasicAckOptions, BasicGetOptions, BasicNackOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Channel};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::attributes::PERSISTENT;
use super::connection::Connection;
use super::declaration::{BindingDeclaration, Declaration, ExchangeDeclaration, QueueDeclaration};
use super::declarations::Declarations;
use super::error::AmqpError;
use super::names::{Names, name};
use super::queue_consumer::ANSWER;
use crate::bridge::BridgeError;
use crate::bridge::network::WAIT_LIMIT;
use crate::bridge::orphan::Orphan;
use crate::contract::known_subscription::KnownSubscription;

/// The register of the queues that units of a topology have declared.
pub(super) struct QueueRegister {
    connection: Arc<Connection>,
    declarations: Arc<Declarations>,
    /// The exchange, and the queue that is bound to it.
    register: ShortString,
    /// What the names of event queues begin with: `shop.event.`.
    events: String,
    /// One looks at a time.
    looking: Mutex<()>,
}

/// The number of messages and consumers of a queue.
struct QueueContents {
    messages: u64,
    consumers: u32,
}

impl QueueRegister {
    pub(super) fn new(
        connection: &Arc<Connection>,
        declarations: &Arc<Declarations>,
        names: &Names,
        topology: &str,
    ) -> Self {
        let (connection, declarations) = (Arc::clone(connection), Arc::clone(declarations));
        let (register, events) = (names.register.clone(), format!("{topology}.event."));
        Self { connection, declarations, register, events, looking: Mutex::default() }
    }

    /// The queues that units have declared and that belong to no subscription of the topology. Enters our own.
    pub(super) async fn orphans(&self, known: &[KnownSubscription]) -> Result<Vec<Orphan>, BridgeError> {
        let _looking = self.looking.lock().await;
        let live = self.connection.ready(WAIT_LIMIT).await?;
        let connection = &live.connection;
        let own = self.declarations.lasting_queues();
        let looked = timeout(WAIT_LIMIT, async {
            self.declarations.these(connection, &self.required()).await?;
            self.look(connection, &own, known).await
        });
        let late = |_| AmqpError::Away(format!("`{}` does not answer", self.register));
        Ok(looked.await.map_err(late).flatten()?)
    }

    /// Deletes one of them.
    pub(super) async fn remove(&self, orphan: &Orphan) -> Result<bool, BridgeError> {
        let live = self.connection.ready(WAIT_LIMIT).await?;
        let removed = timeout(ANSWER, self.delete(&live.connection, orphan));
        Ok(removed.await.map_err(|_| AmqpError::Away(format!("`{}` does not answer", orphan.name))).flatten()?)
    }

    fn required(&self) -> [Declaration; 3] {
        let (exchange, queue) = (
            ExchangeDeclaration::of_queues(self.register.clone()),
            QueueDeclaration::of_register(self.register.clone()),
        );
        let binding = BindingDeclaration::by_name(self.register.clone(), &queue);
        [Declaration::Exchange(exchange), Declaration::Queue(queue), Declaration::Binding(binding)]
    }

    async fn look(
        &self,
        connection: &lapin::Connection,
        own: &BTreeSet<String>,
        known: &[KnownSubscription],
    ) -> Result<Vec<Orphan>, AmqpError> {
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        // By name, each with its place in the queue. Those that are there twice, or are no queue of ours, go.
        let mut entered = BTreeMap::new();
        while let Some(got) = channel.basic_get(self.register.clone(), BasicGetOptions::default()).await? {
            let tag = got.delivery.delivery_tag;
            let name = String::from_utf8(got.delivery.data).ok().filter(|name| name.starts_with(&self.events));
            match name {
                Some(name) if !entered.contains_key(&name) => drop(entered.insert(name, tag)),
                _ => channel.basic_ack(tag, BasicAckOptions::default()).await?,
            }
        }
        for name in own.iter().filter(|name| !entered.contains_key(*name)) {
            self.enter(&channel, name).await?;
        }
        let mut orphans = Vec::new();
        for (name, tag) in &entered {
            if own.contains(name) || known.iter().any(|known| belongs(name, known)) {
                continue;
            }
            match holds(connection, name).await? {
                Some(QueueContents { messages, .. }) => {
                    orphans.push(Orphan { name: name.clone(), messages: Some(messages) });
                }
                // Somebody has deleted it.
                None => channel.basic_ack(*tag, BasicAckOptions::default()).await?,
            }
        }
        // All others go back.
        channel.basic_nack(0, BasicNackOptions { multiple: true, requeue: true }).await?;
        channel.close(200, "OK".into()).await?;
        Ok(orphans)
    }

    async fn enter(&self, channel: &Channel, name: &str) -> Result<(), AmqpError> {
        let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
        let properties = properties.with_delivery_mode(PERSISTENT);
        let (exchange, key) = (self.register.clone(), self.register.clone());
        let confirmed = channel.basic_publish(exchange, key, options, name.as_bytes(), properties).await?.await?;
        match confirmed.is_nack() {
            true => Err(AmqpError::Away(format!("`{}` is full", self.register))),
            false => Ok(()),
        }
    }

    async fn delete(&self, connection: &lapin::Connection, orphan: &Orphan) -> Result<bool, AmqpError> {
        let Some(held) = holds(connection, &orphan.name).await? else { return Ok(false) };
        if held.consumers > 0 {
            return Err(AmqpError::Mismatch(format!(
                "somebody still takes messages from the queue `{}`: another version of the topology, perhaps, that has the \
                 subscription",
                orphan.name
            )));
        }
        if orphan.messages == Some(0) && held.messages > 0 {
            return Ok(false);
        }
        let channel = connection.create_channel().await?;
        // Quorum queues know neither `if_unused` nor `if_empty`.
        channel.queue_delete(name(&orphan.name)?, QueueDeleteOptions::default()).await?;
        channel.close(200, "OK".into()).await?;
        Ok(true)
    }
}

/// What a queue has; nothing where there is none. On a channel of its own, which the broker closes then.
async fn holds(connection: &lapin::Connection, queue: &str) -> Result<Option<QueueContents>, AmqpError> {
    let channel = connection.create_channel().await?;
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    match channel.queue_declare(name(queue)?, options, FieldTable::default()).await.map_err(AmqpError::from) {
        Ok(queue) => {
            let holds = QueueContents { messages: queue.message_count().into(), consumers: queue.consumer_count() };
            channel.close(200, "OK".into()).await?;
            Ok(Some(holds))
        }
        Err(AmqpError::Absent(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a queue is that of a subscription, of its dead letters, or of its pauses.
fn belongs(queue: &str, known: &KnownSubscription) -> bool {
    let rest = queue.strip_prefix(known.subject).and_then(|rest| rest.strip_prefix('.'));
    let Some(rest) = rest.and_then(|rest| rest.strip_prefix(known.subscription)) else { return false };
    rest.is_empty() || rest == ".dead" || rest.starts_with(".later.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::subscription_policy::SubscriptionPolicy;

    #[test]
    fn a_queue_belongs_to_its_subscription_and_no_other() {
        let known =
            KnownSubscription::new("shop.event.placed.v1", "email.v1.greet", SubscriptionPolicy::at_least_once());
        for queue in ["", ".dead", ".later.4m"].map(|rest| format!("shop.event.placed.v1.email.v1.greet{rest}")) {
            assert!(belongs(&queue, &known), "{queue}");
        }
        for queue in [
            "shop.event.placed.v1.email.v1.greet_all",
            "shop.event.placed.v1.email.v1.greet.deadly",
            "shop.event.placed.v1",
            "shop.event.placed.v2.email.v1.greet",
            "shop.event.placed.v1.email.v2.greet",
        ] {
            assert!(!belongs(queue, &known), "{queue}");
        }
    }
}

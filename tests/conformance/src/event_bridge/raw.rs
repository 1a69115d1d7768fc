//! Plain clients of the brokers: for messages that no adapter would send, and objects that none would make.

mod amqp;
mod mqtt;
mod nats;

use crate::event_bridge::{Column, Foreign, Rig};

/// Stands among attributes for the content type of the message, which each protocol has a place of its own for.
pub(super) const CONTENT_TYPE: &str = "content type";

/// Publishes an event with these attributes of CloudEvents, and returns once the broker has it.
///
/// # Panics
/// The broker does not take it.
pub(super) async fn publish(rig: &Rig, attributes: &[(&str, &str)], body: &str) {
    let subject = rig.subject();
    if let Column::Custom(custom) = rig.column {
        return (custom.publish)(rig.folder(), Foreign { subject, attributes, body });
    }
    let url = rig.url("raw");
    match rig.column {
        Column::InMemory | Column::Embedded | Column::Custom(_) => panic!("in a process there is nothing raw"),
        Column::Amqp => amqp::publish(&url, subject, attributes, body).await,
        Column::NatsCore | Column::JetStream => nats::publish(&url, subject, attributes, body).await,
        Column::Mqtt => mqtt::publish(&url, subject, attributes, body).await,
    }
}

/// A request as no adapter sends it.
pub(super) struct Call<'c> {
    /// The subject of the command.
    pub(super) subject: &'c str,
    /// Where the reply is to go, as the broker calls it.
    pub(super) reply_to: &'c str,
    /// The attributes of CloudEvents.
    pub(super) attributes: &'c [(&'c str, &'c str)],
    pub(super) body: &'c str,
}

/// Sends a request, and returns once the broker has it.
///
/// # Panics
/// The broker does not take it.
pub(super) async fn call(rig: &Rig, call: &Call<'_>) {
    let url = rig.url("raw");
    match rig.column {
        Column::InMemory | Column::Embedded | Column::Custom(_) => panic!("there is no broker to ask"),
        Column::Amqp => amqp::call(&url, call).await,
        Column::NatsCore | Column::JetStream => nats::call(&url, call).await,
        Column::Mqtt => mqtt::call(&url, call).await,
    }
}

/// How many events wait for a subscription or are not acknowledged yet, where the broker can tell. Of RabbitMQ only
/// while nobody consumes.
///
/// # Panics
/// The broker does not say.
pub(super) async fn unfinished(rig: &Rig, subject: &str, subscription: &str) -> Option<u64> {
    if matches!(rig.column, Column::Custom(_)) {
        return None;
    }
    let url = rig.url("raw");
    match rig.column {
        Column::Amqp => Some(amqp::messages(&url, &format!("{subject}.{subscription}")).await),
        Column::JetStream => Some(nats::pending(&url, &subscription.replace('.', "-")).await),
        Column::InMemory | Column::Embedded | Column::NatsCore | Column::Mqtt | Column::Custom(_) => None,
    }
}

/// Makes an object of the subscription `back.hear` with other settings than it has to have, and returns its name.
///
/// # Panics
/// The broker does not let us.
pub(super) async fn spoil(rig: &Rig) -> &'static str {
    let url = rig.url("raw");
    match rig.column {
        Column::Amqp => amqp::spoil(&url).await,
        Column::JetStream => nats::spoil(&url).await,
        other => panic!("nothing can be different on {other:?}"),
    }
}

//! The declaration of an exchange, a queue or a binding: an exchange for each event, a queue for each subscription, one
//! for its dead letters; and the exchanges of the topology, over which all else goes. Nothing is published to the
//! broker's default exchange, by which whoever may write to it reaches every queue.

use lapin::ExchangeKind;
use lapin::types::{AMQPValue, FieldTable, ShortString};

use crate::contract::subscription_policy::{SubscriptionPolicy, WhenFull};

/// The delivery limit of quorum queues, which is never reached. Left out, RabbitMQ 4 drops a message after 20
/// deliveries, and looking at a dead letter is one.
const DELIVERIES: i64 = 1 << 31;

/// The declaration of an exchange, a queue or a binding.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Declaration {
    Exchange(ExchangeDeclaration),
    Queue(QueueDeclaration),
    Binding(BindingDeclaration),
}

/// The declaration of an exchange.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExchangeDeclaration {
    pub(super) name: ShortString,
    pub(super) kind: ExchangeKind,
}

impl ExchangeDeclaration {
    /// A fanout exchange of an event: every queue that is bound gets each message.
    pub(super) fn of_event(name: ShortString) -> Self {
        Self { name, kind: ExchangeKind::Fanout }
    }

    /// The topic exchange of all commands of a topology: a request goes to the queue that is bound by its subject, and
    /// RabbitMQ's topic permissions can say who may call what.
    pub(super) fn of_commands(name: ShortString) -> Self {
        Self::by_pattern(name)
    }

    /// A topic exchange: messages go to the queues that are bound by a pattern which their routing key matches.
    pub(super) fn by_pattern(name: ShortString) -> Self {
        Self { name, kind: ExchangeKind::Topic }
    }

    /// A direct exchange, to which queues are bound by their own names.
    pub(super) fn of_queues(name: ShortString) -> Self {
        Self { name, kind: ExchangeKind::Direct }
    }
}

/// The binding of a queue to an exchange by a routing key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BindingDeclaration {
    pub(super) exchange: ShortString,
    pub(super) queue: ShortString,
    /// The routing key; empty where the exchange does not look at it.
    pub(super) key: ShortString,
    /// Whether the queue comes and goes: whoever serves it binds it, also where nothing else is to be declared.
    pub(super) temporary: bool,
}

impl BindingDeclaration {
    /// The binding of a subscription's queue to its event.
    pub(super) fn of_event(exchange: ShortString, queue: ShortString) -> Self {
        Self { exchange, queue, key: "".into(), temporary: false }
    }

    /// The binding of a queue by its own name.
    pub(super) fn by_name(exchange: ShortString, queue: &QueueDeclaration) -> Self {
        let (name, temporary) = (queue.name.clone(), queue.temporary);
        Self { exchange, key: name.clone(), queue: name, temporary }
    }
}

/// The declaration of a queue with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct QueueDeclaration {
    pub(super) name: ShortString,
    pub(super) arguments: FieldTable,
    /// Whether it is there only as long as somebody serves a command.
    pub(super) temporary: bool,
}

impl QueueDeclaration {
    /// The queue of a subscription.
    pub(super) fn of_subscription(name: ShortString, policy: SubscriptionPolicy) -> Self {
        let mut arguments = if policy.at_most_once { classic() } else { quorum() };
        if policy.ordered {
            arguments.insert("x-single-active-consumer".into(), true.into());
        }
        if let Some(bound) = policy.bound {
            let overflow = match policy.when_full {
                WhenFull::Wait | WhenFull::Refuse => "reject-publish",
                WhenFull::DropOldest => "drop-head",
            };
            arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(bound.into()));
            arguments.insert("x-overflow".into(), text(overflow));
        }
        Self { name, arguments, temporary: false }
    }

    /// The queue of a subscription's dead letters.
    pub(super) fn of_dead_letters(name: ShortString) -> Self {
        Self { name, arguments: quorum(), temporary: false }
    }

    /// The queue with the names of all queues.
    pub(super) fn of_register(name: ShortString) -> Self {
        Self { name, arguments: quorum(), temporary: false }
    }

    /// A queue of messages that wait for their next attempt.
    pub(super) fn of_delay<const N: usize>(name: ShortString, more: [(&'static str, AMQPValue); N]) -> Self {
        let mut arguments = quorum();
        for (argument, value) in more {
            arguments.insert(argument.into(), value);
        }
        Self { name, arguments, temporary: false }
    }

    /// The queue of a caller's replies, exclusive to its connection.
    pub(super) fn of_replies(name: ShortString) -> Self {
        Self { name, arguments: classic(), temporary: true }
    }

    /// The queue of a command's requests.
    pub(super) fn of_command(name: ShortString) -> Self {
        Self { name, arguments: classic(), temporary: true }
    }
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERIES));
    arguments
}

/// By name: a virtual host may have another type as its default.
fn classic() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("classic"));
    arguments
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(queue: &QueueDeclaration, argument: &str) -> Option<String> {
        let value = queue.arguments.inner().get(argument)?;
        Some(value.as_long_string().map_or_else(|| format!("{value:?}"), ToString::to_string))
    }

    #[test]
    fn a_queue_is_what_its_subscription_asks_for() {
        let plain = QueueDeclaration::of_subscription("q".into(), SubscriptionPolicy::at_least_once());
        assert_eq!(said(&plain, "x-queue-type").as_deref(), Some("quorum"));
        assert!(
            ["x-max-length", "x-overflow", "x-single-active-consumer"].iter().all(|name| said(&plain, name).is_none())
        );

        let lossy = QueueDeclaration::of_subscription("q".into(), SubscriptionPolicy::at_most_once());
        assert_eq!(said(&lossy, "x-queue-type").as_deref(), Some("classic"));
        assert_eq!(said(&lossy, "x-delivery-limit"), None);

        let ordered = QueueDeclaration::of_subscription("q".into(), SubscriptionPolicy::at_least_once().ordered());
        assert_eq!(said(&ordered, "x-single-active-consumer").as_deref(), Some("Boolean(true)"));

        for (when_full, overflow) in [
            (WhenFull::Wait, "reject-publish"),
            (WhenFull::Refuse, "reject-publish"),
            (WhenFull::DropOldest, "drop-head"),
        ] {
            let bounded = QueueDeclaration::of_subscription(
                "q".into(),
                SubscriptionPolicy::at_least_once().bound(7).when_full(when_full),
            );
            assert_eq!(said(&bounded, "x-max-length").as_deref(), Some("LongLongInt(7)"));
            assert_eq!(said(&bounded, "x-overflow").as_deref(), Some(overflow));
        }
    }
}

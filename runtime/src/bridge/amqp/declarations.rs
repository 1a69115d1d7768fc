//! What the broker has to have: an exchange for each event, a queue for each subscription, one for its dead letters; and the
//! exchanges of the topology, over which all else goes: nothing is published to the broker's default exchange, by which whoever
//! may write to it reaches every queue.

use std::collections::BTreeSet;

use lapin::ExchangeKind;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use super::error::AmqpError;
use super::provision::Provisioner;
use crate::contract::subscription_policy::{SubscriptionPolicy, WhenFull};
use crate::sync::Mutex;

/// Never drop a message by yourself. Nothing said, RabbitMQ 4 does after 20 deliveries, and looking at a dead letter is one.
const DELIVERIES: i64 = 1 << 31;

/// Something that the broker has to have.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Declaration {
    ExchangeDeclaration(ExchangeDeclaration),
    QueueDeclaration(QueueDeclaration),
    BindingDeclaration(BindingDeclaration),
}

/// An exchange.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ExchangeDeclaration {
    pub(super) name: ShortString,
    pub(super) kind: ExchangeKind,
}

impl ExchangeDeclaration {
    /// Of an event: every queue that is bound gets each message.
    pub(super) fn of_event(name: ShortString) -> Self {
        Self { name, kind: ExchangeKind::Fanout }
    }

    /// Of all commands of a topology: a request goes to the queue that is bound by its subject. A topic exchange, so that
    /// RabbitMQ's topic permissions can say who may call what.
    pub(super) fn of_commands(name: ShortString) -> Self {
        Self::by_pattern(name)
    }

    /// What is published goes to the queues that are bound by a pattern which its key fits.
    pub(super) fn by_pattern(name: ShortString) -> Self {
        Self { name, kind: ExchangeKind::Topic }
    }

    /// What is published goes to the queue that is bound by its own name.
    pub(super) fn of_queues(name: ShortString) -> Self {
        Self { name, kind: ExchangeKind::Direct }
    }
}

/// What is published to an exchange with this key goes into a queue.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BindingDeclaration {
    pub(super) exchange: ShortString,
    pub(super) queue: ShortString,
    /// Empty where the exchange does not look at it.
    pub(super) key: ShortString,
    /// Of a queue that comes and goes: whoever serves it binds it, also where nothing else is to be made.
    pub(super) passing: bool,
}

impl BindingDeclaration {
    /// Of a subscription to its event.
    pub(super) fn of_event(exchange: ShortString, queue: ShortString) -> Self {
        Self { exchange, queue, key: "".into(), passing: false }
    }

    /// Of a queue by its own name.
    pub(super) fn by_name(exchange: ShortString, queue: &QueueDeclaration) -> Self {
        let (name, passing) = (queue.name.clone(), queue.passing);
        Self { exchange, key: name.clone(), queue: name, passing }
    }
}

/// A queue with its settings.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct QueueDeclaration {
    pub(super) name: ShortString,
    pub(super) arguments: FieldTable,
    /// Of a command: it is there as long as somebody serves it.
    pub(super) passing: bool,
}

impl QueueDeclaration {
    /// What waits for a subscription.
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
        Self { name, arguments, passing: false }
    }

    /// What a subscription has given up.
    pub(super) fn of_dead_letters(name: ShortString) -> Self {
        Self { name, arguments: quorum(), passing: false }
    }

    /// The names of queues.
    pub(super) fn of_register(name: ShortString) -> Self {
        Self { name, arguments: quorum(), passing: false }
    }

    /// What waits for its next attempt.
    pub(super) fn of_pauses<const N: usize>(name: ShortString, more: [(&'static str, AMQPValue); N]) -> Self {
        let mut arguments = quorum();
        for (argument, value) in more {
            arguments.insert(argument.into(), value);
        }
        Self { name, arguments, passing: false }
    }

    /// What waits for a caller. Its connection alone has it.
    pub(super) fn of_replies(name: ShortString) -> Self {
        Self { name, arguments: classic(), passing: true }
    }

    /// What waits for those who serve a command.
    pub(super) fn of_command(name: ShortString) -> Self {
        Self { name, arguments: classic(), passing: true }
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

/// A name at the broker, which may have 255 bytes.
pub(super) fn name(text: &str) -> Result<ShortString, AmqpError> {
    ShortString::try_new(text).map_err(|_| {
        AmqpError::Mismatch(format!(
            "`{text}` is too long for the name of a queue, which may have 255 bytes at the broker: shorten the names that it \
             is made of"
        ))
    })
}

/// All that the broker has to have for a unit.
pub(super) struct Declarations {
    provision: Provisioner,
    wanted: Mutex<Vec<Declaration>>,
    /// What was wrong before the broker was asked.
    wrong: Mutex<Option<AmqpError>>,
    ensured: AsyncMutex<Option<Instant>>,
}

impl Declarations {
    pub(super) fn new(provision: Provisioner) -> Self {
        let (wanted, wrong, ensured) = (Mutex::default(), Mutex::default(), AsyncMutex::default());
        Self { provision, wanted, wrong, ensured }
    }

    /// The broker has to have these from the next connection on.
    pub(super) fn want(&self, objects: impl IntoIterator<Item = Declaration>) {
        let mut wanted = self.wanted.lock();
        for object in objects {
            if !wanted.contains(&object) {
                wanted.push(object);
            }
        }
    }

    /// The queues among them that stay when nobody takes from them.
    pub(super) fn lasting_queues(&self) -> BTreeSet<String> {
        let wanted = self.wanted.lock();
        let queues = wanted.iter().filter_map(|object| match object {
            Declaration::QueueDeclaration(QueueDeclaration { name, passing: false, .. }) => Some(name.to_string()),
            _ => None,
        });
        queues.collect()
    }

    /// Something cannot be there, whatever the broker says.
    pub(super) fn refuse(&self, trouble: AmqpError) {
        *self.wrong.lock() = Some(trouble);
    }

    /// Makes or checks all of them.
    pub(super) async fn ensure(&self, connection: &lapin::Connection) -> Result<(), AmqpError> {
        let mut ensured = self.ensured.lock().await;
        self.all(connection, &mut ensured).await
    }

    /// The same once more, because something seemed to be gone, unless it has been done since. Says whether it was done; many
    /// who notice at a time are one.
    pub(super) async fn restore(&self, connection: &lapin::Connection, since: Instant) -> Result<bool, AmqpError> {
        let mut ensured = self.ensured.lock().await;
        if ensured.is_some_and(|ensured| ensured > since) {
            return Ok(false);
        }
        self.all(connection, &mut ensured).await?;
        Ok(true)
    }

    async fn all(&self, connection: &lapin::Connection, ensured: &mut Option<Instant>) -> Result<(), AmqpError> {
        if let Some(trouble) = self.wrong.lock().clone() {
            return Err(trouble);
        }
        let begun = Instant::now();
        let wanted = self.wanted.lock().clone();
        self.provision.all(connection, &wanted).await?;
        *ensured = Some(begun);
        Ok(())
    }

    /// Makes or checks these.
    pub(super) async fn these(&self, connection: &lapin::Connection, objects: &[Declaration]) -> Result<(), AmqpError> {
        self.provision.all(connection, objects).await
    }
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

    #[test]
    fn a_name_that_is_too_long_is_a_mismatch() {
        assert!(name(&"x".repeat(255)).is_ok());
        assert!(matches!(name(&"x".repeat(256)), Err(AmqpError::Mismatch(_))));
    }
}

//! The consumer of a subscription at a broker: attempts, backoff and dead letters, once for all adapters. An adapter
//! only receives, acknowledges and keeps dead letters.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::bridge::network::attempts::{apart, attempts_before};
use crate::bridge::network::broker_subscription::{BrokerSubscription, ReceivedMessage};
use crate::bridge::network::counters::AtomicCounters;
use crate::bridge::network::dead_letters::{DeadLetterQuery, FoundDeadLetter};
use crate::bridge::network::held::{AfterPause, GiveUp, HeldMessages, Parked};
use crate::bridge::network::sequences::{SequenceTracker, Sequenced};
use crate::bridge::network::wire::{Incoming, UnreadableMessage};
use crate::bridge::{BridgeError, Consumer, DeadMessage, Delivery, Settlement};
use crate::contract::policy::Backoff;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::message::id::Id;
use crate::message::metadata::Metadata;
use crate::one_line::OneLine;
use crate::sync::{Mutex, MutexGuard};

/// The consumer of a subscription at a broker.
pub struct NetworkConsumer<S: BrokerSubscription> {
    subscription: S,
    name: &'static str,
    policy: SubscriptionPolicy,
    counters: Arc<AtomicCounters>,
    sequences: SequenceTracker,
    held: Mutex<HeldMessages<S::Token>>,
    changed: Notify,
}

/// The next parked message.
enum NextParked {
    Due(Parked),
    /// None is due before then.
    At(Instant),
    Nothing,
}

/// A message that is handed out for its next attempt. Where nobody takes it, it is parked again.
struct HandingOut<'f, S: BrokerSubscription> {
    consumer: &'f NetworkConsumer<S>,
    delivery: Option<Delivery>,
}

impl<S: BrokerSubscription> Drop for HandingOut<'_, S> {
    fn drop(&mut self) {
        if let Some(delivery) = self.delivery.take() {
            self.consumer.park(delivery, Duration::ZERO, AfterPause::Attempt);
        }
    }
}

/// How many bytes of its reason a dead letter keeps that is too large otherwise. The whole of it stands in the log.
const SHORT: usize = 64;

/// The backoff of keeping a dead letter.
const DEAD_LETTER_BACKOFF: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));

impl<S: BrokerSubscription> NetworkConsumer<S> {
    /// The consumer of a subscription, under its policy. What goes by unheard is counted in `counters`.
    pub fn new(subscription: S, name: &'static str, policy: SubscriptionPolicy, counters: Arc<AtomicCounters>) -> Self {
        let (sequences, held) = (SequenceTracker::default(), Mutex::new(HeldMessages::new()));
        Self { subscription, name, policy, counters, sequences, held, changed: Notify::new() }
    }

    /// The adapter's part of it.
    #[cfg(any(feature = "amqp", feature = "mqtt", feature = "nats"))]
    pub fn subscription(&self) -> &S {
        &self.subscription
    }

    fn held(&self) -> MutexGuard<'_, HeldMessages<S::Token>> {
        self.held.lock()
    }

    fn token(&self, delivery: &Delivery) -> Result<S::Token, BridgeError> {
        self.held().tokens.remove(&delivery.tag).ok_or(BridgeError::LeaseLost)
    }

    /// What a message that is not done yet is known by; an error where it is somebody else's by now.
    fn token_kept(&self, delivery: &Delivery) -> Result<S::Token, BridgeError> {
        let mut held = self.held();
        let token = held.tokens.get(&delivery.tag).filter(|token| !self.subscription.is_lost(token)).cloned();
        if token.is_none() {
            held.forget(delivery.tag);
        }
        token.ok_or(BridgeError::LeaseLost)
    }

    /// The next parked message that is due. What the broker has taken back meanwhile is not: it comes again.
    fn due(&self) -> NextParked {
        loop {
            let (parked, count) = {
                let mut held = self.held();
                let Some(first) = held.parked.first_entry() else { return NextParked::Nothing };
                let due = first.key().0;
                if due > Instant::now() {
                    return NextParked::At(due);
                }
                (first.remove(), held.parked.len())
            };
            self.subscription.parked(count);
            if self.token_kept(&parked.delivery).is_ok() {
                return NextParked::Due(parked);
            }
            let (subscription, id) = (self.name, parked.delivery.message.metadata().id);
            tracing::debug!(target: "pontoon", subscription, message = %id, "the broker has it again");
        }
    }

    fn park(&self, delivery: Delivery, pause: Duration, next: AfterPause) {
        let place = (Instant::now() + pause, delivery.tag);
        let count = {
            let mut held = self.held();
            held.parked.insert(place, Parked { delivery, next });
            held.parked.len()
        };
        self.subscription.parked(count);
        self.changed.notify_one();
    }

    /// The next message. Whoever takes one wakes another reader, who waits until the next parked message is due.
    async fn receive(&self) -> Option<Delivery> {
        let delivery = self.receive_one().await?;
        let waits = {
            let mut held = self.held();
            held.handed.insert(delivery.tag, Instant::now());
            !held.parked.is_empty()
        };
        if waits {
            self.changed.notify_one();
        }
        Some(delivery)
    }

    async fn receive_one(&self) -> Option<Delivery> {
        loop {
            let next = match self.due() {
                NextParked::Due(Parked { delivery, next: AfterPause::Attempt }) => {
                    return self.hand_out(delivery).await;
                }
                NextParked::Due(Parked { delivery, next: AfterPause::HandOut }) => return Some(delivery),
                NextParked::Due(Parked { delivery, next: AfterPause::DeadLetter(give_up) }) => {
                    // What went wrong is tried once more, later; it stands in the log.
                    let _ = self.dead_letter(delivery, give_up).await;
                    continue;
                }
                NextParked::At(due) => Some(due),
                NextParked::Nothing => None,
            };
            let due = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                delivered = self.subscription.receive() => {
                    if let Some(delivery) = self.admit(delivered?).await {
                        return Some(delivery);
                    }
                }
                () = due => {}
                () = self.changed.notified() => {}
            }
        }
    }

    /// Hands out a message that has waited for its next attempt, once that is counted.
    async fn hand_out(&self, delivery: Delivery) -> Option<Delivery> {
        // Meanwhile another reader looks when the next one is due.
        self.changed.notify_one();
        let mut handing = HandingOut { consumer: self, delivery: Some(delivery.clone()) };
        self.retried(&delivery).await;
        handing.delivery.take()
    }

    async fn retried(&self, delivery: &Delivery) {
        let token = self.held().tokens.get(&delivery.tag).cloned();
        if let Some(token) = token {
            self.subscription.retried(delivery, &token).await;
        }
    }

    /// Takes a message in. One that cannot be read does not get further than this, nor one that may come once and does
    /// again.
    async fn admit(&self, delivered: ReceivedMessage<S::Token>) -> Option<Delivery> {
        let ReceivedMessage { incoming, redelivered, token } = delivered;
        let Incoming { message, attempt, source, sequence, .. } = match incoming {
            Ok(incoming) => incoming,
            Err(UnreadableMessage { malformed, body }) => {
                let delivery = self.hold(Message::received(Metadata::new(), body), 1, token);
                self.refuse(delivery, malformed.to_string()).await;
                return None;
            }
        };
        if self.policy.at_most_once && self.has_come_before(message.metadata().id, &source, sequence) {
            self.forget(token).await;
            return None;
        }
        if self.subscription.lease().is_some() {
            self.held().forget_given_up(message.metadata().id);
        }
        let token = if redelivered > 0 { self.resume(message.metadata().id, token)? } else { token };
        let (attempts, earlier) = (self.policy.attempts, attempt.saturating_sub(1));
        let (before, pause) = match self.subscription.tried(&token) {
            Some(tried) if tried >= attempts => (earlier.saturating_add(tried), None),
            Some(_) => (earlier.saturating_add(redelivered.min(attempts.saturating_sub(1))), None),
            // One that is in its order has nothing beside it.
            None => {
                (attempts_before(earlier, redelivered, attempts), apart(redelivered).filter(|_| !self.policy.ordered))
            }
        };
        let delivery = self.hold(message, before.saturating_add(1), token);
        let Some(pause) = pause.filter(|_| before < attempts) else { return Some(delivery) };
        self.park(delivery, self.in_lease(pause), AfterPause::HandOut);
        None
    }

    /// A pause that ends well before a lease does.
    fn in_lease(&self, pause: Duration) -> Duration {
        self.subscription.lease().map_or(pause, |lease| pause.min(lease / 2))
    }

    /// Whether a message is one that waits here, and goes on waiting as it comes again; otherwise its token is
    /// returned.
    fn resume(&self, id: Id, token: S::Token) -> Option<S::Token> {
        let (token, count) = {
            let mut held = self.held();
            (held.resume(id, token, |token| self.subscription.is_lost(token)), held.parked.len())
        };
        if token.is_none() {
            self.subscription.parked(count);
        }
        token
    }

    /// Whether an event that may come once has come before. What is missing before it is counted.
    fn has_come_before(&self, id: Id, source: &str, sequence: Option<u64>) -> bool {
        let arrived = sequence.map(|sequence| self.sequences.arrives(source, sequence));
        if let Some(Sequenced::After(missing)) = arrived {
            self.counters.lost.fetch_add(missing, Ordering::Relaxed);
        }
        self.sequences.is_known(id) || arrived == Some(Sequenced::Again)
    }

    /// What was taken in, under a tag.
    fn hold(&self, message: Message, attempt: u32, token: S::Token) -> Delivery {
        let mut held = self.held();
        held.tags += 1;
        let tag = held.tags;
        held.tokens.insert(tag, token);
        Delivery { message, attempt, tag }
    }

    /// Has the broker forget what is not handed out.
    async fn forget(&self, token: S::Token) {
        if let Err(error) = self.subscription.ack(token).await {
            let subscription = self.name;
            tracing::warn!(target: "pontoon", subscription, error = %OneLine(&error), "a message that is not handled may come again");
        }
    }

    /// A message that cannot be read: to the dead letters at once, or, where there are none, counted.
    async fn refuse(&self, delivery: Delivery, reason: String) {
        let subscription = self.name;
        if self.policy.dead_letter {
            tracing::error!(target: "pontoon", subscription, reason, "a message that cannot be read is given up");
            let _ = self.dead_letter(delivery, GiveUp { reason, failures: 0 }).await;
            return;
        }
        let malformed = self.counters.malformed.fetch_add(1, Ordering::Relaxed) + 1;
        if malformed.is_power_of_two() {
            tracing::error!(target: "pontoon", subscription, reason, malformed, "a message that cannot be read is gone");
        }
        if let Ok(token) = self.token(&delivery) {
            self.forget(token).await;
        }
    }

    /// Keeps a dead letter, and is done with the message only then. Where that fails, it is tried again, less and less
    /// often.
    async fn dead_letter(&self, delivery: Delivery, give_up: GiveUp) -> Result<(), BridgeError> {
        let GiveUp { reason, failures } = give_up;
        let token = self.token_kept(&delivery)?;
        if failures > 0 {
            // It has waited. What became of its lease, the end of this shows.
            let _ = self.subscription.extend(token.clone()).await;
        }
        let mut dead = DeadMessage { message: delivery.message.clone(), reason, attempts: delivery.attempt };
        let mut kept = self.subscription.dead_letter(&dead).await;
        if kept.as_ref().is_err_and(BridgeError::is_permanent) {
            // With its reason it may be larger than what the broker takes.
            dead.reason.truncate(dead.reason.floor_char_boundary(SHORT));
            kept = self.subscription.dead_letter(&dead).await;
        }
        if let Err(error) = &kept
            && error.is_permanent()
        {
            self.counters.malformed.fetch_add(1, Ordering::Relaxed);
            let (subscription, message) = (self.name, delivery.message.metadata().id);
            let reason = &dead.reason;
            tracing::error!(target: "pontoon", subscription, %message, error = %OneLine(&error), reason, "a dead letter cannot be kept: it is gone");
            kept = Ok(());
        }
        if let Err(error) = kept {
            let (subscription, failures) = (self.name, failures.saturating_add(1));
            if failures.is_power_of_two() {
                tracing::warn!(target: "pontoon", subscription, error = %OneLine(&error), failures, "a dead letter is not kept yet");
            }
            let give_up = GiveUp { reason: dead.reason, failures };
            self.park(delivery, DEAD_LETTER_BACKOFF.after(failures), AfterPause::DeadLetter(give_up));
            return Err(error);
        }
        self.held().tokens.remove(&delivery.tag);
        self.subscription.ack(token).await
    }

    async fn settle(&self, delivery: &Delivery, settlement: Settlement) -> Result<(), BridgeError> {
        let handed = self.held().handed.remove(&delivery.tag);
        if let Some(handed) = handed {
            self.subscription.handled(handed.elapsed());
        }
        match settlement {
            Settlement::Ack => {
                let token = self.token(delivery)?;
                self.subscription.ack(token).await
            }
            Settlement::Release => {
                let token = self.token(delivery)?;
                self.subscription.release(token).await
            }
            Settlement::Retry(pause) => {
                let token = self.token_kept(delivery)?;
                let again = self.subscription.retry(delivery, token, pause).await;
                if !matches!(again, Ok(false)) {
                    self.held().forget(delivery.tag);
                    return again.map(drop);
                }
                let next = Delivery { attempt: delivery.attempt.saturating_add(1), ..delivery.clone() };
                self.park(next, pause, AfterPause::Attempt);
                Ok(())
            }
            Settlement::Postpone(pause) => {
                // Held in this process: brokers count what they deliver again.
                let token = self.token_kept(delivery)?;
                if let Err(error) = self.subscription.extend(token).await {
                    self.held().forget(delivery.tag);
                    return Err(error);
                }
                self.park(delivery.clone(), self.in_lease(pause), AfterPause::HandOut);
                Ok(())
            }
            Settlement::DeadLetter(reason) => self.dead_letter(delivery.clone(), GiveUp { reason, failures: 0 }).await,
            Settlement::Malformed => {
                self.counters.malformed.fetch_add(1, Ordering::Relaxed);
                match self.token(delivery) {
                    Ok(token) => self.subscription.ack(token).await,
                    // At most once: it was done with before anybody looked at it.
                    Err(_) => Ok(()),
                }
            }
        }
    }

    async fn clear(&self, id: Option<Id>, replay: bool) -> Result<usize, BridgeError> {
        let dead_letters =
            self.subscription.dead_letters(id.map_or(DeadLetterQuery::Behind(0), DeadLetterQuery::For)).await?;
        let mut count = 0;
        for FoundDeadLetter { dead, token } in dead_letters {
            count += 1;
            if !replay {
                self.subscription.ack(token).await?;
                continue;
            }
            // It stays a dead letter until this process is done with it.
            let delivery = self.hold(dead.message, 1, token);
            self.park(delivery, Duration::ZERO, AfterPause::HandOut);
        }
        Ok(count)
    }
}

impl<S: BrokerSubscription> Consumer for NetworkConsumer<S> {
    fn next(&self) -> MaybeReady<'_, Option<Delivery>> {
        MaybeReady::boxed(self.receive())
    }

    fn settle(&self, delivery: &Delivery, settlement: Settlement) -> MaybeReady<'_, Result<(), BridgeError>> {
        let delivery = delivery.clone();
        MaybeReady::boxed(async move { self.settle(&delivery, settlement).await })
    }

    fn lease(&self) -> Option<Duration> {
        self.subscription.lease()
    }

    fn extend<'a>(&'a self, delivery: &'a Delivery) -> MaybeReady<'a, Result<(), BridgeError>> {
        let token = self.held().tokens.get(&delivery.tag).cloned();
        let Some(token) = token else { return MaybeReady::ready(Err(BridgeError::LeaseLost)) };
        MaybeReady::boxed(self.subscription.extend(token))
    }

    fn is_lost(&self, delivery: &Delivery) -> bool {
        self.held().tokens.get(&delivery.tag).is_none_or(|token| self.subscription.is_lost(token))
    }

    fn forget(&self, delivery: &Delivery) {
        self.held().forget(delivery.tag);
    }

    fn retried<'a>(&'a self, delivery: &'a Delivery) -> MaybeReady<'a, ()> {
        MaybeReady::boxed(self.retried(delivery))
    }

    fn is_volatile(&self) -> bool {
        self.subscription.is_volatile()
    }

    fn unfinished(&self, _: Instant) -> usize {
        match self.subscription.is_volatile() {
            true => self.subscription.waiting() + self.held().tokens.len(),
            false => 0,
        }
    }

    fn dead_letters(&self, skip: usize) -> MaybeReady<'_, Result<Vec<DeadMessage>, BridgeError>> {
        MaybeReady::boxed(async move {
            let dead_letters = self.subscription.dead_letters(DeadLetterQuery::Behind(skip)).await?;
            Ok(dead_letters.into_iter().map(|one| one.dead).collect())
        })
    }

    fn clear_dead_letters(&self, id: Option<Id>, replay: bool) -> MaybeReady<'_, Result<usize, BridgeError>> {
        MaybeReady::boxed(self.clear(id, replay))
    }
}

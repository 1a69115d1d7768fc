//! A subscription at a broker as what the runtime takes messages from: attempts, pauses and dead letters, once for all
//! adapters. An adapter only receives, acknowledges and buries.

use std::future::{Future, pending};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::bridge::network::dead_letters::{DeadLetterQuery, FoundDeadLetter};
use crate::bridge::network::held::{AfterPause, GiveUp, HeldMessages, Parked};
use crate::bridge::network::wire::{Incoming, Malformed};
use crate::bridge::network::{AtomicCounters, SequenceTracker, Sequenced};
use crate::bridge::{BridgeError, Consumer, DeadMessage, Delivery, Settlement};
use crate::contract::policy::Backoff;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::message::id::Id;
use crate::message::metadata::Metadata;
use crate::one_line::OneLine;
use crate::sync::{Mutex, MutexGuard};

/// A subscription at a broker.
pub(crate) trait BrokerSubscription: Send + Sync + 'static {
    /// What a message is acknowledged by. Where a dead letter is only looked at, its token is dropped.
    type Token: Clone + Send + Sync + 'static;

    /// The next message; `None` once nothing more is to come. Safe to drop while it waits. Several may wait at a time.
    fn receive(&self) -> impl Future<Output = Option<ReceivedMessage<Self::Token>>> + Send;

    /// A message, or a dead letter, is done with: the broker may forget it.
    fn done(&self, token: Self::Token) -> impl Future<Output = Result<(), BridgeError>> + Send;

    /// Gives a message back: the broker delivers it again, to whoever is free.
    fn back(&self, token: Self::Token) -> impl Future<Output = Result<(), BridgeError>> + Send;

    /// Has the broker deliver a message again after a pause. Says whether it does; otherwise it is held in this process
    /// meanwhile, unacknowledged.
    fn again(
        &self,
        delivery: &Delivery,
        token: Self::Token,
        pause: Duration,
    ) -> impl Future<Output = Result<bool, BridgeError>> + Send {
        let _ = (delivery, token, pause);
        async { Ok(false) }
    }

    /// How many of a message's deliveries before this one were attempts, where the source counts them: each was handed out.
    fn tried(&self, token: &Self::Token) -> Option<u32> {
        let _ = token;
        None
    }

    /// A message that has waited in this process is about to be handed out for its next attempt: done once that is counted,
    /// where the source counts attempts. Safe to drop while it waits.
    fn retried(&self, delivery: &Delivery, token: &Self::Token) -> impl Future<Output = ()> + Send {
        let _ = (delivery, token);
        async {}
    }

    /// Whether the broker has taken a message back, as far as this process knows: with the connection or channel that it came
    /// on. It comes again, to this process or another.
    fn is_lost(&self, token: &Self::Token) -> bool {
        let _ = token;
        false
    }

    /// After how long the broker takes a message for lost, if it does.
    fn lease(&self) -> Option<Duration> {
        None
    }

    /// Holds a message for another lease.
    fn extend(&self, token: Self::Token) -> impl Future<Output = Result<(), BridgeError>> + Send {
        let _ = token;
        async { Ok(()) }
    }

    /// Keeps a dead letter; done once it is safe.
    fn dead_letter(&self, dead: &DeadMessage) -> impl Future<Output = Result<(), BridgeError>> + Send;

    /// Dead letters, oldest first. Nobody else gets them while their tokens live, where the broker can see to that.
    fn dead_letters(
        &self,
        look: DeadLetterQuery,
    ) -> impl Future<Output = Result<Vec<FoundDeadLetter<Self::Token>>, BridgeError>> + Send;

    /// A handler has had a message for so long, and it is settled.
    fn handled(&self, took: Duration) {
        let _ = took;
    }

    /// So many messages wait in this process for their next attempt, unacknowledged.
    fn aside(&self, count: usize) {
        let _ = count;
    }

    /// Whether what was received is known to this process alone.
    fn is_volatile(&self) -> bool {
        false
    }

    /// How many messages this process alone knows of, received and not handed out.
    fn waiting(&self) -> usize {
        0
    }
}

/// A message as a source receives it.
pub(crate) struct ReceivedMessage<T> {
    /// The message; or what is wrong with it, and its payload.
    pub(crate) incoming: Result<Incoming, (Malformed, Bytes)>,
    /// How often the broker has delivered it before.
    pub(crate) redelivered: u32,
    pub(crate) token: T,
}

/// A subscription at a broker, as the runtime sees it.
pub(crate) struct NetworkConsumer<S: BrokerSubscription> {
    source: S,
    subscription: &'static str,
    policy: SubscriptionPolicy,
    tally: Arc<AtomicCounters>,
    heard: SequenceTracker,
    held: Mutex<HeldMessages<S::Token>>,
    changed: Notify,
}

/// A message on its way out for its next attempt. Where nobody takes it, it goes back to those that wait.
struct HandingOut<'f, S: BrokerSubscription> {
    consumer: &'f NetworkConsumer<S>,
    delivery: Option<Delivery>,
}

impl<S: BrokerSubscription> Drop for HandingOut<'_, S> {
    fn drop(&mut self) {
        if let Some(delivery) = self.delivery.take() {
            self.consumer.put_aside(delivery, Duration::ZERO, AfterPause::Attempt);
        }
    }
}

/// How many bytes of its reason a dead letter keeps that is too large otherwise. The whole of it stands in the log.
const SHORT: usize = 64;

/// Between two attempts to bury a dead letter.
const DEAD_LETTER_BACKOFF: Backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));

/// How often a message may be delivered beyond its attempts before that alone is a reason to give it up.
///
/// Brokers count every delivery, also those to a process that stopped or died before it looked at the message. Up to here such
/// a message is taken for being in its last attempt, so that none is given up that nobody has tried. One that ends every
/// process that tries it comes to an end all the same.
const UNTRIED: u32 = 16;

/// How many attempts count as made before this delivery: the earlier ones that the message itself tells of, and of the
/// deliveries since then those that may have been one.
fn counted(earlier: u32, redelivered: u32, attempts: u32) -> u32 {
    let before = earlier.saturating_add(redelivered);
    if before < attempts.saturating_add(UNTRIED) { earlier.max(before.min(attempts.saturating_sub(1))) } else { before }
}

impl<S: BrokerSubscription> NetworkConsumer<S> {
    pub(crate) fn new(
        source: S,
        subscription: &'static str,
        policy: SubscriptionPolicy,
        tally: Arc<AtomicCounters>,
    ) -> Self {
        let held = Mutex::new(HeldMessages::new());
        Self { source, subscription, policy, tally, heard: SequenceTracker::default(), held, changed: Notify::new() }
    }

    /// The adapter's part.
    #[cfg(any(feature = "amqp", feature = "mqtt"))]
    pub(crate) fn source(&self) -> &S {
        &self.source
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
        let token = held.tokens.get(&delivery.tag).filter(|token| !self.source.is_lost(token)).cloned();
        if token.is_none() {
            held.forget(delivery.tag);
        }
        token.ok_or(BridgeError::LeaseLost)
    }

    /// What is due, or when something will be. What the broker has taken back meanwhile is not: it comes again.
    fn due(&self) -> Result<Parked, Option<Instant>> {
        loop {
            let (aside, count) = {
                let mut held = self.held();
                let Some(first) = held.aside.first_entry() else { return Err(None) };
                let due = first.key().0;
                if due > Instant::now() {
                    return Err(Some(due));
                }
                (first.remove(), held.aside.len())
            };
            self.source.aside(count);
            if self.token_kept(&aside.delivery).is_ok() {
                return Ok(aside);
            }
            let (subscription, id) = (self.subscription, aside.delivery.message.metadata().id);
            tracing::debug!(target: "pontoon", subscription, message = %id, "the broker has it again");
        }
    }

    fn put_aside(&self, delivery: Delivery, pause: Duration, next: AfterPause) {
        let place = (Instant::now() + pause, delivery.tag);
        let count = {
            let mut held = self.held();
            held.aside.insert(place, Parked { delivery, next });
            held.aside.len()
        };
        self.source.aside(count);
        self.changed.notify_one();
    }

    /// The next message. Whoever goes off with one lets another reader look when the next of those aside is due.
    async fn receive(&self) -> Option<Delivery> {
        let delivery = self.receive_one().await?;
        let waits = {
            let mut held = self.held();
            held.handed.insert(delivery.tag, Instant::now());
            !held.aside.is_empty()
        };
        if waits {
            self.changed.notify_one();
        }
        Some(delivery)
    }

    async fn receive_one(&self) -> Option<Delivery> {
        loop {
            let next = match self.due() {
                Ok(Parked { delivery, next: AfterPause::Attempt }) => return self.hand_out(delivery).await,
                Ok(Parked { delivery, next: AfterPause::Out }) => return Some(delivery),
                Ok(Parked { delivery, next: AfterPause::Grave(give_up) }) => {
                    // What went wrong is tried once more, later; it stands in the log.
                    let _ = self.dead_letter(delivery, give_up).await;
                    continue;
                }
                Err(next) => next,
            };
            let due = async {
                match next {
                    Some(at) => sleep_until(at).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                delivered = self.source.receive() => {
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
            self.source.retried(delivery, &token).await;
        }
    }

    /// Takes a message in. One that cannot be read does not get further than this, nor one that may come once and does again.
    async fn admit(&self, delivered: ReceivedMessage<S::Token>) -> Option<Delivery> {
        let ReceivedMessage { incoming, redelivered, token } = delivered;
        let Incoming { message, attempt, source, sequence, .. } = match incoming {
            Ok(incoming) => incoming,
            Err((malformed, body)) => {
                let delivery = self.hold(Message::received(Metadata::new(), body), 1, token);
                self.refuse(delivery, malformed.to_string()).await;
                return None;
            }
        };
        if self.policy.at_most_once && self.has_come_before(message.metadata().id, &source, sequence) {
            self.forget(token).await;
            return None;
        }
        if self.source.lease().is_some() {
            self.held().forget_given_up(message.metadata().id);
        }
        let token = if redelivered > 0 { self.resume(message.metadata().id, token)? } else { token };
        let (attempts, earlier) = (self.policy.attempts, attempt.saturating_sub(1));
        let before = match self.source.tried(&token) {
            Some(tried) if tried >= attempts => earlier.saturating_add(tried),
            Some(_) => earlier.saturating_add(redelivered.min(attempts.saturating_sub(1))),
            None => counted(earlier, redelivered, attempts),
        };
        Some(self.hold(message, before.saturating_add(1), token))
    }

    /// Whether a message is one that waits here, and goes on waiting as it comes again; otherwise its token is returned.
    fn resume(&self, id: Id, token: S::Token) -> Option<S::Token> {
        let (token, count) = {
            let mut held = self.held();
            (held.resume(id, token, |token| self.source.is_lost(token)), held.aside.len())
        };
        if token.is_none() {
            self.source.aside(count);
        }
        token
    }

    /// Whether an event that may come once has come before. What is missing before it is counted.
    fn has_come_before(&self, id: Id, source: &str, sequence: Option<u64>) -> bool {
        let arrived = sequence.map(|sequence| self.heard.arrives(source, sequence));
        if let Some(Sequenced::After(missing)) = arrived {
            self.tally.lost.fetch_add(missing, Ordering::Relaxed);
        }
        self.heard.is_known(id) || arrived == Some(Sequenced::Again)
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
        if let Err(error) = self.source.done(token).await {
            let subscription = self.subscription;
            tracing::warn!(target: "pontoon", subscription, error = %OneLine(&error), "a message that is not handled may come again");
        }
    }

    /// A message that cannot be read: to the dead letters at once, or, where there are none, counted.
    async fn refuse(&self, delivery: Delivery, reason: String) {
        let subscription = self.subscription;
        if self.policy.dead_letter {
            tracing::error!(target: "pontoon", subscription, reason, "a message that cannot be read is given up");
            let _ = self.dead_letter(delivery, GiveUp { reason, failures: 0 }).await;
            return;
        }
        let malformed = self.tally.malformed.fetch_add(1, Ordering::Relaxed) + 1;
        if malformed.is_power_of_two() {
            tracing::error!(target: "pontoon", subscription, reason, malformed, "a message that cannot be read is gone");
        }
        if let Ok(token) = self.token(&delivery) {
            self.forget(token).await;
        }
    }

    /// Keeps a dead letter, and is done with the message only then. Where that fails, it is tried again, less and less often.
    async fn dead_letter(&self, delivery: Delivery, give_up: GiveUp) -> Result<(), BridgeError> {
        let GiveUp { reason, failures } = give_up;
        let token = self.token_kept(&delivery)?;
        if failures > 0 {
            // It has waited. What became of its lease, the end of this shows.
            let _ = self.source.extend(token.clone()).await;
        }
        let mut dead = DeadMessage { message: delivery.message.clone(), reason, attempts: delivery.attempt };
        let mut dead_letters = self.source.dead_letter(&dead).await;
        if dead_letters.as_ref().is_err_and(BridgeError::is_permanent) {
            // With its reason it may be larger than what the broker takes.
            dead.reason.truncate(dead.reason.floor_char_boundary(SHORT));
            dead_letters = self.source.dead_letter(&dead).await;
        }
        if let Err(error) = &dead_letters
            && error.is_permanent()
        {
            self.tally.malformed.fetch_add(1, Ordering::Relaxed);
            let (subscription, message) = (self.subscription, delivery.message.metadata().id);
            let reason = &dead.reason;
            tracing::error!(target: "pontoon", subscription, %message, error = %OneLine(&error), reason, "a dead letter cannot be kept: it is gone");
            dead_letters = Ok(());
        }
        if let Err(error) = dead_letters {
            let (subscription, failures) = (self.subscription, failures.saturating_add(1));
            if failures.is_power_of_two() {
                tracing::warn!(target: "pontoon", subscription, error = %OneLine(&error), failures, "a dead letter is not kept yet");
            }
            let give_up = GiveUp { reason: dead.reason, failures };
            self.put_aside(delivery, DEAD_LETTER_BACKOFF.after(failures), AfterPause::Grave(give_up));
            return Err(error);
        }
        self.held().tokens.remove(&delivery.tag);
        self.source.done(token).await
    }

    async fn settle(&self, delivery: &Delivery, settlement: Settlement) -> Result<(), BridgeError> {
        let handed = self.held().handed.remove(&delivery.tag);
        if let Some(handed) = handed {
            self.source.handled(handed.elapsed());
        }
        match settlement {
            Settlement::Ack => {
                let token = self.token(delivery)?;
                self.source.done(token).await
            }
            Settlement::Release => {
                let token = self.token(delivery)?;
                self.source.back(token).await
            }
            Settlement::Retry(pause) => {
                let token = self.token_kept(delivery)?;
                let again = self.source.again(delivery, token, pause).await;
                if !matches!(again, Ok(false)) {
                    self.held().forget(delivery.tag);
                    return again.map(drop);
                }
                let next = Delivery { attempt: delivery.attempt.saturating_add(1), ..delivery.clone() };
                self.put_aside(next, pause, AfterPause::Attempt);
                Ok(())
            }
            Settlement::Postpone(pause) => {
                // Held in this process: brokers count what they deliver again.
                let token = self.token_kept(delivery)?;
                if let Err(error) = self.source.extend(token).await {
                    self.held().forget(delivery.tag);
                    return Err(error);
                }
                let pause = self.source.lease().map_or(pause, |lease| pause.min(lease / 2));
                self.put_aside(delivery.clone(), pause, AfterPause::Out);
                Ok(())
            }
            Settlement::DeadLetter(reason) => self.dead_letter(delivery.clone(), GiveUp { reason, failures: 0 }).await,
            Settlement::Malformed => {
                self.tally.malformed.fetch_add(1, Ordering::Relaxed);
                match self.token(delivery) {
                    Ok(token) => self.source.done(token).await,
                    // At most once: it was done with before anybody looked at it.
                    Err(_) => Ok(()),
                }
            }
        }
    }

    async fn clear(&self, id: Option<Id>, replay: bool) -> Result<usize, BridgeError> {
        let dead_letters =
            self.source.dead_letters(id.map_or(DeadLetterQuery::Behind(0), DeadLetterQuery::For)).await?;
        let mut count = 0;
        for FoundDeadLetter { dead, token } in dead_letters {
            count += 1;
            if !replay {
                self.source.done(token).await?;
                continue;
            }
            // It stays a dead letter until this process is done with it.
            let delivery = self.hold(dead.message, 1, token);
            self.put_aside(delivery, Duration::ZERO, AfterPause::Out);
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
        self.source.lease()
    }

    fn extend<'a>(&'a self, delivery: &'a Delivery) -> MaybeReady<'a, Result<(), BridgeError>> {
        let token = self.held().tokens.get(&delivery.tag).cloned();
        let Some(token) = token else { return MaybeReady::ready(Err(BridgeError::LeaseLost)) };
        MaybeReady::boxed(self.source.extend(token))
    }

    fn is_lost(&self, delivery: &Delivery) -> bool {
        self.held().tokens.get(&delivery.tag).is_none_or(|token| self.source.is_lost(token))
    }

    fn forget(&self, delivery: &Delivery) {
        self.held().forget(delivery.tag);
    }

    fn retried<'a>(&'a self, delivery: &'a Delivery) -> MaybeReady<'a, ()> {
        MaybeReady::boxed(self.retried(delivery))
    }

    fn is_volatile(&self) -> bool {
        self.source.is_volatile()
    }

    fn unfinished(&self, _: Instant) -> usize {
        match self.source.is_volatile() {
            true => self.source.waiting() + self.held().tokens.len(),
            false => 0,
        }
    }

    fn dead_letters(&self, skip: usize) -> MaybeReady<'_, Result<Vec<DeadMessage>, BridgeError>> {
        MaybeReady::boxed(async move {
            let dead_letters = self.source.dead_letters(DeadLetterQuery::Behind(skip)).await?;
            Ok(dead_letters.into_iter().map(|one| one.dead).collect())
        })
    }

    fn clear_dead_letters(&self, id: Option<Id>, replay: bool) -> MaybeReady<'_, Result<usize, BridgeError>> {
        MaybeReady::boxed(self.clear(id, replay))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_nobody_has_tried_is_in_its_last_attempt() {
        assert_eq!([0, 1, 2, 3, 18].map(|before| counted(0, before, 3)), [0, 1, 2, 2, 2]);
        assert_eq!(counted(0, 19, 3), 19, "given up");
        assert_eq!(counted(0, 1, 1), 0);
    }

    #[test]
    fn deliveries_after_a_pause_at_the_broker_take_no_attempt_that_is_left() {
        assert_eq!([0, 1, 2, 16].map(|redelivered| counted(2, redelivered, 4)), [2, 3, 3, 3]);
        assert_eq!(counted(2, 18, 4), 20, "given up");
        // All of them were made.
        assert_eq!(counted(4, 0, 4), 4);
    }
}

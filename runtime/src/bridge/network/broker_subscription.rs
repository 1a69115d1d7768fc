//! The adapter's part of a subscription over a network: receiving, acknowledging, dead letters.

use std::future::Future;
use std::time::Duration;

use crate::bridge::network::dead_letters::{DeadLetterQuery, FoundDeadLetter};
use crate::bridge::network::wire::{Incoming, UnreadableMessage};
use crate::bridge::{BridgeError, DeadMessage, Delivery};

/// A subscription at a broker: the part of a consumer that each adapter has of its own.
pub trait BrokerSubscription: Send + Sync + 'static {
    /// What a message is acknowledged by. Where a dead letter is only looked at, its token is dropped.
    type Token: Clone + Send + Sync + 'static;

    /// The next message; `None` once nothing more is to come. Safe to drop while it waits. Several may wait at a time.
    fn receive(&self) -> impl Future<Output = Option<ReceivedMessage<Self::Token>>> + Send;

    /// A message, or a dead letter, is done with: the broker may forget it.
    fn ack(&self, token: Self::Token) -> impl Future<Output = Result<(), BridgeError>> + Send;

    /// Gives a message back: the broker delivers it again, to whoever is free.
    fn release(&self, token: Self::Token) -> impl Future<Output = Result<(), BridgeError>> + Send;

    /// Has the broker deliver a message again after a pause. Says whether it does; otherwise it is held in this process
    /// meanwhile, unacknowledged.
    fn retry(
        &self,
        delivery: &Delivery,
        token: Self::Token,
        pause: Duration,
    ) -> impl Future<Output = Result<bool, BridgeError>> + Send {
        let _ = (delivery, token, pause);
        async { Ok(false) }
    }

    /// How many of a message's deliveries before this one were attempts, where the source counts them: each was handed
    /// out.
    fn tried(&self, token: &Self::Token) -> Option<u32> {
        let _ = token;
        None
    }

    /// A message that has waited in this process is about to be handed out for its next attempt: done once that is
    /// counted, where the source counts attempts. Safe to drop while it waits.
    fn retried(&self, delivery: &Delivery, token: &Self::Token) -> impl Future<Output = ()> + Send {
        let _ = (delivery, token);
        async {}
    }

    /// Whether the broker has taken a message back, as far as this process knows: with the connection or channel that
    /// it came on. It comes again, to this process or another.
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
        query: DeadLetterQuery,
    ) -> impl Future<Output = Result<Vec<FoundDeadLetter<Self::Token>>, BridgeError>> + Send;

    /// A handler has had a message for so long, and it is settled.
    fn handled(&self, took: Duration) {
        let _ = took;
    }

    /// So many messages wait in this process for their next attempt, unacknowledged.
    fn parked(&self, count: usize) {
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

/// A message as a broker has delivered it.
pub struct ReceivedMessage<T> {
    /// The message; or what is wrong with it, and its payload.
    pub incoming: Result<Incoming, UnreadableMessage>,
    /// How often the broker has delivered it before.
    pub redelivered: u32,
    /// What it is acknowledged by.
    pub token: T,
}

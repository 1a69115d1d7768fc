//! A subscription of core NATS in a queue group, across the clients that have it one after the other.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, Notify, watch};
use tokio::time::timeout;

use crate::bridge::BridgeError;
use crate::bridge::nats::client::{NatsMessage, Subscriber};
use crate::bridge::nats::connection::{Connection, ENDING};
use crate::bridge::nats::live_connection::LiveConnection;
use crate::bridge::network::ConnectionState;
use crate::sync::{Mutex, MutexGuard};

/// How many more messages the server may send when the subscription ends, and how long those are waited for.
///
/// A server forgets a subscription as soon as it is asked to end it, and others that have just looked it up may still
/// hand something to it, which is lost then. Told to end it after so many more, both agree on the last one. More than
/// are on their way, and few enough to come soon; where not even the few come, nothing is on its way, mostly.
const LAST_ONES: [(usize, Duration); 2] = [(64, Duration::from_millis(100)), (8, Duration::from_millis(200))];

/// A subscription of core NATS in a queue group.
pub(super) struct CoreSubscription {
    pub(super) subject: &'static str,
    pub(super) group: &'static str,
    /// Of a client that has just connected.
    next: Mutex<Option<Subscriber>>,
    current: AsyncMutex<Option<ClientSubscription>>,
    /// Taken out of the client when the subscription ended.
    remaining: Mutex<VecDeque<NatsMessage>>,
    phase: watch::Sender<SubscriptionPhase>,
    changed: Notify,
}

/// A subscription of one live connection.
struct ClientSubscription {
    subscriber: Subscriber,
    /// How many messages have come.
    taken: usize,
}

/// The phase of a subscription.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum SubscriptionPhase {
    Open,
    /// Whoever takes messages leaves the subscription to the one who ends it.
    Ending,
    Ended,
}

impl CoreSubscription {
    pub(super) fn new(subject: &'static str, group: &'static str) -> Self {
        Self {
            subject,
            group,
            next: Mutex::default(),
            current: AsyncMutex::default(),
            remaining: Mutex::default(),
            phase: watch::Sender::new(SubscriptionPhase::Open),
            changed: Notify::new(),
        }
    }

    /// Subscribes with a new client.
    pub(super) async fn attach(&self, live: &LiveConnection) -> Result<(), BridgeError> {
        if self.phase() > SubscriptionPhase::Open {
            return Ok(());
        }
        let subscriber = live.client.subscribe(self.subject, Some(self.group)).await?;
        *self.next.lock() = Some(subscriber);
        self.changed.notify_waiters();
        Ok(())
    }

    /// The next message; `None` once it has ended, or the bridge is closed.
    pub(super) async fn next(&self, state: &ConnectionState) -> Option<NatsMessage> {
        loop {
            let changed = self.changed.notified();
            if let Some(message) = self.remaining().pop_front() {
                return Some(message);
            }
            match self.phase() {
                SubscriptionPhase::Ended => return None,
                SubscriptionPhase::Ending => tokio::select! {
                    () = changed => {}
                    () = state.closed() => return None,
                },
                SubscriptionPhase::Open => {
                    let mut current = self.current.lock().await;
                    let ended = tokio::select! {
                        biased;
                        message = self.receive(&mut current) => return Some(message),
                        () = self.reached(SubscriptionPhase::Ending) => false,
                        () = state.closed() => true,
                    };
                    if ended {
                        return None;
                    }
                }
            }
        }
    }

    /// The next message of the client of now, or of the one after it.
    async fn receive(&self, current: &mut Option<ClientSubscription>) -> NatsMessage {
        loop {
            let changed = self.changed.notified();
            if current.is_none() {
                *current = self.take_next();
            }
            match current {
                Some(ClientSubscription { subscriber, taken }) => match subscriber.next().await {
                    Some(message) => {
                        *taken += 1;
                        return message;
                    }
                    // The client is gone.
                    None => *current = None,
                },
                None => changed.await,
            }
        }
    }

    /// Ends the subscription; done once nothing more comes. What has come by then is still handed out.
    pub(super) async fn drain(&self, connection: &Connection) {
        if self.phase.send_replace(SubscriptionPhase::Ending) > SubscriptionPhase::Open {
            return self.reached(SubscriptionPhase::Ended).await;
        }
        let current = self.current.lock().await.take().or_else(|| self.take_next());
        if let Some(mut current) = current {
            for (more, patience) in LAST_ONES {
                self.round_trip(&mut current, connection).await;
                let last = current.taken + more;
                // A client that is gone has no subscriptions any more: nothing comes in any case.
                current.subscriber.unsubscribe_after(last as u64);
                if timeout(patience, self.empty(&mut current)).await.is_ok() {
                    return self.end();
                }
            }
            self.round_trip(&mut current, connection).await;
            let _ = timeout(ENDING, current.subscriber.drain()).await;
            let _ = timeout(ENDING, self.empty(&mut current)).await;
        }
        self.end();
    }

    /// Ends the subscription at once: the bridge is closed, and nobody takes anything any more.
    pub(super) async fn close(&self) {
        self.end();
        if let Ok(mut current) = timeout(ENDING, self.current.lock()).await
            && let Some(mut current) = current.take().or_else(|| self.take_next())
        {
            current.subscriber.unsubscribe();
        }
    }

    /// Takes what comes until the server has heard everything that we have said: so it is known how many messages it
    /// has sent by then.
    async fn round_trip(&self, current: &mut ClientSubscription, connection: &Connection) {
        let Some(live) = connection.current() else { return };
        let round_trip = timeout(ENDING, live.round_trip());
        tokio::select! {
            biased;
            () = self.empty(current) => {}
            _ = round_trip => {}
        }
        while let Some(message) = current.subscriber.next_now() {
            self.put(current, message);
        }
    }

    /// Takes what comes until nothing more can come.
    async fn empty(&self, current: &mut ClientSubscription) {
        while let Some(message) = current.subscriber.next().await {
            self.put(current, message);
        }
    }

    fn put(&self, current: &mut ClientSubscription, message: NatsMessage) {
        current.taken += 1;
        self.remaining().push_back(message);
        self.changed.notify_waiters();
    }

    fn end(&self) {
        self.phase.send_replace(SubscriptionPhase::Ended);
        self.changed.notify_waiters();
    }

    fn phase(&self) -> SubscriptionPhase {
        *self.phase.borrow()
    }

    async fn reached(&self, phase: SubscriptionPhase) {
        // The sender lives in `self`: there is always one.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    fn take_next(&self) -> Option<ClientSubscription> {
        let next = self.next.lock().take();
        next.map(|subscriber| ClientSubscription { subscriber, taken: 0 })
    }

    fn remaining(&self) -> MutexGuard<'_, VecDeque<NatsMessage>> {
        self.remaining.lock()
    }
}

//! A core subscription in a queue group, across the clients that have it one after the other.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_nats::{Message, Subscriber};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{Mutex as AsyncMutex, Notify, watch};
use tokio::task::unconstrained;
use tokio::time::{Instant, sleep_until};

use crate::bridge::BridgeError;
use crate::bridge::nats::connection::ENDING;
use crate::bridge::nats::session::Session;
use crate::bridge::remote::Link;

/// How many more messages the server may send when the subscription ends. The client forgets a subscription as soon as it
/// has asked the server to end it, and what was on its way by then is lost; told to end after so many, both agree on the
/// last one.
const LAST_ONES: usize = 64;

/// How long those are waited for. When so few come, it is safe enough to end without them.
const SETTLING: Duration = Duration::from_millis(100);

/// A core subscription in a queue group of its own name.
pub(super) struct Flow {
    pub(super) subject: &'static str,
    pub(super) group: &'static str,
    /// From a client that has just connected.
    arrived: Mutex<Option<Subscriber>>,
    changed: Notify,
    ending: watch::Sender<bool>,
    state: AsyncMutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Subscriber>,
    /// Taken out of the client already.
    here: VecDeque<Message>,
    taken: usize,
    phase: Phase,
}

#[derive(Clone, Copy, Default)]
enum Phase {
    #[default]
    Open,
    /// It ends by itself after some messages, or is ended then.
    Settling(Instant),
    Ended,
}

impl Flow {
    pub(super) fn new(subject: &'static str, group: &'static str) -> Self {
        Self {
            subject,
            group,
            arrived: Mutex::new(None),
            changed: Notify::new(),
            ending: watch::Sender::new(false),
            state: AsyncMutex::default(),
        }
    }

    /// Subscribes with a new client.
    pub(super) async fn attach(&self, session: &Session) -> Result<(), BridgeError> {
        if *self.ending.borrow() {
            return Ok(());
        }
        let subscriber = session.client.queue_subscribe(self.subject, self.group.to_owned()).await;
        let subscriber = subscriber.map_err(|error| BridgeError::Unavailable(error.into()))?;
        *self.arrived.lock().unwrap_or_else(PoisonError::into_inner) = Some(subscriber);
        self.changed.notify_waiters();
        Ok(())
    }

    /// The next message; `None` once it has ended, or the bridge is closed.
    pub(super) async fn next(&self, link: &Link) -> Option<Message> {
        let mut state = self.state.lock().await;
        loop {
            if let Some(message) = state.here.pop_front() {
                return Some(message);
            }
            if state.current.is_none() {
                let changed = self.changed.notified();
                state.current = self.arrived.lock().unwrap_or_else(PoisonError::into_inner).take();
                if state.current.is_none() {
                    if *self.ending.borrow() {
                        return None;
                    }
                    tokio::select! {
                        () = changed => {}
                        () = self.end_asked() => {}
                        () = link.closed() => return None,
                    }
                    continue;
                }
                state.taken = 0;
            }
            let State { current, phase, .. } = &mut *state;
            let Some(subscriber) = current else { continue };
            tokio::select! {
                biased;
                message = subscriber.next() => match message {
                    Some(message) => {
                        state.taken += 1;
                        return Some(message);
                    }
                    // The client is gone, or both have agreed on the last message.
                    None => state.current = None,
                },
                () = self.end_asked(), if matches!(phase, Phase::Open) => state.begin_to_end().await,
                () = settled(*phase) => state.end().await,
                () = link.closed() => return None,
            }
        }
    }

    /// Ends the subscription; what has arrived by then is still handed out.
    pub(super) async fn drain(&self) {
        self.ending.send_replace(true);
        // Whoever waits for a message does it. Where nobody does, it is done here.
        if let Ok(mut state) = self.state.try_lock()
            && matches!(state.phase, Phase::Open)
        {
            state.begin_to_end().await;
        }
    }

    /// Ends the subscription at once: the bridge is closed, and nobody takes anything any more.
    pub(super) async fn close(&self) {
        self.ending.send_replace(true);
        if let Ok(mut state) = tokio::time::timeout(ENDING, self.state.lock()).await
            && let Some(mut subscriber) = state.current.take()
        {
            // The client may be gone, and the subscription with it.
            let _ = subscriber.unsubscribe().await;
        }
    }

    async fn end_asked(&self) {
        // The sender lives in `self`: there is always one.
        let _ = self.ending.subscribe().wait_for(|ending| *ending).await;
    }
}

impl State {
    async fn begin_to_end(&mut self) {
        self.phase = Phase::Settling(Instant::now() + SETTLING);
        let Some(subscriber) = &mut self.current else { return };
        while let Some(Some(message)) = unconstrained(subscriber.next()).now_or_never() {
            self.taken += 1;
            self.here.push_back(message);
        }
        // The client may be gone, and the subscription with it.
        let _ = subscriber.unsubscribe_after((self.taken + LAST_ONES) as u64).await;
    }

    async fn end(&mut self) {
        self.phase = Phase::Ended;
        if let Some(subscriber) = &mut self.current {
            let _ = subscriber.drain().await;
        }
    }
}

async fn settled(phase: Phase) {
    match phase {
        Phase::Settling(until) => sleep_until(until).await,
        Phase::Open | Phase::Ended => std::future::pending().await,
    }
}

//! Whether a bridge is connected, for those who wait for it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::bridge::BridgeError;
use crate::health::Health;

/// Whether a bridge is connected.
pub(crate) struct ConnectionState(watch::Sender<State>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum State {
    Down(String),
    Up,
    Closed,
}

impl ConnectionState {
    /// Not connected yet.
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(State::Down("not connected yet".to_owned())))
    }

    /// It is connected.
    pub(crate) fn up(&self) {
        self.turn(State::Up);
    }

    /// It is not, for this reason.
    pub(crate) fn down(&self, reason: impl Into<String>) {
        self.turn(State::Down(reason.into()));
    }

    /// It is closed for good.
    pub(crate) fn close(&self) {
        self.turn(State::Closed);
    }

    fn turn(&self, next: State) {
        self.0.send_if_modified(|state| {
            let turns = *state != State::Closed && *state != next;
            if turns {
                *state = next;
            }
            turns
        });
    }

    pub(crate) fn is_up(&self) -> bool {
        *self.0.borrow() == State::Up
    }

    pub(crate) fn is_closed(&self) -> bool {
        *self.0.borrow() == State::Closed
    }

    /// Waits until it is closed.
    pub(crate) async fn closed(&self) {
        // The sender lives in `self`: there is always one.
        let _ = self.0.subscribe().wait_for(|state| *state == State::Closed).await;
    }

    /// Waits until it is connected, for so long at most.
    pub(crate) async fn ready(&self, patience: Duration) -> Result<(), BridgeError> {
        let mut states = self.0.subscribe();
        let turned = timeout(patience, states.wait_for(|state| !matches!(state, State::Down(_)))).await;
        match turned {
            Ok(Ok(state)) if *state == State::Up => Ok(()),
            Ok(_) => Err(BridgeError::Closed),
            Err(_) => Err(BridgeError::Unavailable(self.health().to_string().into())),
        }
    }

    pub(crate) fn health(&self) -> Health {
        match &*self.0.borrow() {
            State::Up => Health::Ready,
            State::Down(reason) => Health::Degraded(reason.clone()),
            State::Closed => Health::Degraded("closed".to_owned()),
        }
    }
}

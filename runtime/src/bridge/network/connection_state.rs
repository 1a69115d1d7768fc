//! The state of the connection of a bridge, for those who wait for it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::bridge::BridgeError;
use crate::health::Health;

/// The state of a connection: up, down with the reason, or closed.
pub struct ConnectionState(watch::Sender<Connectivity>);

/// Up, down with the reason, or closed.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Connectivity {
    Down(String),
    Up,
    Closed,
}

impl Default for ConnectionState {
    fn default() -> Self {
        Self::new()
    }
}

impl ConnectionState {
    /// Not connected yet.
    pub fn new() -> Self {
        Self(watch::Sender::new(Connectivity::Down("not connected yet".to_owned())))
    }

    /// It is connected.
    pub fn up(&self) {
        self.turn(Connectivity::Up);
    }

    /// It is not, for this reason.
    pub fn down(&self, reason: impl Into<String>) {
        self.turn(Connectivity::Down(reason.into()));
    }

    /// It is closed for good.
    pub fn close(&self) {
        self.turn(Connectivity::Closed);
    }

    fn turn(&self, next: Connectivity) {
        self.0.send_if_modified(|state| {
            let turns = *state != Connectivity::Closed && *state != next;
            if turns {
                *state = next;
            }
            turns
        });
    }

    /// Whether it is connected.
    pub fn is_up(&self) -> bool {
        *self.0.borrow() == Connectivity::Up
    }

    /// Whether it is closed for good.
    pub fn is_closed(&self) -> bool {
        *self.0.borrow() == Connectivity::Closed
    }

    /// Waits until it is closed.
    pub async fn closed(&self) {
        // The sender lives in `self`: there is always one.
        let _ = self.0.subscribe().wait_for(|state| *state == Connectivity::Closed).await;
    }

    /// Waits until it is connected, for so long at most.
    ///
    /// # Errors
    /// [`BridgeError::Closed`], or [`BridgeError::Unavailable`] where it is not by then.
    pub async fn ready(&self, patience: Duration) -> Result<(), BridgeError> {
        let mut states = self.0.subscribe();
        let turned = timeout(patience, states.wait_for(|state| !matches!(state, Connectivity::Down(_)))).await;
        match turned {
            Ok(Ok(state)) if *state == Connectivity::Up => Ok(()),
            Ok(_) => Err(BridgeError::Closed),
            Err(_) => Err(BridgeError::Unavailable(self.health().to_string().into())),
        }
    }

    /// As a unit shows it.
    pub fn health(&self) -> Health {
        match &*self.0.borrow() {
            Connectivity::Up => Health::Ready,
            Connectivity::Down(reason) => Health::Degraded(reason.clone()),
            Connectivity::Closed => Health::Degraded("closed".to_owned()),
        }
    }
}

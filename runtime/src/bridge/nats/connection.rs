//! The connection to NATS across all its losses: what every part of the adapter sends through, and waits on.

use std::sync::Arc;

use pontoon_schema::capability::{Adapter, event_bridge};
use tokio::sync::{Notify, watch};
use tokio::time::{Duration, Instant, timeout_at};

use crate::bridge::BridgeError;
use crate::bridge::nats::confirmations::Confirmations;
use crate::bridge::nats::connect::Connector;
use crate::bridge::nats::live_connection::LiveConnection;
use crate::bridge::nats::refusals::Refusals;
use crate::bridge::network::{AtomicCounters, ConnectionState};
use crate::environment::Instance;

/// How long something that is over may still take.
pub(super) const ENDING: Duration = Duration::from_secs(2);

/// The kept-up connection to NATS: the live connection of now, its state, and who we are in messages.
pub(super) struct Connection {
    pub(super) instance: Instance,
    /// The `source` of our messages.
    pub(super) source: String,
    /// The largest payload in bytes, as the compiler knows it. The server may take less.
    pub(super) largest: u64,
    pub(super) connector: Connector,
    pub(super) state: ConnectionState,
    pub(super) refusals: Arc<Refusals>,
    pub(super) confirmations: Confirmations,
    pub(super) counters: Arc<AtomicCounters>,
    live: watch::Sender<Option<Arc<LiveConnection>>>,
    /// Somebody doubts that the server has the streams and consumers that it has to have.
    doubts: Notify,
}

impl Connection {
    pub(super) fn new(instance: Instance, connector: Connector) -> Self {
        let refusals = Arc::clone(&connector.refusals);
        Self {
            source: instance.source(),
            instance,
            largest: event_bridge(Adapter::Nats).map_or(u64::MAX, |bridge| bridge.largest_payload),
            connector,
            state: ConnectionState::new(),
            confirmations: Confirmations::new(&refusals),
            refusals,
            counters: Arc::default(),
            live: watch::Sender::new(None),
            doubts: Notify::new(),
        }
    }

    /// The live connection, if there is one now: also while the server has not got all that it has to have.
    pub(super) fn current(&self) -> Option<Arc<LiveConnection>> {
        self.live.borrow().clone()
    }

    /// The live connections from now on.
    pub(super) fn subscribe(&self) -> watch::Receiver<Option<Arc<LiveConnection>>> {
        self.live.subscribe()
    }

    /// Has another live connection from now on, or none.
    pub(super) fn replace(&self, live: Option<Arc<LiveConnection>>) {
        self.live.send_replace(live);
    }

    /// The live connection, once there is one and the server has all that it has to have; until then at most.
    pub(super) async fn ready(&self, until: Instant) -> Result<Arc<LiveConnection>, BridgeError> {
        loop {
            if !self.state.is_up() {
                self.state.ready(until.saturating_duration_since(Instant::now())).await?;
            }
            // Where there is none, it was lost in between: the state is down by now.
            if let Some(live) = self.current() {
                return Ok(live);
            }
        }
    }

    /// The live connection of now, or the next that is ready: what asks nothing of a stream need not wait for one.
    pub(super) async fn current_or_ready(&self, until: Instant) -> Result<Arc<LiveConnection>, BridgeError> {
        match self.current() {
            Some(live) => Ok(live),
            None => self.ready(until).await,
        }
    }

    /// The live connection after one that is lost, once it is ready; until then at most.
    pub(super) async fn after(
        &self,
        lost: &Arc<LiveConnection>,
        until: Instant,
    ) -> Result<Arc<LiveConnection>, BridgeError> {
        let mut lives = self.live.subscribe();
        let is_another = |live: &Option<Arc<LiveConnection>>| live.as_ref().is_none_or(|live| !live.is_same(lost));
        // Told late, or never, it is still the lost one: what comes of that is an error.
        let _ = timeout_at(until, lives.wait_for(is_another)).await;
        if Instant::now() >= until {
            return Err(BridgeError::Unavailable(self.state.health().to_string().into()));
        }
        self.current_or_ready(until).await
    }

    /// Has the server's streams and consumers looked at: one of them seems to be missing.
    pub(super) fn doubt(&self) {
        self.doubts.notify_one();
    }

    /// Waits until somebody doubts.
    pub(super) async fn doubted(&self) {
        self.doubts.notified().await;
    }
}

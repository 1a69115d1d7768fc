//! The kept-up connection of one client identifier: noticed when it is lost, made again, for ever.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::connect::{ClientRole, Connector};
use super::error::{MqttError, taken_over};
use super::event_loop::{EventLoop, LoopClient};
use super::listener::Listener;
use super::live_connection::{ConnectionCommand, LiveConnection};
use super::probe::Probe;
use super::topic_filters::TopicFilters;
use crate::bridge::BridgeError;
use crate::bridge::network::{ConnectionState, Reconnect};
use crate::health::Health;
use crate::net::io_thread;
use crate::sync::{Mutex, MutexGuard};

/// A session's connection that ends sooner than this may have been taken over by another client.
const SUSPECT: Duration = Duration::from_secs(5);

/// The kept-up connection of one client identifier, with its topic filters.
pub(super) struct Connection {
    connector: Arc<Connector>,
    role: ClientRole,
    listener: Arc<dyn Listener>,
    pub(super) filters: TopicFilters,
    pub(super) state: ConnectionState,
    /// For what may be the reason why the connection is lost.
    pub(super) probe: Probe,
    current: Mutex<CurrentConnection>,
}

/// The live connection of now, or why a client identifier has none.
#[derive(Default)]
struct CurrentConnection {
    live: Option<Arc<LiveConnection>>,
    /// The broker does not let us in any more.
    denied: Option<String>,
}

/// The waiter for the first time that the connection and its subscriptions are there.
pub(super) type FirstConnection = oneshot::Sender<Result<(), MqttError>>;

impl Connection {
    pub(super) fn new(connector: &Arc<Connector>, role: ClientRole, listener: Arc<dyn Listener>) -> Arc<Self> {
        let probe = Probe::new(connector, &role.client_id);
        let (connector, filters, state) = (Arc::clone(connector), TopicFilters::default(), ConnectionState::new());
        Arc::new(Self { connector, role, listener, filters, state, probe, current: Mutex::default() })
    }

    fn locked(&self) -> MutexGuard<'_, CurrentConnection> {
        self.current.lock()
    }

    /// The live connection, once it is there; until then at most.
    pub(super) async fn ready(&self, until: Instant) -> Result<Arc<LiveConnection>, BridgeError> {
        loop {
            if self.state.is_up()
                && let Some(live) = self.locked().live.clone()
            {
                return Ok(live);
            }
            if let Some(why) = self.locked().denied.clone() {
                return Err(BridgeError::Denied(why.into()));
            }
            self.state.ready(until.saturating_duration_since(Instant::now())).await?;
            if self.locked().live.is_none() {
                // We are the first to notice.
                sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// The live connection, also where its subscriptions are not there yet.
    pub(super) fn current(&self) -> Option<Arc<LiveConnection>> {
        self.locked().live.clone()
    }

    /// Keeps the connection up until it is closed, or until waiting mends nothing the first time.
    pub(super) async fn keep(self: Arc<Self>, first: FirstConnection) {
        let mut first = Some(first);
        let mut retry = Reconnect::new("connecting to the broker");
        while !self.state.is_closed() {
            let error = match self.run(&mut first, &mut retry).await {
                Ok(()) => return,
                Err(error) => error,
            };
            let denied = matches!(error, MqttError::Denied(_)).then(|| error.to_string());
            *self.locked() = CurrentConnection { live: None, denied };
            self.state.down(error.text());
            self.listener.lost(error.text());
            if error.is_permanent()
                && let Some(first) = first.take()
            {
                // Who has stopped waiting need not know.
                let _ = first.send(Err(error));
                return;
            }
            tokio::select! {
                () = retry.pause(&error) => {}
                () = self.state.closed() => return,
            }
        }
    }

    /// One life of the connection.
    async fn run(&self, first: &mut Option<FirstConnection>, retry: &mut Reconnect) -> Result<(), MqttError> {
        let accepted = tokio::select! {
            accepted = self.connector.connect(&self.role) => accepted?,
            () = self.state.closed() => return Ok(()),
        };
        let (live, commands) = LiveConnection::new(accepted.limits.largest);
        let (live, resumed) = (Arc::new(live), accepted.limits.resumed);
        *self.locked() = CurrentConnection { live: Some(Arc::clone(&live)), denied: None };
        if self.state.is_closed() {
            // Whoever has closed it may not have seen this connection.
            return Ok(());
        }
        self.listener.connected(&live, resumed);
        let client = LoopClient { role: &self.role, filters: &self.filters, listener: &*self.listener };
        let event_loop = EventLoop::new(client, accepted, commands);
        let begun = Instant::now();
        let ended = event_loop.run(|| {
            if let Some(waits) = first.take() {
                if let Some(refusal) = self.filters.refusal() {
                    *first = Some(waits);
                    return Err(refusal);
                }
                // Who has stopped waiting need not know.
                let _ = waits.send(Ok(()));
            }
            retry.succeeded();
            self.state.up();
            Ok(())
        });
        let error = match ended.await {
            Ok(()) => return Ok(()),
            Err(error) => error.at(&self.connector.address),
        };
        // Brokers that end a connection because another client has its id need not say so.
        let suspect = self.role.lasting && begun.elapsed() < SUSPECT && matches!(error, MqttError::Away(_));
        Err(if suspect { MqttError::Away(format!("{error} ({})", taken_over(&self.role.client_id))) } else { error })
    }

    /// Whether it can be used, and all that should arrive by it does.
    pub(super) fn health(&self) -> Health {
        match self.state.health() {
            Health::Ready => self.filters.health(),
            degraded => degraded,
        }
    }

    /// Sends DISCONNECT, and is not made again.
    pub(super) fn close(&self) {
        self.state.close();
        if let Some(live) = self.locked().live.clone() {
            // Also where much waits for its turn: acknowledgements go first.
            io_thread::spawn(async move {
                // A connection that is lost needs none.
                let _ = live.send(ConnectionCommand::Disconnect).await;
            });
        }
    }
}

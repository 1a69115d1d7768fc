//! A kept-up connection to a virtual host: noticed when it is lost, made again, for ever.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::StreamExt;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, sleep, timeout};

use super::connect::Connector;
use super::declarations::Declarations;
use super::error::AmqpError;
use super::live_connection::{LiveConnection, MonitoredConnection};
use super::payload_limit::PayloadLimit;
use crate::bridge::BridgeError;
use crate::bridge::network::{ConnectionState, Reconnect};
use crate::sync::RwLock;

/// How often a connection is looked at that says nothing. What happens to it is known at once by other ways; this is
/// for those that close without an event.
const LOOK: Duration = Duration::from_secs(2);

/// One of the two connections of an adapter: on one it publishes, on the other it consumes. RabbitMQ reads nothing from
/// a connection that publishes while it has an alarm, no acknowledgements either; and what waits at the broker could
/// not be worked off.
pub(super) struct Connection {
    connector: Arc<Connector>,
    role: &'static str,
    /// What the broker has to have before the connection is up.
    declarations: Option<Arc<Declarations>>,
    /// What the broker has said about sizes: another one may say something else.
    limit: Option<Arc<PayloadLimit>>,
    pub(super) state: ConnectionState,
    current: RwLock<Option<Arc<LiveConnection>>>,
    /// Something has happened to it, or to one of its channels.
    events: Notify,
}

impl Connection {
    /// The connection on which messages are published.
    pub(super) fn publishing(connector: Arc<Connector>, limit: Arc<PayloadLimit>) -> Arc<Self> {
        Arc::new(Self { limit: Some(limit), ..Self::new(connector, "sends") })
    }

    /// The connection on which messages are consumed, and exchanges and queues declared.
    pub(super) fn consuming(connector: Arc<Connector>, declarations: Arc<Declarations>) -> Arc<Self> {
        Arc::new(Self { declarations: Some(declarations), ..Self::new(connector, "takes") })
    }

    fn new(connector: Arc<Connector>, role: &'static str) -> Self {
        let (state, current, events) = (ConnectionState::new(), RwLock::new(None), Notify::new());
        Self { connector, role, declarations: None, limit: None, state, current, events }
    }

    /// The live connection, if there is one.
    pub(super) fn current(&self) -> Option<Arc<LiveConnection>> {
        self.current.read().clone()
    }

    /// The live connection, once there is one that is not blocked; waits for so long at most.
    pub(super) async fn ready(&self, patience: Duration) -> Result<Arc<LiveConnection>, BridgeError> {
        let begun = Instant::now();
        loop {
            let event = self.event();
            self.state.ready(patience.saturating_sub(begun.elapsed())).await?;
            if let Some(live) = self.current().filter(|live| live.is_connected()) {
                return Ok(live);
            }
            // We are the first to notice.
            let _ = timeout(LOOK, event).await;
        }
    }

    /// Waits until something happens to the connection or one of its channels; begins to wait where it is called.
    pub(super) fn event(&self) -> Notified<'_> {
        self.events.notified()
    }

    /// Connects, and does not give up unless waiting does not mend it.
    pub(super) async fn begin(&self) -> Result<MonitoredConnection, AmqpError> {
        let mut retry = Reconnect::new("connecting to the broker");
        loop {
            match self.attempt().await {
                Ok(monitored) => return Ok(monitored),
                Err(error) if error.is_permanent() => return Err(error),
                Err(error) => {
                    self.state.down(error.text());
                    retry.pause(&error).await;
                }
            }
        }
    }

    async fn attempt(&self) -> Result<MonitoredConnection, AmqpError> {
        let monitored = self.connector.connect(self.role).await?;
        if let Some(declarations) = &self.declarations {
            declarations.provision(&monitored.live.connection).await?;
        }
        if let Some(limit) = &self.limit {
            limit.forget();
        }
        *self.current.write() = Some(Arc::clone(&monitored.live));
        self.state.up();
        self.events.notify_waiters();
        Ok(monitored)
    }

    /// Keeps the connection up until it is closed for good.
    pub(super) async fn keep(self: Arc<Self>, mut monitored: MonitoredConnection) {
        let mut retry = Reconnect::new("connecting to the broker");
        while !self.state.is_closed() {
            let reason = self.watch(&mut monitored).await;
            *self.current.write() = None;
            self.state.down(&*reason);
            monitored.live.cut();
            self.events.notify_waiters();
            let mut error = AmqpError::Away(reason);
            monitored = loop {
                if self.state.is_closed() {
                    return;
                }
                retry.pause(&error).await;
                match self.attempt().await {
                    Ok(next) => break next,
                    Err(next) => {
                        self.state.down(next.text());
                        error = next;
                    }
                }
            };
            retry.succeeded();
        }
    }

    /// Returns once the connection is lost, with the reason.
    async fn watch(&self, monitored: &mut MonitoredConnection) -> String {
        let MonitoredConnection { live, events } = monitored;
        let mut reason = "the connection is lost".to_owned();
        loop {
            let event = tokio::select! {
                event = async { match events.next().await { Some(event) => event, None => pending().await } } => Some(event),
                () = sleep(LOOK) => None,
            };
            match event {
                Some(lapin::Event::ConnectionBlocked(why)) => {
                    tracing::warn!(target: "pontoon", why, "the broker blocks what is published");
                    self.state.down(format!("blocked by the broker: {why}"));
                }
                Some(lapin::Event::ConnectionUnblocked) => {
                    tracing::info!(target: "pontoon", "the broker does not block any more");
                    self.state.up();
                }
                Some(lapin::Event::Error(error)) => reason = AmqpError::from(error).to_string(),
                _ => {}
            }
            if !live.is_connected() {
                return reason;
            }
            self.events.notify_waiters();
        }
    }

    /// Disconnects for good.
    pub(super) async fn close(&self) {
        self.state.close();
        let live = self.current.write().take();
        if let Some(live) = live {
            live.close().await;
        }
        self.events.notify_waiters();
    }
}

//! A connection that is kept up: noticed when it is lost, made again, for ever.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{BoxStream, StreamExt};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::{Instant, sleep, timeout};

use super::connect::{Connector, LiveConnection};
use super::declarations::Declarations;
use super::error::AmqpError;
use super::payload_limit::PayloadLimit;
use crate::bridge::BridgeError;
use crate::bridge::network::{ConnectionState, Reconnect};
use crate::sync::RwLock;

/// How often a connection is looked at that says nothing. What happens to it is known at once by other ways; this is for
/// those that close without a word.
const LOOK: Duration = Duration::from_secs(2);

/// One of the two connections of an adapter: on one it publishes, on the other it consumes. RabbitMQ reads nothing from a
/// connection that publishes while it has an alarm, no acknowledgements either; and what waits at the broker could not be
/// worked off.
pub(super) struct Connection {
    connector: Arc<Connector>,
    role: &'static str,
    /// What the broker has to have before the line is up.
    objects: Option<Arc<Declarations>>,
    /// What the broker has said about sizes: another one may say something else.
    limit: Option<Arc<PayloadLimit>>,
    pub(super) link: ConnectionState,
    current: RwLock<Option<Arc<LiveConnection>>>,
    /// Something has happened to it, or to one of its channels.
    stirred: Notify,
}

/// A connection and what happens to it.
pub(super) type Monitored = (Arc<LiveConnection>, BoxStream<'static, lapin::Event>);

impl Connection {
    /// The line on which messages are published.
    pub(super) fn publishing(connector: Arc<Connector>, limit: Arc<PayloadLimit>) -> Arc<Self> {
        Arc::new(Self { limit: Some(limit), ..Self::new(connector, "sends") })
    }

    /// The line on which messages are consumed, and objects made.
    pub(super) fn consuming(connector: Arc<Connector>, objects: Arc<Declarations>) -> Arc<Self> {
        Arc::new(Self { objects: Some(objects), ..Self::new(connector, "takes") })
    }

    fn new(connector: Arc<Connector>, role: &'static str) -> Self {
        let (link, current, stirred) = (ConnectionState::new(), RwLock::new(None), Notify::new());
        Self { connector, role, objects: None, limit: None, link, current, stirred }
    }

    /// The connection, if there is one.
    pub(super) fn current(&self) -> Option<Arc<LiveConnection>> {
        self.current.read().clone()
    }

    /// The connection, once there is one that lives and is not blocked; waits for so long at most.
    pub(super) async fn ready(&self, patience: Duration) -> Result<Arc<LiveConnection>, BridgeError> {
        let begun = Instant::now();
        loop {
            let stirred = self.stirred();
            self.link.ready(patience.saturating_sub(begun.elapsed())).await?;
            if let Some(connected) = self.current().filter(|connected| connected.lives()) {
                return Ok(connected);
            }
            // We are the first to notice.
            let _ = timeout(LOOK, stirred).await;
        }
    }

    /// Waits until something happens to the connection or one of its channels; begins to wait where it is called.
    pub(super) fn stirred(&self) -> Notified<'_> {
        self.stirred.notified()
    }

    /// Connects, and does not give up unless waiting does not mend it.
    pub(super) async fn begin(&self) -> Result<Monitored, AmqpError> {
        let mut retry = Reconnect::new("connecting to the broker");
        loop {
            match self.attempt().await {
                Ok(lively) => return Ok(lively),
                Err(trouble) if trouble.is_permanent() => return Err(trouble),
                Err(trouble) => {
                    self.link.down(trouble.text());
                    retry.pause(&trouble).await;
                }
            }
        }
    }

    async fn attempt(&self) -> Result<Monitored, AmqpError> {
        let (connected, events) = self.connector.dial(self.role).await?;
        if let Some(objects) = &self.objects {
            objects.ensure(&connected.connection).await?;
        }
        if let Some(limit) = &self.limit {
            limit.forget();
        }
        let connected = Arc::new(connected);
        *self.current.write() = Some(Arc::clone(&connected));
        self.link.up();
        self.stirred.notify_waiters();
        Ok((connected, events))
    }

    /// Keeps the connection up until the line is closed.
    pub(super) async fn keep(self: Arc<Self>, mut lively: Monitored) {
        let mut retry = Reconnect::new("connecting to the broker");
        while !self.link.is_closed() {
            let reason = self.watch(&lively.0, &mut lively.1).await;
            *self.current.write() = None;
            self.link.down(&*reason);
            lively.0.cut();
            self.stirred.notify_waiters();
            let mut trouble = AmqpError::Away(reason);
            lively = loop {
                if self.link.is_closed() {
                    return;
                }
                retry.pause(&trouble).await;
                match self.attempt().await {
                    Ok(lively) => break lively,
                    Err(next) => {
                        self.link.down(next.text());
                        trouble = next;
                    }
                }
            };
            retry.succeeded();
        }
    }

    /// Returns once the connection is lost, with the reason.
    async fn watch(&self, connected: &LiveConnection, events: &mut BoxStream<'static, lapin::Event>) -> String {
        let mut reason = "the connection is lost".to_owned();
        loop {
            let event = tokio::select! {
                event = async { match events.next().await { Some(event) => event, None => pending().await } } => Some(event),
                () = sleep(LOOK) => None,
            };
            match event {
                Some(lapin::Event::ConnectionBlocked(why)) => {
                    tracing::warn!(target: "pontoon", why, "the broker blocks what is published");
                    self.link.down(format!("blocked by the broker: {why}"));
                }
                Some(lapin::Event::ConnectionUnblocked) => {
                    tracing::info!(target: "pontoon", "the broker does not block any more");
                    self.link.up();
                }
                Some(lapin::Event::Error(error)) => reason = AmqpError::from(error).to_string(),
                _ => {}
            }
            if !connected.lives() {
                return reason;
            }
            self.stirred.notify_waiters();
        }
    }

    /// Disconnects for good.
    pub(super) async fn close(&self) {
        self.link.close();
        let connected = self.current.write().take();
        if let Some(connected) = connected {
            connected.close().await;
        }
        self.stirred.notify_waiters();
    }
}

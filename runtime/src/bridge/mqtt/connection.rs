//! A connection that is kept up: noticed when it is lost, made again, for ever.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::connect::{ClientRole, Connector};
use super::error::{MqttError, taken_over};
use super::event_loop::EventLoop;
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

/// A connection that is kept up.
pub(super) struct Connection {
    connector: Arc<Connector>,
    role: ClientRole,
    ear: Arc<dyn Listener>,
    pub(super) standing: TopicFilters,
    pub(super) link: ConnectionState,
    /// For what may be the reason why the connection is lost.
    pub(super) probe: Probe,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    line: Option<Arc<LiveConnection>>,
    /// The broker does not let us in any more.
    denied: Option<String>,
}

/// Who waits until a connection is there for the first time.
pub(super) type FirstConnection = oneshot::Sender<Result<(), MqttError>>;

impl Connection {
    pub(super) fn new(connector: &Arc<Connector>, role: ClientRole, ear: Arc<dyn Listener>) -> Arc<Self> {
        let probe = Probe::new(connector, &role.client_id);
        let (connector, standing, link) = (Arc::clone(connector), TopicFilters::default(), ConnectionState::new());
        Arc::new(Self { connector, role, ear, standing, link, probe, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The connection as it is now, once it is there; until then at most.
    pub(super) async fn line(&self, until: Instant) -> Result<Arc<LiveConnection>, BridgeError> {
        loop {
            if self.link.is_up()
                && let Some(line) = self.state().line.clone()
            {
                return Ok(line);
            }
            if let Some(why) = self.state().denied.clone() {
                return Err(BridgeError::Denied(why.into()));
            }
            self.link.ready(until.saturating_duration_since(Instant::now())).await?;
            if self.state().line.is_none() {
                // We are the first to notice.
                sleep(Duration::from_millis(1)).await;
            }
        }
    }

    /// The connection as it is now, also where its subscriptions are not there yet.
    pub(super) fn current(&self) -> Option<Arc<LiveConnection>> {
        self.state().line.clone()
    }

    /// Keeps the connection up until it is closed, or until waiting mends nothing the first time.
    pub(super) async fn keep(self: Arc<Self>, first: FirstConnection) {
        let mut first = Some(first);
        let mut retry = Reconnect::new("connecting to the broker");
        while !self.link.is_closed() {
            let trouble = match self.live(&mut first, &mut retry).await {
                Ok(()) => return,
                Err(trouble) => trouble,
            };
            let denied = matches!(trouble, MqttError::Denied(_)).then(|| trouble.to_string());
            *self.state() = State { line: None, denied };
            self.link.down(trouble.text());
            self.ear.lost(trouble.text());
            if trouble.is_permanent()
                && let Some(first) = first.take()
            {
                // Who has stopped waiting need not know.
                let _ = first.send(Err(trouble));
                return;
            }
            tokio::select! {
                () = retry.pause(&trouble) => {}
                () = self.link.closed() => return,
            }
        }
    }

    /// One life of the connection.
    async fn live(&self, first: &mut Option<FirstConnection>, retry: &mut Reconnect) -> Result<(), MqttError> {
        let (packets, granted) = tokio::select! {
            dialled = self.connector.dial(&self.role) => dialled?,
            () = self.link.closed() => return Ok(()),
        };
        let (line, orders) = LiveConnection::new(granted.largest);
        let (line, resumed) = (Arc::new(line), granted.resumed);
        *self.state() = State { line: Some(Arc::clone(&line)), denied: None };
        if self.link.is_closed() {
            // Whoever has closed it may not have seen this line.
            return Ok(());
        }
        self.ear.connected(&line, resumed);
        let pump = EventLoop::new((&self.role, &self.standing), (packets, granted), orders, &*self.ear);
        let begun = Instant::now();
        let ended = pump.run(|| {
            if let Some(waits) = first.take() {
                if let Some(refusal) = self.standing.refusal() {
                    *first = Some(waits);
                    return Err(refusal);
                }
                // Who has stopped waiting need not know.
                let _ = waits.send(Ok(()));
            }
            retry.succeeded();
            self.link.up();
            Ok(())
        });
        let trouble = match ended.await {
            Ok(()) => return Ok(()),
            Err(trouble) => trouble.at(&self.connector.address),
        };
        // Brokers that end a connection because another client has its id need not say so.
        let suspect = self.role.lasting && begun.elapsed() < SUSPECT && matches!(trouble, MqttError::Away(_));
        Err(if suspect {
            MqttError::Away(format!("{trouble} ({})", taken_over(&self.role.client_id)))
        } else {
            trouble
        })
    }

    /// Whether it can be used, and all that should arrive by it does.
    pub(super) fn health(&self) -> Health {
        match self.link.health() {
            Health::Ready => self.standing.health(),
            degraded => degraded,
        }
    }

    /// Takes no more orders, but one: to say goodbye.
    pub(super) fn close(&self) {
        self.link.close();
        if let Some(line) = self.state().line.clone() {
            // Also where much waits for its turn: acknowledgements go first.
            io_thread::spawn(async move {
                // A connection that is lost needs no goodbye.
                let _ = line.order(ConnectionCommand::Disconnect).await;
            });
        }
    }
}

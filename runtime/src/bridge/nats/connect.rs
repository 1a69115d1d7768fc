//! One attempt to connect, and the state of its connection as the client says it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_nats::{Client, ConnectErrorKind, Event, ServerError};
use tokio::sync::watch;

use crate::bridge::BridgeError;
use crate::bridge::nats::address::Address;
use crate::bridge::nats::refusals::Refusals;
use crate::net::io_thread;
use crate::one_line::OneLine;

/// The connector: connects a client to one of the servers of its account.
pub(super) struct Connector {
    pub(super) address: Address,
    /// Told of what the server does not permit.
    pub(super) refusals: Arc<Refusals>,
}

/// The state of the connection of a client, as the client says it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ClientStatus {
    /// How often it has connected.
    pub(super) connects: u64,
    pub(super) is_up: bool,
}

impl Connector {
    pub(super) fn new(address: Address) -> Self {
        let refusals = Arc::new(Refusals::new(address.inbox.prefix()));
        Self { address, refusals }
    }

    /// Connects once. What becomes of the connection is told to `status`, which ends with the client.
    pub(super) async fn connect(&self, status: watch::Sender<ClientStatus>) -> Result<Client, BridgeError> {
        let Address { servers, options, .. } = &self.address;
        let refusals = Arc::clone(&self.refusals);
        let again = Arc::new(AtomicBool::new(false));
        let connected = Arc::clone(&again);
        let overflows = AtomicU64::new(0);
        let options = options
            .clone()
            .reconnect_delay_callback(move |_| {
                // The first time at once. Whoever lost the same server with us need not come back in the same instant.
                let jitter = Duration::from_millis(fastrand::u64(..500));
                if again.load(Ordering::Acquire) { jitter } else { Duration::ZERO }
            })
            .event_callback(move |event| {
                match event {
                    Event::Connected => {
                        connected.store(true, Ordering::Release);
                        status.send_modify(|status| {
                            *status = ClientStatus { connects: status.connects + 1, is_up: true }
                        });
                    }
                    Event::Disconnected => status.send_modify(|status| status.is_up = false),
                    Event::SlowConsumer(_) => overflow(overflows.fetch_add(1, Ordering::Relaxed) + 1),
                    Event::ServerError(ServerError::Other(words)) if refusals.hear(&words) => {}
                    other => tracing::debug!(target: "pontoon", event = %OneLine(&other), "NATS"),
                }
                std::future::ready(())
            });
        let servers = servers.clone();
        let connected = io_thread::run(async move { options.connect(&*servers).await }).await;
        let connected =
            connected.ok_or_else(|| BridgeError::Unavailable("the thread for connections has ended".into()))?;
        connected.map_err(|error| {
            let words = error.to_string();
            let denied =
                matches!(error.kind(), ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication);
            if denied || is_denial(&words) {
                BridgeError::Denied(words.into())
            } else {
                BridgeError::Unavailable(words.into())
            }
        })
    }
}

/// `User Authentication Expired`, `Account Authentication Expired`, `User Authentication Revoked`: not `Authentication
/// Timeout`, which a server that has much to do says.
fn is_denial(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    words.contains("authentication expired") || words.contains("authentication revoked")
}

/// Events are taken out of the client at once: what overflows are requests that wait to be served.
fn overflow(count: u64) {
    if count.is_power_of_two() {
        tracing::error!(target: "pontoon", count, "more requests wait than this process has room for: they are not served");
    }
}

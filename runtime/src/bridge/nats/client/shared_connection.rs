//! What the task of a connection to NATS shares with its clients: the frames to be sent, and the subscriptions.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use tokio::sync::oneshot;

use crate::bridge::nats::client::outbound::{ClientLost, Outbound};
use crate::bridge::nats::client::subscriptions::OpenSubscriptions;
use crate::bridge::nats::client::transport::SocketTransport;

/// The frames to be sent and the subscriptions of a connection, as its task and its clients share them.
pub(super) struct SharedConnection {
    pub(super) outbound: Arc<Outbound>,
    pub(super) subscriptions: OpenSubscriptions,
    pub(super) max_payload: AtomicUsize,
}

impl SharedConnection {
    pub(super) fn new(max_payload: usize, transport: &SocketTransport) -> Self {
        Self {
            outbound: Arc::new(Outbound::new(transport.shared())),
            subscriptions: OpenSubscriptions::default(),
            max_payload: AtomicUsize::new(max_payload),
        }
    }

    /// Sends a PING and waits for its PONG.
    pub(super) async fn flush(&self) -> Result<(), ClientLost> {
        let (pong, answered) = oneshot::channel();
        self.outbound.ping(pong).await?;
        match answered.await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.outbound.lost().await),
        }
    }
}

//! One attempt to connect, to the servers of the account one after the other.

use std::sync::Arc;

use crate::bridge::BridgeError;
use crate::bridge::nats::address::Address;
use crate::bridge::nats::client::{HandshakeError, NatsClient};
use crate::bridge::nats::refusals::Refusals;
use crate::net::io_thread;
use crate::one_line::OneLine;

/// The connector: connects a client to one of the servers of its account.
pub(super) struct Connector {
    pub(super) address: Address,
    /// Told of what the server does not permit.
    pub(super) refusals: Arc<Refusals>,
}

impl Connector {
    pub(super) fn new(address: Address) -> Self {
        let refusals = Arc::new(Refusals::new(address.inbox.prefix()));
        Self { address, refusals }
    }

    /// Connects once: each server is tried, until one of them lets us in or says that we may not.
    pub(super) async fn connect(&self) -> Result<NatsClient, BridgeError> {
        let mut last = BridgeError::Unavailable("no NATS server is known".into());
        for server in self.address.options.servers.shuffled() {
            let (options, refusals) = (Arc::clone(&self.address.options), Arc::clone(&self.refusals));
            let heard = move |words: &str| refusals.hear(words);
            let at = server.clone();
            let connected = io_thread::run(async move { NatsClient::connect(&at, &options, heard).await }).await;
            match connected {
                Some(Ok(client)) => return Ok(client),
                Some(Err(HandshakeError::Denied(words))) => return Err(BridgeError::Denied(words.into())),
                Some(Err(HandshakeError::Unavailable(words))) => {
                    tracing::debug!(target: "pontoon", %server, error = %OneLine(&words), "a NATS server is not to be had");
                    last = BridgeError::Unavailable(format!("{server}: {words}").into());
                }
                None => return Err(BridgeError::Unavailable("the thread for connections has ended".into())),
            }
        }
        Err(last)
    }
}

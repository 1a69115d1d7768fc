//! Publisher confirms: what the broker says of a message that was published.

use std::sync::Arc;

use lapin::message::BasicReturnMessage;
use lapin::options::BasicPublishOptions;
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation, PublisherConfirm};

use crate::net::io_thread;

/// The destination of a message: an exchange and a routing key.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    pub(super) exchange: ShortString,
    pub(super) key: ShortString,
}

/// A message to publish to an exchange.
pub(super) struct Publication<'p> {
    pub(super) destination: Destination,
    /// Whether it comes back where no queue takes it.
    pub(super) mandatory: bool,
    pub(super) properties: BasicProperties,
    pub(super) body: &'p [u8],
}

/// Takes returned messages: mandatory ones that no queue takes. The client library hands one to whoever is confirmed
/// next, which need not be its sender: with many in flight, the broker confirms in another order than it returns.
pub(super) trait Returns: Send + Sync + 'static {
    /// A message has come back.
    fn returned(self: Arc<Self>, message: BasicReturnMessage);
}

/// The publisher confirm of a message, which is waited for in any case: where its sender does not any more, in the
/// background.
pub(super) struct Confirm<'r, R: Returns> {
    waiting: Option<PublisherConfirm>,
    returns: &'r Arc<R>,
}

impl<'r, R: Returns> Confirm<'r, R> {
    /// Publishes a message, and waits until it is on its way.
    pub(super) async fn publish(
        returns: &'r Arc<R>,
        channel: &Channel,
        publication: Publication<'_>,
    ) -> lapin::Result<Self> {
        let Publication { destination: Destination { exchange, key }, mandatory, properties, body } = publication;
        let options = BasicPublishOptions { mandatory, ..Default::default() };
        let waiting = channel.basic_publish(exchange, key, options, body, properties).await?;
        Ok(Self { waiting: Some(waiting), returns })
    }

    /// Waits for the publisher confirm.
    pub(super) async fn confirmed(mut self) -> lapin::Result<Confirmation> {
        match &mut self.waiting {
            Some(waiting) => {
                let confirmed = waiting.await;
                self.waiting = None;
                confirmed
            }
            None => Ok(Confirmation::NotRequested),
        }
    }
}

impl<R: Returns> Drop for Confirm<'_, R> {
    fn drop(&mut self) {
        let Some(waiting) = self.waiting.take() else { return };
        let returns = Arc::clone(self.returns);
        io_thread::spawn(async move {
            if let Some(message) = waiting.await.ok().and_then(Confirmation::take_message) {
                returns.returned(message);
            }
        });
    }
}

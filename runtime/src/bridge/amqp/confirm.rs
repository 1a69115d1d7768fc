//! What the broker says of a message that was published.

use std::sync::Arc;

use lapin::message::BasicReturnMessage;
use lapin::options::BasicPublishOptions;
use lapin::types::ShortString;
use lapin::{BasicProperties, Channel, Confirmation, PublisherConfirm};

use crate::net::io_thread;

/// Where a message goes.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    pub(super) exchange: ShortString,
    pub(super) key: ShortString,
}

/// Takes the messages that come back. The client library hands one to whoever is confirmed next, which need not be its
/// sender: with many under way, the broker confirms in another order than it returns.
pub(super) trait Returns: Send + Sync + 'static {
    /// A message has come back.
    fn returned(self: Arc<Self>, message: BasicReturnMessage);
}

/// The broker's word for a message, which is waited for in any case: where its sender does not any more, in the background.
pub(super) struct Confirm<'r, R: Returns> {
    waiting: Option<PublisherConfirm>,
    returns: &'r Arc<R>,
}

impl<'r, R: Returns> Confirm<'r, R> {
    /// Sends a message, and waits until it is on its way. One that is mandatory comes back where no queue takes it.
    pub(super) async fn publish(
        (returns, channel): (&'r Arc<R>, &Channel),
        route: Destination,
        mandatory: bool,
        (properties, body): (BasicProperties, &[u8]),
    ) -> lapin::Result<Self> {
        let Destination { exchange, key } = route;
        let options = BasicPublishOptions { mandatory, ..Default::default() };
        let waiting = channel.basic_publish(exchange, key, options, body, properties).await?;
        Ok(Self { waiting: Some(waiting), returns })
    }

    /// Waits for the broker's word.
    pub(super) async fn word(mut self) -> lapin::Result<Confirmation> {
        match &mut self.waiting {
            Some(waiting) => {
                let word = waiting.await;
                self.waiting = None;
                word
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

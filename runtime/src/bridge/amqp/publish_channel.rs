//! A channel to publish on, in confirm mode. It is opened when somebody publishes, and again when the broker has closed
//! it; one that is closed takes no others with it.

use std::sync::Arc;
use std::time::Duration;

use lapin::Channel;
use lapin::options::ConfirmSelectOptions;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::sleep;

use super::connection::Connection;
use super::error::AmqpError;
use crate::bridge::BridgeError;
use crate::bridge::network::WAIT_LIMIT;
use crate::one_line::OneLine;
use crate::sync::RwLock;

/// Before another channel is opened where one could not be.
const PAUSE: Duration = Duration::from_millis(100);

/// A channel to publish on, in confirm mode.
pub(super) struct PublishChannel {
    pub(super) connection: Arc<Connection>,
    channel: RwLock<Option<Arc<Channel>>>,
    setup: AsyncMutex<()>,
}

impl PublishChannel {
    pub(super) fn new(connection: &Arc<Connection>) -> Self {
        Self { connection: Arc::clone(connection), channel: RwLock::default(), setup: AsyncMutex::default() }
    }

    /// The channel; opened where there is none. Waits for a broker that is away, or that blocks us: what is sent
    /// meanwhile would wait in this process, and nobody for it in the end.
    pub(super) async fn channel(&self) -> Result<Arc<Channel>, BridgeError> {
        if self.connection.state.is_up()
            && let Some(channel) = self.current()
        {
            return Ok(channel);
        }
        loop {
            let live = self.connection.ready(WAIT_LIMIT).await?;
            let _one_at_a_time = self.setup.lock().await;
            if let Some(channel) = self.current() {
                return Ok(channel);
            }
            match open(&live.connection).await {
                Ok(channel) => {
                    let channel = Arc::new(channel);
                    *self.channel.write() = Some(Arc::clone(&channel));
                    return Ok(channel);
                }
                Err(error) => {
                    tracing::debug!(target: "pontoon", error = %OneLine(&error), "no channel to publish on");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    fn current(&self) -> Option<Arc<Channel>> {
        let channel = self.channel.read();
        channel.as_ref().filter(|channel| channel.status().connected()).cloned()
    }
}

async fn open(connection: &lapin::Connection) -> Result<Channel, AmqpError> {
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}
